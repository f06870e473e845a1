"""A WebSocket (RFC 6455) on the connection of the WSGI server.

Written for what the drivers that Engine.IO ships lack. Nothing is read while the former message is
being handled, so that a flood waits in the sender's own kernel; a message that is too long is never
read whole. Sending never waits: what the kernel does not take stays in a bounded backlog, which one
thread flushes for all. No compression, whose windows would cost each connection 300 KiB, and no
thread of its own.
"""

from __future__ import annotations

import base64
import hashlib
import os
import selectors
import socket
import ssl
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any

from wsproto.connection import Connection, ConnectionState, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Ping, Pong, TextMessage
from wsproto.frame_protocol import CloseReason
from wsproto.utilities import LocalProtocolError

from .rules import Bucket

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from _typeshed.wsgi import WSGIEnvironment

MAX_WAITING = 256
"""Frames that wait for a slow client. One more, and it cannot keep up."""

MAX_WAITING_BYTES = 1024 * 1024
"""The same in bytes, so that few large frames fill no more memory than many small ones."""


SHORT_PIECE = 64
"""Bytes of a frame that is a piece of a message. Shorter ones count like pings: each costs as much
processor time as a long one, and no browser sends them.
"""

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_READ_BYTES = 16 * 1024
_LAST_READS = 64


def connection_of(environ: WSGIEnvironment) -> socket.socket | None:
    """The socket that the request came by; None where the server does not give it away, or speaks
    TLS itself.
    """
    found: socket.socket | None = environ.get("gunicorn.socket") or environ.get("werkzeug.socket")
    return None if isinstance(found, ssl.SSLSocket) else found


def is_upgrade(environ: WSGIEnvironment) -> bool:
    """Whether the request asks for a WebSocket as RFC 6455 section 4.2.1 has it."""
    return (
        environ["REQUEST_METHOD"] == "GET"
        and environ.get("HTTP_UPGRADE", "").lower() == "websocket"
        and "upgrade" in environ.get("HTTP_CONNECTION", "").lower()
        and environ.get("HTTP_SEC_WEBSOCKET_VERSION") == "13"
        and len(environ.get("HTTP_SEC_WEBSOCKET_KEY", "")) == 24
    )


def text_frame(text: str) -> bytes:
    """One unmasked text frame, as servers send them (section 5.2)."""
    data = text.encode()
    size = len(data)
    if size < 126:
        return bytes((0x81, size)) + data
    if size < 65_536:
        return b"\x81\x7e" + size.to_bytes(2, "big") + data
    return b"\x81\x7f" + size.to_bytes(8, "big") + data


