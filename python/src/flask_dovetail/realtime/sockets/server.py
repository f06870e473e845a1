"""The Socket.IO server of one app, with limits that the library lacks.

The changes to python-socketio: packets are read under a limit and refused by code, a client that
cannot keep up is cut, and nobody is in a namespace before they have been admitted. `entry` decides
about people: nothing here knows them. Namespaces of Flask-SocketIO's handlers work as usual, under
the same limits.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, Any, Protocol

import socketio
from socketio import packet as packets

from ...contract.problem import Problem
from ...contract.problems import BadRequest, NotFound
from ..connections.connection_limits import Places, give_back
from ..rules import Bucket
from .engine import Engine
from .websocket import MAX_WAITING

if TYPE_CHECKING:
    from collections.abc import Collection

_REFUSALS = 100
"""So many packets over the rate in a row close the connection."""

log: logging.Logger = logging.getLogger("flask_dovetail.realtime")

_quiet = logging.getLogger("flask_dovetail.realtime.library")
_quiet.setLevel(logging.ERROR)  # below that, the loggers write people's events and tokens


class Entry(Protocol):
    """The decisions about connections, for `Sockets`."""

    def admit(self, path: str, eio_sid: str, environ: dict[str, Any], auth: Any) -> Any:
        """Check a connection request, and return the argument of `on_connect`.

        Raises:
            Problem: the connection is refused.
        """

    def on_connect(self, sockets: Sockets, admitted: Any, sid: str) -> None:
        """Handle a new connection, after the client was told."""

    def on_disconnect(self, sockets: Sockets, sid: str) -> None:
        """Handle the end of a connection."""

    def on_event(
        self, sockets: Sockets, sid: str, name: str, args: tuple[Any, ...]
    ) -> dict[str, Any]:
        """Handle an event, and return its acknowledgement."""

    def after_event(self, sid: str, name: str, args: tuple[Any, ...]) -> None:
        """Handle the moment after an event was accepted and acknowledged."""

    def refuse_too_many(self) -> dict[str, Any]:
        """Return the acknowledgement of an event over the rate."""

    def on_drained(self) -> None:
        """Handle a client that has caught up with its backlog."""


class _Meter:
    """The rate of one socket's packets, in seconds of the monotonic clock."""

    __slots__ = ("bucket", "refused")

    def __init__(self, rate: int, now: float) -> None:
        self.bucket = Bucket(rate=rate, burst=2 * rate, now=now)
        self.refused = 0

    def take(self, now: float) -> bool:
        taken = self.bucket.take(now)
        # Not back to 0: a flood gets a packet through now and then.
        self.refused = max(0, self.refused - 1) if taken else self.refused + 1
        return taken


class _Manager(socketio.Manager):  # type: ignore[misc]  # has no types
    """The members of rooms; the library's own steps are not safe between threads."""

    def __init__(self) -> None:
        super().__init__()
        self._room_lock = threading.RLock()

    def basic_enter_room(self, *args: Any, **options: Any) -> Any:
        with self._room_lock:
            return super().basic_enter_room(*args, **options)

    def basic_leave_room(self, *args: Any, **options: Any) -> Any:
        with self._room_lock:
            return super().basic_leave_room(*args, **options)

    def basic_disconnect(self, *args: Any, **options: Any) -> Any:
        with self._room_lock:
            return super().basic_disconnect(*args, **options)


