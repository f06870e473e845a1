"""What sockets know of one app, kept as its state."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import has_request_context, request

from .. import state
from ..contract.errors import Forbidden
from ..errors import DeclarationError, DovetailError
from .presence import Place
from .rules import WIRE, parse_room, room_of_subject

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from flask import Flask

    from ..auth.identity import Authority
    from ..contract.problem import Problem
    from .bus import Bus, Message
    from .config import RealtimeSettings
    from .connections import Connection, Connections
    from .declared import Declared, Event
    from .notifications import Notifications
    from .presence import Presence
    from .pusher import Pusher
    from .server import Sockets

log = logging.getLogger("flask_dovetail.realtime")


@dataclass(frozen=True)
class Realtime:
    """Sockets of one app.

    Attributes:
        bus: None where there are no other processes, or no way to them.
        namespaces: by path; what `/notify` has is `events`.
        events: the notifications that can be sent, by name.
        guards: by path; each refuses whoever may not be in that namespace.
        sockets: None in a process that takes none.
        clock: Unix seconds.
    """

    app: Flask
    settings: RealtimeSettings
    authority: Authority
    namespaces: Mapping[str, Declared]
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
        """Unix seconds."""
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
        declared = self.namespaces.get(path)
        if declared is None or type(event) not in declared.sends:
            raise DeclarationError(
                f"{type(event).__name__} is not among what {path} sends in this app: list it in "
                "Namespace(sends=[...]), and the namespace in Dovetail(namespaces=[...])."
            )
        if room is not None and subject is not None:
            raise DeclarationError(f"{path}: write room= or subject=, not both.")
        if room is not None:
            parsed = parse_room(room)
            if parsed is None or parsed.kind not in declared.rooms:
                raise DeclarationError(
                    f'{path}: {room!r} is no room: write "kind:key" with a kind that '
                    "@namespace.room(kind) declares."
                )
        sender = getattr(request, "sid", None) if skip_sender and has_request_context() else None
        self.tell(
            path,
            event.event_name,
            event.model_dump(mode="json"),
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

    def tell(
        self, path: str, name: str, data: Any, *, room: str | None, skip: str | None = None
    ) -> None:
        """Send an event that is not stored, on all processes."""
        message = {"kind": "emit", "path": path, "name": name, "data": data, "room": room}
        if skip is not None:
            message["skip"] = skip
        self._everywhere(message)

    def has_news(self, subjects: Collection[str]) -> None:
        """Notifications of these people have been committed."""
        self._everywhere({"kind": "news", "subjects": list(subjects)})

    def has_marked(self, subject: str) -> None:
        """A person has marked notifications read: each process tells how many are left."""
        self._everywhere({"kind": "marked", "subjects": [subject]})

    def publish(self, message: Message) -> None:
        """Tell the other processes."""
        if self.bus is not None:
            self.bus.publish(message)

    def _everywhere(self, message: Message) -> None:
        self.hear(message)
        self.publish(message)

    def hear(self, message: Message) -> None:
        """Do in this process what a message says."""
        if self.sockets is None:
            return
        if message["kind"] == "news":
            self.pusher.wake(message["subjects"])
        elif message["kind"] == "marked":
            self.pusher.wake_marked(message["subjects"])
        elif message["kind"] == "presence":
            self.presence.stale(Place(message["path"], message["room"]))
        elif message["kind"] == "emit":
            self.sockets.emit(
                message["name"],
                message["data"],
                namespace=message["path"],
                room=message["room"],
                skip_sid=message.get("skip"),
            )

    def end(self, ended: Iterable[tuple[Connection, Problem]]) -> None:
        """Say why, and close the sockets of these connections, with whatever else is on them."""
        assert self.sockets is not None
        eio_sids = []
        for connection, problem in ended:
            self._say_why(connection, problem)
            eio_sids.append(connection.eio_sid)
        for eio_sid in eio_sids:
            self.sockets.close(eio_sid)

    def expel(self, connection: Connection, problem: Problem) -> None:
        """Say why, and close one namespace; the others on its socket stay."""
        assert self.sockets is not None
        self._say_why(connection, problem)
        self.sockets.disconnect(connection.sid, namespace=connection.namespace)

    def _say_why(self, connection: Connection, problem: Problem) -> None:
        assert self.sockets is not None
        about = {"subject": connection.subject, "namespace": connection.namespace}
        log.info("connection ended", extra={**about, "code": problem.code})
        self.sockets.emit(
            WIRE["end_event"], problem.body(), to=connection.sid, namespace=connection.namespace
        )


def current(app: Flask | None = None) -> Realtime:
    """The sockets of `app`, or of the current app.

    Raises:
        DovetailError: it has none.
    """
    try:
        return state.get(Realtime, app)
    except DovetailError:
        raise DovetailError(
            "This app has no sockets: give Dovetail(notifications=[...]) or namespaces=[...]."
        ) from None
