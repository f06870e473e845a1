"""`Namespace`: the declarations of an application, and its events to connected clients."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from ..contract.security import security_of
from ..core.errors import DeclarationError
from .declaration import (
    Declaration,
    Demand,
    Event,
    Handler,
    Room,
    check_distinct,
    describe_handler,
    find_presented_model,
    find_room_key,
)
from .realtime import current
from .rules import is_event_name, is_namespace, is_room_kind

if TYPE_CHECKING:
    from datetime import timedelta

    from pydantic import BaseModel

    from ..contract.problem import Problem

F = TypeVar("F", bound=Callable[..., Any])


class Namespace:
    """Events to connected clients; they are not stored.

    Args:
        path: `/live`.
        sends: the events that the server sends here.
        scope, scopes, role, roles, within: the people who may connect; see `signed_in`.

    Raises:
        DeclarationError: at import, if the path or an event cannot be used.
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
        self.declared: Declaration = Declaration(path, check_distinct(path, sends), demand)

    def on(self, name: str, *, problems: Sequence[type[Problem]] = ()) -> Callable[[F], F]:
        """Call a function for each event `name` that a client sends; write it above guards.

        The function's argument `body`, if it has one, is the validated payload; its return value is
        the acknowledgement.

        Args:
            problems: the problems that it may refuse with; those of the body and guards are added.

        Raises:
            DeclarationError: at import, if the declaration contradicts itself.
        """
        if not is_event_name(name):
            raise DeclarationError(f"{self.declared.path}: {name!r} is no name for an event.")
        if name in self.declared.handlers:
            raise DeclarationError(f"{self.declared.path}: {name!r} has two handlers.")

        def decorate(function: F) -> F:
            self.declared.handlers[name] = Handler(
                name, function, describe_handler(function, problems), security_of(function)
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
        """Let a function decide whether a person may join the room `kind:key`.

        The function's one argument, if it has one, is the key, converted to its annotated type.

        Args:
            present_as: `(Identity) -> model`: the form in which people in the room see each other.
            problems: the problems that the function may refuse with.

        Raises:
            DeclarationError: at import, if the declaration contradicts itself.
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
                find_room_key(function),
                present_as,
                None if present_as is None else find_presented_model(present_as),
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
        """Send `event` to everybody who is connected to this namespace now, on every process.

        Works in a request, a thread, a background worker and a command, in an app context. Never
        fails if Valkey is out of reach: people who are not connected miss it anyway.

        Args:
            room: only to the connections in that room.
            subject: only to the connections of that person.
            skip_sender: not to the connection whose event is being handled.

        Raises:
            DeclarationError: the namespace does not send that event, or is not this app's; `room`
                is invalid, or was passed with `subject`; or the event cannot be written as its
                class declares (NaN, for example).
            DovetailError: there is no app context, or its app has no sockets.
        """
        current().emit(
            self.declared.path, event, room=room, subject=subject, skip_sender=skip_sender
        )

    def require_joined(self, room: str) -> None:
        """Refuse an event of a connection that has not joined `room`.

        Call this in a handler that sends to a room which the client names. Without it, everybody
        who may send the event may send it to every room. Declare `problems=[Forbidden]` on the
        handler.

        Args:
            room: the name that clients join: `"post:42"`.

        Raises:
            Forbidden: the connection has not joined the room, or has left it.
            DeclarationError: no event is being handled.
        """
        current().require_joined(self.declared.path, room)