class WebSocket:
    """One connection. One thread calls `messages`; any may send.

    Args:
        connection: whose handshake has been read.
        silence_seconds: so long nothing may come.
        max_bytes: of a message that comes.
        flusher: flushes what the kernel did not take at once.
        drained: called when nothing waits any more, after something did.

    Attributes:
        overflowed: whether more had to wait than may; nothing is sent any more then.
    """

    def __init__(
        self,
        connection: socket.socket,
        *,
        silence_seconds: float,
        max_bytes: int,
        flusher: Flusher,
        drained: Callable[[], None],
    ) -> None:
        self.overflowed = False
        self._connection = connection
        self._fd = connection.fileno()
        self._max_bytes = max_bytes
        self._flusher = flusher
        self._drained = drained
        self._protocol = Connection(ConnectionType.SERVER)
        self._turn = threading.Lock()
        self._backlog: deque[bytes] = deque()
        self._backlog_bytes = 0
        self._is_ending = False
        self._is_cut = False
        self._is_over = False
        connection.settimeout(silence_seconds)

    @property
    def waiting(self) -> int:
        """How far the client is behind: the frames that wait, or, where they are large, as many
        as take up the same part of what may wait.
        """
        return max(len(self._backlog), MAX_WAITING * self._backlog_bytes // MAX_WAITING_BYTES)

    def accept(self, key: str) -> None:
        """Answer the handshake (section 4.2.2).

        Raises:
            OSError: the client left before it was told.
        """
        digest = hashlib.sha1(key.encode() + _GUID, usedforsecurity=False).digest()
        self._connection.sendall(
            b"HTTP/1.1 101 Switching Protocols\r\n"
            b"Upgrade: websocket\r\n"
            b"Connection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + base64.b64encode(digest) + b"\r\n\r\n"
        )

    def messages(self) -> Iterator[str | bytes]:
        """Each message whole. Ends with the connection, or at the first breach of the protocol."""
        parts: list[Any] = []
        size = piece = 0
        signs = Bucket(rate=1, burst=20, now=time.monotonic())
        try:
            while data := self._connection.recv(_READ_BYTES):
                self._protocol.receive_data(data)
                for event in self._protocol.events():
                    if isinstance(event, (Ping, Pong)):
                        if not signs.take(time.monotonic()):
                            return  # browsers send none
                        if isinstance(event, Ping):
                            self.send(self._protocol.send(event.response()))
                    elif isinstance(event, CloseConnection):
                        if self._protocol.state is not ConnectionState.CLOSED:
                            self.send(self._protocol.send(event.response()), is_last=True)
                        return
                    elif isinstance(event, (TextMessage, BytesMessage)):
                        size += max(1, len(event.data))  # an endless row of empty ones, too
                        if size > self._max_bytes:
                            self._say_goodbye(CloseReason.MESSAGE_TOO_BIG)
                            return
                        if event.data:
                            parts.append(event.data)
                        piece += len(event.data)
                        if event.frame_finished and not event.message_finished:
                            if piece < SHORT_PIECE and not signs.take(time.monotonic()):
                                return
                            piece = 0
                        if event.message_finished:
                            yield _joined(parts)
                            if self._is_cut:
                                return  # what came with it counts no more
                            parts, size, piece = [], 0, 0
        except (OSError, LocalProtocolError):
            return  # lost, silent for too long, or closed by us

    def send(self, frame: bytes, *, is_last: bool = False) -> None:
        """Send, or let it wait. Never waits itself; what comes after the end is dropped.

        Args:
            is_last: whether it is a close frame, which none may follow (section 5.5.1).
        """
        with self._turn:
            if self._is_over or self._is_ending or self.overflowed:
                return
            self._is_ending = is_last
            if self._backlog:
                self._wait(frame)
                return
            rest = self._write(frame)
            if not rest:
                return
            self._wait(rest)
        self._flusher.add(self)

    def end(self) -> None:
        """Close once what waits has been sent. The reader finds the end when the client agrees."""
        with self._turn:
            self._is_ending = True
            if self._backlog or self._is_over:
                return
        self._say_goodbye(CloseReason.NORMAL_CLOSURE)

    def cut(self) -> None:
        """Break the connection off, whatever its reader waits for."""
        with self._turn:
            self._is_cut = True
            self._clear()
            if not self._is_over:
                _shutdown(self._connection, socket.SHUT_RDWR)

    def over(self) -> None:
        """The connection is the server's again, which closes it: nothing is written from now on."""
        with self._turn:
            self._is_over = True
            self._clear()
            _shutdown(self._connection, socket.SHUT_RDWR)
        try:
            for _ in range(_LAST_READS):  # and no more, for one that sends for ever
                if not self._connection.recv(_READ_BYTES):
                    return  # a server might read as a request what came before the end
        except OSError:
            return

    def fileno(self) -> int:
        return self._fd

    def flush(self) -> bool:
        """Send what waits, as far as the kernel takes it. Whether nothing waits any more."""
        with self._turn:
            while self._backlog and not self._is_over:
                rest = self._write(self._backlog[0])
                self._backlog_bytes -= len(self._backlog[0]) - len(rest)
                if rest:
                    self._backlog[0] = rest
                    return False
                self._backlog.popleft()
            is_ending = self._is_ending and not self._is_over
        if is_ending:
            self._say_goodbye(CloseReason.NORMAL_CLOSURE)
        else:
            self._drained()
        return True

    def _wait(self, frame: bytes) -> None:
        """Let it wait, unless too much waits already. The first may be as large as it is."""
        most = MAX_WAITING_BYTES - len(frame)
        if self._backlog and (len(self._backlog) >= MAX_WAITING or self._backlog_bytes > most):
            self.overflowed = True
            return
        self._backlog.append(frame)
        self._backlog_bytes += len(frame)

    def _clear(self) -> None:
        self._backlog.clear()
        self._backlog_bytes = 0

    def _write(self, frame: bytes) -> bytes:
        """What the kernel did not take. Of a connection that is gone: nothing is left to send."""
        try:
            taken = os.write(self._fd, frame)  # the descriptor does not block
        except BlockingIOError:
            return frame
        except OSError:
            return b""  # the reader finds out
        return frame[taken:]

    def _say_goodbye(self, code: CloseReason) -> None:
        with self._turn:
            if self._is_over:
                return
            try:
                self._write(self._protocol.send(CloseConnection(code)))
            except LocalProtocolError:
                return  # it has been said
            _shutdown(self._connection, socket.SHUT_WR)


class Flusher:
    """Flushes backlogs as soon as their kernels take more: one thread for all connections."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._new: list[WebSocket] = []
        self._bell: tuple[socket.socket, socket.socket] | None = None

    def add(self, one: WebSocket) -> None:
        with self._turn:
            self._new.append(one)
            if self._bell is None:
                self._bell = socket.socketpair()
                threading.Thread(target=self._run, name="dovetail-flush", daemon=True).start()
            self._bell[1].send(b"\0")

    def _run(self) -> None:
        assert self._bell is not None
        selector = selectors.DefaultSelector()
        selector.register(self._bell[0], selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if isinstance(key.fileobj, WebSocket):
                    if key.fileobj.flush() and selector.get_map().get(key.fd) is key:
                        selector.unregister(key.fd)
                    continue
                self._bell[0].recv(4096)
                with self._turn:
                    new, self._new = self._new, []
                for one in new:
                    _register(selector, one)


def _register(selector: selectors.BaseSelector, one: WebSocket) -> None:
    """Watch it, unless it has gone meanwhile: then, or where its number lives on, it is stale."""
    try:
        stale = selector.get_map().get(one.fileno())
        if stale is not None:
            selector.unregister(stale.fileobj)
        selector.register(one, selectors.EVENT_WRITE)
    except (OSError, ValueError, KeyError):
        one.cut()


def _shutdown(connection: socket.socket, how: int) -> None:
    try:
        connection.shutdown(how)
    except OSError:
        return  # it has gone already


def _joined(parts: list[Any]) -> str | bytes:
    if not parts:
        return ""
    return "".join(parts) if isinstance(parts[0], str) else b"".join(parts)