class Sockets(socketio.Server):  # type: ignore[misc]  # has no types
    """The Socket.IO server.

    Args:
        paths: the app's namespaces.
        entry: decides about connections.
        async_mode: "threading" or "gevent".
        events_per_second: of one socket.
        message_bytes: the largest accepted message.
        stranger_seconds: a socket that joins no namespace within this time is closed.

    Attributes:
        places: the places of all open sockets.
        strangers: the places of sockets that have joined no namespace.
    """

    def __init__(
        self,
        paths: Collection[str],
        entry: Entry,
        *,
        async_mode: str,
        events_per_second: int,
        message_bytes: int,
        stranger_seconds: float,
    ) -> None:
        super().__init__(
            client_manager=_Manager(),
            async_mode=async_mode,
            async_handlers=False,  # in the reading thread, so that a flood waits
            namespaces=list(paths),
            on_drained=entry.on_drained,
            max_http_buffer_size=message_bytes,
            logger=_quiet,
            engineio_logger=_quiet,
        )
        self._paths = frozenset(paths)
        self._entry = entry
        self._rate = events_per_second
        self._meters: dict[str, _Meter] = {}
        self.places: Places = Places()
        self.strangers: Places = Places()
        self._stranger_seconds = stranger_seconds
        self._members: set[str] = set()
        self.is_stopping = False

    def _engineio_server_class(self) -> type[Engine]:
        return Engine

    @property
    def open_sockets(self) -> int:
        """The number of open sockets."""
        return len(self.eio.sockets)

    def count_members(self, namespace: str, room: str | None) -> int:
        """Return how many connections are in a room; None is the whole namespace."""
        return len(self.manager.rooms.get(namespace, {}).get(room, ()))

    def close_all(self) -> None:
        """Close all sockets."""
        for eio_sid in list(self.eio.sockets):
            self.close(eio_sid)

    def waiting(self, eio_sid: str) -> int:
        """Return how many packets wait for a client; MAX_WAITING if it is gone."""
        socket = self.eio.sockets.get(eio_sid)
        return MAX_WAITING if socket is None else int(socket.waiting)

    def close(self, eio_sid: str) -> None:
        """Close a socket after its waiting packets have been sent."""
        socket = self.eio.sockets.get(eio_sid)
        if socket is not None:
            socket.close()

    def cut(self, eio_sid: str) -> None:
        """Break a socket off, with its waiting packets."""
        socket = self.eio.sockets.get(eio_sid)
        if socket is not None and socket.ws is not None:
            socket.ws.cut()

    def send_due_pings(self) -> None:
        """Send due pings; cut clients that do not answer, cannot keep up or join no namespace."""
        now = time.monotonic()
        for eio_sid, socket in list(self.eio.sockets.items()):
            socket.send_due_pings(now)
            if socket.ws is not None and socket.ws.overflowed:
                log.warning("connection cut", extra={"reason": "slow consumer"})
                socket.ws.cut()
            elif now > socket.opened_at + self._stranger_seconds and eio_sid not in self._members:
                self.cut(eio_sid)

    def _handle_eio_connect(self, eio_sid: str, environ: dict[str, Any]) -> None:
        super()._handle_eio_connect(eio_sid, environ)
        self._meters[eio_sid] = _Meter(self._rate, time.monotonic())

    def _handle_eio_disconnect(self, eio_sid: str, reason: str) -> None:
        self._meters.pop(eio_sid, None)  # first, so that a connect at this moment notices
        self._members.discard(eio_sid)
        super()._handle_eio_disconnect(eio_sid, reason)

    def _handle_eio_message(self, eio_sid: str, data: str | bytes) -> None:
        """Handle one packet.

        An invalid or binary packet ends the connection: our client sends neither.
        """
        meter = self._meters.get(eio_sid)
        if meter is None:
            return
        within = meter.take(time.monotonic())
        if meter.refused > _REFUSALS:
            log.warning("connection cut", extra={"reason": "flood"})
            self.cut(eio_sid)
            return
        try:
            packet = self._packet(data)
        except (ValueError, TypeError, IndexError, RecursionError):
            self.cut(eio_sid)
            return
        path = packet.namespace or "/"
        if packet.packet_type == packets.EVENT:
            if within:
                self._handle_event(eio_sid, path, packet.id, packet.data)
            elif packet.id is not None:
                answer = [self._entry.refuse_too_many()]
                self._send_packet(eio_sid, self._ack(path, packet.id, answer))
        elif packet.packet_type == packets.DISCONNECT:
            self._handle_disconnect(eio_sid, path, self.reason.CLIENT_DISCONNECT)
        elif packet.packet_type == packets.CONNECT and within:
            self._handle_connect(eio_sid, path, packet.data)
        elif packet.packet_type != packets.ACK:  # we never ask for one
            self.cut(eio_sid)

    def _packet(self, data: str | bytes) -> packets.Packet:
        """Decode a packet.

        Raises:
            ValueError, TypeError, IndexError, RecursionError: the packet is invalid.
        """
        if not isinstance(data, str) or data[:1] not in ("0", "1", "2", "3"):
            raise ValueError("binary")
        packet = self.packet_class(encoded_packet=data)
        is_event = packet.packet_type == packets.EVENT
        if is_event and not (
            isinstance(packet.data, list) and packet.data and isinstance(packet.data[0], str)
        ):
            raise ValueError("an event without a name")
        return packet

    def _handle_connect(self, eio_sid: str, namespace: str, data: Any) -> None:
        """Authorise before joining, so that a connection not yet admitted receives no broadcast."""
        if namespace in self._paths:
            try:
                if self.manager.sid_from_eio_sid(eio_sid, namespace) is not None:
                    raise BadRequest("This namespace has been joined already.")
                admitted = self._entry.admit(namespace, eio_sid, self.environ[eio_sid], data)
            except Problem as problem:
                self._refuse(eio_sid, namespace, problem)
                return
            self._leave_strangers(eio_sid)
            sid = self.manager.connect(eio_sid, namespace)
            self._send_packet(
                eio_sid,
                self.packet_class(packets.CONNECT, data={"sid": sid}, namespace=namespace),
            )
            self._entry.on_connect(self, admitted, sid)
            if eio_sid not in self._meters:  # the socket has closed in between
                self._members.discard(eio_sid)
                self._handle_disconnect(eio_sid, namespace, self.reason.SERVER_DISCONNECT)
        elif namespace in self.handlers or namespace in self.namespace_handlers:
            super()._handle_connect(eio_sid, namespace, data)
            if self.manager.sid_from_eio_sid(eio_sid, namespace) is not None:
                self._leave_strangers(eio_sid)
        else:
            self._refuse(eio_sid, namespace, NotFound("There is no such namespace."))

    def _leave_strangers(self, eio_sid: str) -> None:
        """Give back the stranger's place of a socket that has joined a namespace."""
        self._members.add(eio_sid)
        give_back(self.environ.get(eio_sid, {}))

    def _handle_event(
        self, eio_sid: str, namespace: str, ack_id: int | None, data: list[Any]
    ) -> None:
        if namespace not in self._paths:
            super()._handle_event(eio_sid, namespace, ack_id, data)
            return
        sid = self.manager.sid_from_eio_sid(eio_sid, namespace)
        if sid is None or not self.manager.is_connected(sid, namespace):
            return  # it has left, or was never admitted
        name, args = data[0], tuple(data[1:])
        answer = self._entry.on_event(self, sid, name, args)
        if ack_id is not None:
            self._send_packet(eio_sid, self._ack(namespace, ack_id, [answer]))
        if "data" in answer:
            self._entry.after_event(sid, name, args)

    def _trigger_event(self, event: str, namespace: str, *args: Any) -> Any:
        """Handle "disconnect", the only event of our own namespaces that the library triggers."""
        if namespace not in self._paths:
            return super()._trigger_event(event, namespace, *args)
        self._entry.on_disconnect(self, args[0])
        return None

    def _refuse(self, eio_sid: str, namespace: str, problem: Problem) -> None:
        refusal = {"message": problem.code, "data": problem.body()}
        self._send_packet(
            eio_sid,
            self.packet_class(packets.CONNECT_ERROR, data=refusal, namespace=namespace),
        )

    def _ack(self, namespace: str, ack_id: int, data: list[Any]) -> packets.Packet:
        return self.packet_class(packets.ACK, namespace=namespace, id=ack_id, data=data)
