"""The state of sockets for one app."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import has_app_context, has_request_context, request
from pydantic_core import from_json

from ..contract.problems import Forbidden
from ..core import state
from ..core.errors import DeclarationError, DovetailError
from .connections.presence import Place
from .rules import parse_room, room_of_subject
from .written import write_event

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from flask import Flask

    from ..core.identity import Authority
    from .bus import Bus, Message
    from .config import RealtimeSettings
    from .connections.presence import Presence
    from .connections.push import Pusher
    from .connections.registry import Connections
    from .declaration import Declaration, Event
    from .notifications.store import Notifications
    from .sockets.server import Sockets

log: logging.Logger = logging.getLogger("flask_dovetail.realtime")

RECEIVERS_PER_EVENT = 100
"""What a handler sends to so many connections costs its person another event."""


@dataclass(frozen=True)
class Realtime:
    """The sockets of one app.

    Attributes:
        bus: None without Valkey: then there is no way to other processes.
        namespaces: by path; those of `/notify` are `events`.
        events: the app's notifications, by name.
        guards: by path; each refuses people who may not be in that namespace.
        sockets: None in a process that takes no sockets.
        clock: Unix seconds.
    """

    app: Flask
    settings: RealtimeSettings
    authority: Authority
    namespaces: Mapping[str, Declaration]
    events: Mapping[str, type[Event]]
    guards: Mapping[str, Callable[[], Any]]
    notifications: Notifications
    connections: Connections
    presence: Presence
    pusher: Pusher
    bus: Bus | None
    sockets: Sockets | None
    clock: Callable[[], float]

    def now(self) -> int:
        """Return the time in Unix seconds."""
        return int(self.clock())

    def emit(
        self,
        path: str,
        event: Event,
        *,
        room: str | None,
        subject: str | None,
        skip_sender: bool,
    ) -> None:
        """See `Namespace.emit`."""
        declaration = self.namespaces.get(path)
        if declaration is None or type(event) not in declaration.sends:
            raise DeclarationError(
                f"{type(event).__name__} is not among what {path} sends in this app: list it in "
                "Namespace(sends=[...]), and the namespace in Dovetail(namespaces=[...])."
            )
        if room is not None and subject is not None:
            raise DeclarationError(f"{path}: write room= or subject=, not both.")
        if room is not None:
            parsed = parse_room(room)
            if parsed is None or parsed.kind not in declaration.rooms:
                raise DeclarationError(
                    f'{path}: {room!r} is no room: write "kind:key" with a kind that '
                    "@namespace.room(kind) declares."
                )
        sender = getattr(request, "sid", None) if skip_sender and has_request_context() else None
        self.broadcast(
            path,
            event.event_name,
            from_json(write_event(event)),
            room=room if subject is None else room_of_subject(subject),
            skip=sender,
        )

    def require_joined(self, path: str, room: str) -> None:
        """See `Namespace.require_joined`."""
        sid = getattr(request, "sid", None) if has_request_context() else None
        if sid is None:
            raise DeclarationError(
                f"{path}: require_joined() asks about the connection whose event is being handled, "
                "and there is none: call it in a handler of @namespace.on(...)."
            )
        sender = self.connections.get(sid)
        if sender is None or sender.namespace != path or room not in sender.rooms:
            raise Forbidden("Join the room first.")

    def broadcast(
        self, path: str, name: str, data: Any, *, room: str | None, skip: str | None = None
    ) -> None:
        """Send an event that is not stored, on all processes."""
        self._charge_sender(path, room)
        message = {"kind": "emit", "path": path, "name": name, "data": data, "room": room}
        if skip is not None:
            message["skip"] = skip
        self._send_everywhere(message)

    def _charge_sender(self, path: str, room: str | None) -> None:
        """Count a broadcast by the handler of an event as further events of that person.

        A room of ten thousand turns one small packet into ten thousand; whoever sends it has to be
        bounded by the work, not by the packets.
        """
        sid = getattr(request, "sid", None) if has_request_context() else None
        sender = None if sid is None else self.connections.get(sid)
        if sender is not None and self.sockets is not None:
            receivers = self.sockets.count_members(path, room)
            self.connections.charge(sender.subject, receivers / RECEIVERS_PER_EVENT)

    def has_news(self, subjects: Collection[str]) -> None:
        """Announce committed notifications of these people."""
        self._send_everywhere({"kind": "news", "subjects": list(subjects)})

    def has_marked(self, subject: str) -> None:
        """Announce that a person marked notifications read: each process sends the new count."""
        self._send_everywhere({"kind": "marked", "subjects": [subject]})

    def publish(self, message: Message) -> None:
        """Send a message to the other processes."""
        if self.bus is not None:
            self.bus.publish(message)

    def _send_everywhere(self, message: Message) -> None:
        self.dispatch(message)
        self.publish(message)

    def dispatch(self, message: Message) -> None:
        """Do in this process what a message asks for."""
        handle = _HANDLERS.get(message["kind"])
        if self.sockets is not None and handle is not None:
            handle(self, self.sockets, message)


def _emit(_: Realtime, sockets: Sockets, message: Message) -> None:
    sockets.emit(
        message["name"],
        message["data"],
        namespace=message["path"],
        room=message["room"],
        skip_sid=message.get("skip"),
    )


def _wake_news(service: Realtime, _: Sockets, message: Message) -> None:
    service.pusher.wake(message["subjects"])


def _wake_marked(service: Realtime, _: Sockets, message: Message) -> None:
    service.pusher.wake_marked(message["subjects"])


def _mark_stale(service: Realtime, _: Sockets, message: Message) -> None:
    service.presence.mark_stale(Place(message["path"], message["room"]))


_HANDLERS: dict[str, Callable[[Realtime, Sockets, Message], None]] = {
    "emit": _emit,
    "marked": _wake_marked,
    "news": _wake_news,
    "presence": _mark_stale,
}
"""By the kind of a message; a kind of a newer version has none, and is ignored."""


def current(app: Flask | None = None) -> Realtime:
    """Return the sockets of `app`, or of the current app.

    Raises:
        DovetailError: the app has none, or there is no current app.
    """
    if app is None and not has_app_context():
        raise DovetailError(
            "There is no current app: a thread, a task or a script of your own begins without an "
            "app context. Write it inside `with app.app_context():`."
        )
    try:
        return state.get(Realtime, app)
    except DovetailError:
        raise DovetailError(
            "This app has no sockets: give Dovetail(notifications=[...]) or namespaces=[...]."
        ) from None
