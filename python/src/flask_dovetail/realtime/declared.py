"""What an application declares: events, namespaces, handlers and rooms. All of it at import.

A namespace knows no app: one may serve several, each of which keeps its own state.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, get_type_hints

from pydantic import BaseModel, ConfigDict

from ..contract.declaration import Operation, declare
from ..contract.schemas import Reader
from ..errors import DeclarationError
from .rules import is_event_name

if TYPE_CHECKING:
    from datetime import timedelta

    from ..contract.problem import Problem
    from ..contract.security import Security

F = TypeVar("F", bound=Callable[..., Any])


class Event(BaseModel):
    """Base of what the server sends: a model with a name.

    class PostLiked(Event, name="post-liked"):
        post_id: int

    Args:
        name: what clients subscribe to: small letters, digits, `-`, `.` and `:`; 64 at most.

    Raises:
        DeclarationError: at import, where there is no name, or one that Socket.IO uses itself.
    """

    model_config = ConfigDict(frozen=True)
    event_name: ClassVar[str]

    def __init_subclass__(cls, *, name: str | None = None, **options: Any) -> None:
        super().__init_subclass__(**options)
        if name is None or not is_event_name(name):
            raise DeclarationError(
                f"{cls.__module__}.{cls.__qualname__} is an event without a usable name: write "
                f'class {cls.__name__}(Event, name="post-liked"). Names are small letters and '
                "digits, joined by - . or :, and none that Socket.IO or Dovetail uses."
            )
        cls.event_name = name


@dataclass(frozen=True)
class Room:
    """A kind of room.

    Attributes:
        permit: asked with the key before somebody comes in; refuses by raising a problem.
        key: reads the key; None where `permit` takes none.
        present_as: what others may see of who is in it; None: nobody is told.
        shown: the model that `present_as` returns.
        problems: what `permit` may raise.
    """

    kind: str
    permit: Callable[..., Any]
    key: Reader | None
    present_as: Callable[[Any], BaseModel] | None
    shown: Any
    problems: tuple[type[Problem], ...]
    security: Security | None


@dataclass(frozen=True)
class Handler:
    """What is called for one event that clients send.

    Attributes:
        call: the function as it was decorated, guards included.
        operation: what its signature says: body, acknowledgement, problems, documentation.
        security: of the guard below it; None: whoever is in the namespace.
    """

    name: str
    call: Callable[..., Any]
    operation: Operation
    security: Security | None


@dataclass(frozen=True)
class Demand:
    """Who may connect: the arguments of `signed_in`."""

    scopes: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    within: timedelta | None = None


@dataclass
class Declared:
    """What a namespace has gathered; read by `init_app`, and not written to after it."""

    path: str
    sends: tuple[type[Event], ...]
    demand: Demand
    handlers: dict[str, Handler] = field(default_factory=dict)
    rooms: dict[str, Room] = field(default_factory=dict)


def distinct(where: str, events: Iterable[type[Event]]) -> tuple[type[Event], ...]:
    """
    Raises:
        DeclarationError: something that is no event, or two of one name.
    """
    found: dict[str, type[Event]] = {}
    for event in events:
        if not (isinstance(event, type) and issubclass(event, Event) and event is not Event):
            raise DeclarationError(f"{where}: {event!r} is no class of Event.")
        if found.setdefault(event.event_name, event) is not event:
            raise DeclarationError(f"{where}: two events are called {event.event_name!r}.")
    return tuple(found.values())


def handler_operation(function: Callable[..., Any], problems: Sequence[type[Problem]]) -> Operation:
    bare = inspect.unwrap(function)
    if inspect.iscoroutinefunction(bare):
        raise DeclarationError(
            f"{bare.__qualname__} is async: handlers of events are plain functions."
        )
    declared = declare(
        bare,
        returns=...,
        problems=problems,
        summary=None,
        description=None,
        tags=(),
        examples=None,
        deprecated=False,
        operation_id=None,
        mock=False,
        local_names={},
    )
    if declared.path or declared.query or declared.headers or len(declared.answers) != 1:
        raise DeclarationError(
            f"{declared.name}: a handler of events takes `body`, or nothing, and returns one "
            "model, or nothing."
        )
    return declared


def room_key(function: Callable[..., Any]) -> Reader | None:
    bare = inspect.unwrap(function)
    names = list(inspect.signature(bare).parameters)
    hints = get_type_hints(bare, include_extras=True)
    if len(names) > 1 or any(name not in hints for name in names):
        raise DeclarationError(
            f"{bare.__qualname__} decides about rooms: it takes the key alone, with its type, "
            "as in (post_id: int)."
        )
    return Reader(hints[names[0]]) if names else None


def presented_model(present_as: Callable[[Any], BaseModel]) -> Any:
    kind = get_type_hints(present_as).get("return")
    if not (isinstance(kind, type) and issubclass(kind, BaseModel)):
        raise DeclarationError(
            f"{present_as.__qualname__} shows people to others: annotate the model it returns."
        )
    return kind
