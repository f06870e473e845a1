"""The declarations of an application, all at import: events, namespaces, handlers and rooms.

A namespace belongs to no app: several may serve it, and each keeps its own state.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, get_type_hints

from pydantic import BaseModel, ConfigDict

from ..contract.declaration import Operation, declare
from ..contract.schemas import Reader
from ..core.errors import DeclarationError
from .rules import is_event_name

if TYPE_CHECKING:
    from datetime import timedelta

    from ..contract.problem import Problem
    from ..contract.security import Security

F = TypeVar("F", bound=Callable[..., Any])


class Event(BaseModel):
    """Base class of the server's events: a model with a name.

    class PostLiked(Event, name="post-liked"):
        post_id: int

    Args:
        name: what clients subscribe to: at most 64 small letters, digits, `-`, `.` and `:`.

    Raises:
        DeclarationError: at import, if there is no name, or one that Socket.IO uses itself.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True)
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
        permit: called with the key before a person joins; refuses by raising a problem.
        key: reads the key; None if `permit` takes no argument.
        present_as: returns what others see of a person in the room; None hides who is there.
        presented_model: the model that `present_as` returns.
        problems: the problems that `permit` may raise.
    """

    kind: str
    permit: Callable[..., Any]
    key: Reader | None
    present_as: Callable[[Any], BaseModel] | None
    presented_model: Any
    problems: tuple[type[Problem], ...]
    security: Security | None


@dataclass(frozen=True)
class Handler:
    """The handler of one event that clients send.

    Attributes:
        call: the function as it was decorated, guards included.
        operation: the contract in its signature: body, acknowledgement, problems, documentation.
        security: of the guard below it; None admits everybody in the namespace.
    """

    name: str
    call: Callable[..., Any]
    operation: Operation
    security: Security | None


@dataclass(frozen=True)
class Demand:
    """The people who may connect: the arguments of `signed_in`."""

    scopes: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    within: timedelta | None = None


@dataclass
class Declaration:
    """The declarations of a namespace; read by `init_app`, and not written to after it."""

    path: str
    sends: tuple[type[Event], ...]
    demand: Demand
    handlers: dict[str, Handler] = field(default_factory=dict)
    rooms: dict[str, Room] = field(default_factory=dict)


def check_distinct(where: str, events: Iterable[type[Event]]) -> tuple[type[Event], ...]:
    """Return the events if they have different names.

    Raises:
        DeclarationError: an item is not an event, or two have the same name.
    """
    found: dict[str, type[Event]] = {}
    for event in events:
        if not (isinstance(event, type) and issubclass(event, Event) and event is not Event):
            raise DeclarationError(f"{where}: {event!r} is no class of Event.")
        if found.setdefault(event.event_name, event) is not event:
            raise DeclarationError(f"{where}: two events are called {event.event_name!r}.")
    return tuple(found.values())


def describe_handler(function: Callable[..., Any], problems: Sequence[type[Problem]]) -> Operation:
    """Return the contract of an event handler from its signature."""
    bare = inspect.unwrap(function)
    if inspect.iscoroutinefunction(bare):
        raise DeclarationError(
            f"{bare.__qualname__} is async: handlers of events are plain functions."
        )
    operation = declare(
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
    if operation.path or operation.query or operation.headers or len(operation.answers) != 1:
        raise DeclarationError(
            f"{operation.name}: a handler of events takes `body`, or nothing, and returns one "
            "model, or nothing."
        )
    return operation


def find_room_key(function: Callable[..., Any]) -> Reader | None:
    """Return the reader of a room's key by the signature of `permit`; None without an argument."""
    bare = inspect.unwrap(function)
    names = list(inspect.signature(bare).parameters)
    hints = get_type_hints(bare, include_extras=True)
    if len(names) > 1 or any(name not in hints for name in names):
        raise DeclarationError(
            f"{bare.__qualname__} decides about rooms: it takes the key alone, with its type, "
            "as in (post_id: int)."
        )
    return Reader(hints[names[0]]) if names else None


def find_presented_model(present_as: Callable[[Any], BaseModel]) -> Any:
    """Return the model that `present_as` is annotated to return."""
    kind = get_type_hints(present_as).get("return")
    if not (isinstance(kind, type) and issubclass(kind, BaseModel)):
        raise DeclarationError(
            f"{present_as.__qualname__} shows people to others: annotate the model it returns."
        )
    return kind
