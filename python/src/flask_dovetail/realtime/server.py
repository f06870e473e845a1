"""The Socket.IO server of one app, with bounds where the library has none.

What is changed of python-socketio: packets are read under a limit and refused by code, a client
that cannot keep up is cut, and nobody is in a namespace before they have been admitted. Who that
is, `entry` decides: nothing here knows of people. Namespaces of Flask-SocketIO's handlers go their
usual way, under the same bounds.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, Any, Protocol

import socketio
from socketio import packet as packets

from ..contract.errors import BadRequest, NotFound
from ..contract.problem import Problem
from .engine import Engine
from .places import Places, give_back
from .rules import Bucket
from .websocket import MAX_WAITING

if TYPE_CHECKING:
    from collections.abc import Collection

_REFUSALS = 100
"""So many packets over the rate in a row close the connection."""

log = logging.getLogger("flask_dovetail.realtime")

_quiet = logging.getLogger("flask_dovetail.realtime.library")
_quiet.setLevel(logging.ERROR)  # below that, they write what people send each other, and tokens


class Entry(Protocol):
    """Who decides about connections."""

    def admit(self, path: str, eio_sid: str, environ: dict[str, Any], auth: Any) -> Any:
        """Judge who wants to come in. What `entered` is then given.

        Raises:
            Problem: it is refused.
        """

    def entered(self, admitted: Any, sid: str) -> None:
        """It has been let in, and told so."""

    def left(self, sid: str) -> None:
        """It is gone."""

    def called(self, sid: str, name: str, args: tuple[Any, ...]) -> dict[str, Any]:
        """It sent an event. The acknowledgement."""

    def answered(self, sid: str, name: str, args: tuple[Any, ...]) -> None:
        """An event was taken, and acknowledged."""

    def too_many(self) -> dict[str, Any]:
        """The acknowledgement of an event over the rate."""

    def drained(self) -> None:
        """A client that was behind is so no longer."""


class _Meter:
    """What one socket has sent. Seconds of the monotonic clock."""

    __slots__ = ("bucket", "refused")

    def __init__(self, rate: int, now: float) -> None:
        self.bucket = Bucket(rate=rate, burst=2 * rate, now=now)
        self.refused = 0

    def take(self, now: float) -> bool:
        taken = self.bucket.take(now)
        self.refused = 0 if taken else self.refused + 1
        return taken


class _Manager(socketio.Manager):  # type: ignore[misc]  # has no types
    """Who is in which room. The library's own takes one step after another, as of one thread."""

    def __init__(self) -> None:
        super().__init__()
        self._turn = threading.RLock()

    def basic_enter_room(self, *args: Any, **options: Any) -> Any:
        with self._turn:
            return super().basic_enter_room(*args, **options)

    def basic_leave_room(self, *args: Any, **options: Any) -> Any:
        with self._turn:
            return super().basic_leave_room(*args, **options)

    def basic_disconnect(self, *args: Any, **options: Any) -> Any:
        with self._turn:
            return super().basic_disconnect(*args, **options)


