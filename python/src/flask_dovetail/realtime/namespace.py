"""`Namespace`: what an application declares and sends for whoever is connected."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from ..contract.security import security_of
from ..errors import DeclarationError
from .declared import (
    Declared,
    Demand,
    Event,
    Handler,
    Room,
    distinct,
    handler_operation,
    presented_model,
    room_key,
)
from .rules import is_event_name, is_namespace, is_room_kind
from .service import current

if TYPE_CHECKING:
    from datetime import timedelta

    from pydantic import BaseModel

    from ..contract.problem import Problem

F = TypeVar("F", bound=Callable[..., Any])


class Namespace:
    """Events that are not stored, for whoever is connected.

    Args:
        path: `/live`.
        sends: the events that the server sends here.
        scope, scopes, role, roles, within: who may connect, as `signed_in` has them.

    Raises:
        DeclarationError: at import, where the path or an event cannot be used.
    """

    def __init__(
        self,
        path: str,
        *,
        sends: Iterable[type[Event]] = (),
        scope: str | None = None,
        scopes: Iterable[str] = (),
        role: str | None = None,
        roles: Iterable[str] = (),
        within: timedelta | None = None,
    ) -> None:
        if not is_namespace(path):
            raise DeclarationError(
                f'Namespace({path!r}): write a path of small letters, as in Namespace("/live").'
            )
        demand = Demand(
            tuple(scopes) if scope is None else (scope, *scopes),
            tuple(roles) if role is None else (role, *roles),
            within,
        )
        self.declared = Declared(path, distinct(path, sends), demand)

    def on(self, name: str, *, problems: Sequence[type[Problem]] = ()) -> Callable[[F], F]:
        """Call a function for each event `name` that a client sends. Write it above guards.

        Its argument `body`, where it has one, is the validated payload; what it returns is the
        acknowledgement.

        Args:
            problems: what it may refuse with; what follows from the body and guards is added.

        Raises:
            DeclarationError: at import, where the declaration contradicts itself.
        """
        if not is_event_name(name):
            raise DeclarationError(f"{self.declared.path}: {name!r} is no name for an event.")
        if name in self.declared.handlers:
            raise DeclarationError(f"{self.declared.path}: {name!r} has two handlers.")

        def decorate(function: F) -> F:
            self.declared.handlers[name] = Handler(
                name, function, handler_operation(function, problems), security_of(function)
            )
            return function

        return decorate

    def room(
        self,
        kind: str,
        *,
        present_as: Callable[[Any], BaseModel] | None = None,
        problems: Sequence[type[Problem]] = (),
    ) -> Callable[[F], F]:
        """Ask a function whether somebody may come into the room `kind:key`.

        Its one argument, where it has one, is the key, converted to its annotated type.

        Args:
            present_as: `(Identity) -> model`: tells those in the room who is there, in this form.
            problems: what the function may refuse with.

        Raises:
            DeclarationError: at import, where the declaration contradicts itself.
        """
        if not is_room_kind(kind) or kind in self.declared.rooms:
            raise DeclarationError(
                f"{self.declared.path}: a room of kind {kind!r} cannot be declared: kinds are "
                "small letters, and each is declared once."
            )

        def decorate(function: F) -> F:
            self.declared.rooms[kind] = Room(
                kind,
                function,
                room_key(function),
                present_as,
                None if present_as is None else presented_model(present_as),
                tuple(problems),
                security_of(function),
            )
            return function

        return decorate

    def emit(
        self,
        event: Event,
        *,
        room: str | None = None,
        subject: str | None = None,
        skip_sender: bool = False,
    ) -> None:
        """Send `event` to whoever is connected to this namespace now, on every process.

        Never fails for what is out of reach: who is not there misses it anyway.

        Args:
            room: only to those in it.
            subject: only to the connections of that person.
            skip_sender: not to the connection whose event is being handled.

        Raises:
            DeclarationError: the namespace does not send that event, or is not this app's; `room`
                is none, or was given with `subject`.
        """
        current().emit(
            self.declared.path, event, room=room, subject=subject, skip_sender=skip_sender
        )

    def require_joined(self, room: str) -> None:
        """Refuse an event of a connection that is not in `room`, by which it was let in.

        Call it in a handler that sends to a room which the client names. Without it, whoever may
        send the event may send it to every room. Declare `problems=[Forbidden]` on the handler.

        Args:
            room: as it is joined: `"post:42"`.

        Raises:
            Forbidden: the connection has not joined the room, or has left it.
            DeclarationError: no event is being handled.
        """
        current().require_joined(self.declared.path, room)
