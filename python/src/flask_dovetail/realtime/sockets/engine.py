"""Engine.IO over `WebSocket` alone: python-engineio without long polling and without its threads.

A connection costs the one thread, or greenlet, of its WSGI request. `send_due_pings` pings all of
them.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import engineio
import engineio.socket
from engineio import packet as packets
from engineio.exceptions import EngineIOError

from ..rules import Bucket
from .websocket import MAX_WAITING, Flusher, WebSocket, connection_of, text_frame

if TYPE_CHECKING:
    from collections.abc import Callable

    from _typeshed.wsgi import StartResponse, WSGIEnvironment

PING_SECONDS = 25
PONG_SECONDS = 20

GOODBYE_SECONDS = 5
"""A client has so long to agree to the end before it is cut."""


class EngineSocket(engineio.socket.Socket):  # type: ignore[misc]  # has no types
    """One connection.

    Attributes:
        ws: None until the handshake has been accepted.
        opened_at: of the monotonic clock, as all that follow.
        ping_at: when the next ping is due; None while a pong is awaited.
        pong_until: when that pong has to arrive; None while no pong is awaited.
        cut_at: when the connection is cut at the latest, after its end was announced.
        is_busy: whether a message is being handled.
    """

    closed: bool
    closing: bool

    def __init__(self, server: Engine, sid: str) -> None:
        super().__init__(server, sid)
        self.last_ping = None  # the library's own clock of pings is off
        self.ws: WebSocket | None = None
        self.opened_at: float = time.monotonic()
        self.ping_at: float | None = self.opened_at + PING_SECONDS
        self.pong_until: float | None = None
        self.cut_at: float | None = None
        self.is_busy: bool = False

    @property
    def waiting(self) -> int:
        """The number of packets that the client is behind."""
        return MAX_WAITING if self.ws is None else self.ws.waiting

    def serve(self, ws: WebSocket, key: str) -> None:
        """Serve the connection until it ends."""
        server = self.server
        try:
            ws.accept(key)
            self.ws = ws
            self.connected = self.upgraded = True
            self.send(packets.Packet(packets.OPEN, server.offer(self.sid)))
            signs = Bucket(rate=1, burst=20, now=self.opened_at)
            for message in ws.messages():
                packet = packets.Packet(encoded_packet=message)
                # Messages have a limit of their own; pongs and the like are few.
                if packet.packet_type != packets.MESSAGE and not signs.take(time.monotonic()):
                    break
                self.is_busy = True  # a pong that comes now waits
                self.receive(packet)
                self.is_busy = False
                if self.closed:
                    break
        except (OSError, EngineIOError, ValueError, LookupError, TypeError, RecursionError):
            pass  # it left, or sent an invalid packet
        finally:
            self.close(abort=True, reason=server.reason.TRANSPORT_CLOSE)
            ws.release()

    def send(self, pkt: Any) -> None:
        """Send a packet; None of them is queued anywhere but in the backlog."""
        if self.ws is not None and not self.closed:
            self.ws.send(_frame(pkt))

    def schedule_ping(self) -> None:
        """Schedule the next ping after a pong."""
        self.pong_until = None
        self.ping_at = time.monotonic() + PING_SECONDS

    def send_due_pings(self, now: float) -> None:
        """Send a ping that is due, or cut a client that did not answer or does not close."""
        if self.ws is None:
            return
        if self.pong_until is not None and self.is_busy:
            self.pong_until = now + PONG_SECONDS
        if (self.pong_until is not None and now > self.pong_until) or (
            self.cut_at is not None and now > self.cut_at
        ):
            self.ws.cut()
        elif self.ping_at is not None and now >= self.ping_at:
            self.ping_at, self.pong_until = None, now + PONG_SECONDS
            self.send(packets.Packet(packets.PING))

    def close(self, wait: bool = False, abort: bool = False, reason: str | None = None) -> None:  # noqa: ARG002
        """Call the disconnect handlers, then close the client, without waiting."""
        if self.closed or self.closing:
            return
        self.closing = True
        self.server._trigger_event(
            "disconnect", self.sid, reason or self.server.reason.SERVER_DISCONNECT, run_async=False
        )
        if not abort:
            self.send(packets.Packet(packets.CLOSE))
        self.closed = True
        if self.ws is not None and not abort:
            self.cut_at = time.monotonic() + GOODBYE_SECONDS
            self.ws.end()


class Engine(engineio.Server):  # type: ignore[misc]  # has no types
    """The Engine.IO server of `WebSocket`s.

    Args:
        on_drained: called when a client has caught up with its backlog.
        options: of `engineio.Server`.
    """

    def __init__(self, *, on_drained: Callable[[], None] = lambda: None, **options: Any) -> None:
        super().__init__(
            transports=["websocket"],
            allow_upgrades=False,
            monitor_clients=False,
            ping_interval=PING_SECONDS,
            ping_timeout=PONG_SECONDS,
            cors_allowed_origins=[],  # the gate has checked it
            **options,
        )
        self.on_drained = on_drained
        self._flusher = Flusher()

    def create_queue(self) -> None:
        """Return None: packets wait nowhere but in the backlog of a `WebSocket`."""

    def _get_socket(self, sid: str) -> EngineSocket:
        """Return a socket, also a closed one until its reader ends: `send_due_pings` cuts it."""
        found: EngineSocket = self.sockets[sid]
        if found.closed:
            raise KeyError("Session is disconnected")
        return found

    def offer(self, sid: str) -> dict[str, Any]:
        """Return the content of the OPEN packet."""
        return {
            "sid": sid,
            "upgrades": [],
            "pingTimeout": PONG_SECONDS * 1000,
            "pingInterval": PING_SECONDS * 1000,
            "maxPayload": self.max_http_buffer_size,
        }

    def serve(self, environ: WSGIEnvironment, start_response: StartResponse) -> None:
        """Serve one WebSocket with a checked handshake until it ends."""
        connection = connection_of(environ)
        assert connection is not None
        sid = self.generate_id()
        one = self.sockets[sid] = EngineSocket(self, sid)
        ws = WebSocket(
            connection,
            silence_seconds=PING_SECONDS + PONG_SECONDS,
            max_bytes=self.max_http_buffer_size,
            flusher=self._flusher,
            on_drained=self.on_drained,
        )
        start_response("101 Switching Protocols", [])  # for the log; the server sends nothing
        try:
            self._trigger_event("connect", sid, environ, run_async=False)
            one.serve(ws, environ["HTTP_SEC_WEBSOCKET_KEY"])
        finally:
            self.sockets.pop(sid, None)


def _frame(pkt: Any) -> bytes:
    """Return the frame of a packet, built once for all receivers."""
    frame: bytes | None = getattr(pkt, "dovetail_frame", None)
    if frame is None:
        frame = pkt.dovetail_frame = text_frame(pkt.encode())
    return frame