class Sockets(socketio.Server):  # type: ignore[misc]  # has no types
    """
    Args:
        paths: the namespaces that there are.
        entry: who decides about connections.
        async_mode: "threading" or "gevent".
        events_per_second: of one socket.
        message_bytes: the largest message that is taken.
        stranger_seconds: a socket that has joined no namespace by then is closed.

    Attributes:
        places: those of all open sockets.
        strangers: those of sockets that are in no namespace.
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
            async_handlers=False,  # in the thread that reads: what floods waits for its turn
            namespaces=list(paths),
            drained=entry.drained,
            max_http_buffer_size=message_bytes,
            logger=_quiet,
            engineio_logger=_quiet,
        )
        self._paths = frozenset(paths)
        self._entry = entry
        self._rate = events_per_second
        self._meters: dict[str, _Meter] = {}
        self.places = Places()
        self.strangers = Places()
        self._stranger_seconds = stranger_seconds
        self._known: set[str] = set()
        self.is_stopping = False

    def _engineio_server_class(self) -> type[Engine]:
        return Engine

    @property
    def open_sockets(self) -> int:
        return len(self.eio.sockets)

    def close_all(self) -> None:
        for eio_sid in list(self.eio.sockets):
            self.close(eio_sid)

    def waiting(self, eio_sid: str) -> int:
        """How many packets wait for that client; MAX_WAITING where it is gone."""
        found = self.eio.sockets.get(eio_sid)
        return MAX_WAITING if found is None else int(found.waiting)

    def close(self, eio_sid: str) -> None:
        """Close a socket once what waits for it has been sent."""
        found = self.eio.sockets.get(eio_sid)
        if found is not None:
            found.close()

    def cut(self, eio_sid: str) -> None:
        """Break a socket off, with what waits for it."""
        found = self.eio.sockets.get(eio_sid)
        if found is not None and found.ws is not None:
            found.ws.cut()

    def beat(self) -> None:
        """Ping who is due, and cut who does not answer, cannot keep up, or never came in."""
        now = time.monotonic()
        for eio_sid, found in list(self.eio.sockets.items()):
            found.beat(now)
            if found.ws is not None and found.ws.overflowed:
                log.warning("connection cut", extra={"reason": "slow consumer"})
                found.ws.cut()
            elif now > found.opened_at + self._stranger_seconds and eio_sid not in self._known:
                self.cut(eio_sid)

    def _handle_eio_connect(self, eio_sid: str, environ: dict[str, Any]) -> None:
        super()._handle_eio_connect(eio_sid, environ)
        self._meters[eio_sid] = _Meter(self._rate, time.monotonic())

    def _handle_eio_disconnect(self, eio_sid: str, reason: str) -> None:
        self._meters.pop(eio_sid, None)  # first: who comes in now finds out
        self._known.discard(eio_sid)
        super()._handle_eio_disconnect(eio_sid, reason)

    def _handle_eio_message(self, eio_sid: str, data: str | bytes) -> None:
        """One packet. What is none, or is binary, ends the connection: our client sends neither."""
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
                answer = [self._entry.too_many()]
                self._send_packet(eio_sid, self._ack(path, packet.id, answer))
        elif packet.packet_type == packets.DISCONNECT:
            self._handle_disconnect(eio_sid, path, self.reason.CLIENT_DISCONNECT)
        elif packet.packet_type == packets.CONNECT and within:
            self._handle_connect(eio_sid, path, packet.data)
        elif packet.packet_type != packets.ACK:  # we ask for none
            self.cut(eio_sid)

    def _packet(self, data: str | bytes) -> packets.Packet:
        """
        Raises:
            ValueError, TypeError, IndexError, RecursionError: it is no packet that we take.
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
        """Admit first, and let in then: before, nothing that is sent to all may reach it."""
        if namespace in self._paths:
            try:
                if self.manager.sid_from_eio_sid(eio_sid, namespace) is not None:
                    raise BadRequest("This namespace has been joined already.")
                admitted = self._entry.admit(namespace, eio_sid, self.environ[eio_sid], data)
            except Problem as problem:
                self._refuse(eio_sid, namespace, problem)
                return
            self._get_to_know(eio_sid)
            sid = self.manager.connect(eio_sid, namespace)
            self._send_packet(
                eio_sid,
                self.packet_class(packets.CONNECT, data={"sid": sid}, namespace=namespace),
            )
            self._entry.entered(admitted, sid)
            if eio_sid not in self._meters:  # the socket was closed before this was a part of it
                self._known.discard(eio_sid)
                self._handle_disconnect(eio_sid, namespace, self.reason.SERVER_DISCONNECT)
        elif namespace in self.handlers or namespace in self.namespace_handlers:
            super()._handle_connect(eio_sid, namespace, data)
            if self.manager.sid_from_eio_sid(eio_sid, namespace) is not None:
                self._get_to_know(eio_sid)
        else:
            self._refuse(eio_sid, namespace, NotFound("There is no such namespace."))

    def _get_to_know(self, eio_sid: str) -> None:
        """Give its place among the strangers back: it has joined a namespace."""
        self._known.add(eio_sid)
        give_back(self.environ.get(eio_sid, {}))

    def _handle_event(
        self, eio_sid: str, namespace: str, ack_id: int | None, data: list[Any]
    ) -> None:
        if namespace not in self._paths:
            super()._handle_event(eio_sid, namespace, ack_id, data)
            return
        sid = self.manager.sid_from_eio_sid(eio_sid, namespace)
        if sid is None or not self.manager.is_connected(sid, namespace):
            return  # it has left, or was never let in
        name, args = data[0], tuple(data[1:])
        answer = self._entry.called(sid, name, args)
        if ack_id is not None:
            self._send_packet(eio_sid, self._ack(namespace, ack_id, [answer]))
        if "data" in answer:
            self._entry.answered(sid, name, args)

    def _trigger_event(self, event: str, namespace: str, *args: Any) -> Any:
        """Of our own namespaces, only "disconnect" comes here."""
        if namespace not in self._paths:
            return super()._trigger_event(event, namespace, *args)
        self._entry.left(args[0])
        return None

    def _refuse(self, eio_sid: str, namespace: str, problem: Problem) -> None:
        refusal = {"message": problem.code, "data": problem.body()}
        self._send_packet(
            eio_sid,
            self.packet_class(packets.CONNECT_ERROR, data=refusal, namespace=namespace),
        )

    def _ack(self, namespace: str, ack_id: int, data: list[Any]) -> packets.Packet:
        return self.packet_class(packets.ACK, namespace=namespace, id=ack_id, data=data)
