"""A WebSocket (RFC 6455) on the connection of the WSGI server.

It does what the drivers that Engine.IO ships do not. Nothing is read while the previous message is
handled, so that a flood waits in the sender's own kernel; too long a message is never read whole.
Sending never waits: bytes that the kernel does not take stay in a bounded backlog, which one thread
flushes for all. There is no compression, whose windows would cost each connection 300 KiB, and no
thread for each connection.
"""

from __future__ import annotations

import base64
import hashlib
import logging
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

from ..rules import Bucket

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from _typeshed.wsgi import WSGIEnvironment

MAX_WAITING = 256
"""So many frames may wait for a slow client; one more, and it cannot keep up."""

MAX_WAITING_BYTES = 1024 * 1024
"""The same in bytes, so that few large frames fill no more memory than many small ones."""


SHORT_PIECE = 64
"""Shorter pieces of a message count like pings.

In bytes. Each costs as much processor time as a long one, and no browser sends them.
"""

log: logging.Logger = logging.getLogger("flask_dovetail.realtime")

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_READ_BYTES = 16 * 1024
_LAST_READS = 64


def connection_of(environ: WSGIEnvironment) -> socket.socket | None:
    """Return the socket of the request's connection.

    None if the server does not expose it, or speaks TLS itself.
    """
    found: socket.socket | None = environ.get("gunicorn.socket") or environ.get("werkzeug.socket")
    return None if isinstance(found, ssl.SSLSocket) else found


def is_upgrade(environ: WSGIEnvironment) -> bool:
    """Return whether the request asks for a WebSocket (RFC 6455 section 4.2.1)."""
    return (
        environ["REQUEST_METHOD"] == "GET"
        and environ.get("HTTP_UPGRADE", "").lower() == "websocket"
        and "upgrade" in environ.get("HTTP_CONNECTION", "").lower()
        and environ.get("HTTP_SEC_WEBSOCKET_VERSION") == "13"
        and len(environ.get("HTTP_SEC_WEBSOCKET_KEY", "")) == 24
    )


def text_frame(text: str) -> bytes:
    """Return one unmasked text frame, as servers send them (section 5.2)."""
    data = text.encode()
    size = len(data)
    if size < 126:
        return bytes((0x81, size)) + data
    if size < 65_536:
        return b"\x81\x7e" + size.to_bytes(2, "big") + data
    return b"\x81\x7f" + size.to_bytes(8, "big") + data


class WebSocket:
    """One connection; one thread calls `messages`, any may send.

    Args:
        connection: the socket, with its handshake read.
        silence_seconds: the longest silence before the end.
        max_bytes: the largest accepted message.
        flusher: flushes bytes that the kernel did not take at once.
        on_drained: called when the backlog becomes empty.

    Attributes:
        overflowed: whether the backlog outgrew its limit; nothing more is sent then.
    """

    def __init__(
        self,
        connection: socket.socket,
        *,
        silence_seconds: float,
        max_bytes: int,
        flusher: Flusher,
        on_drained: Callable[[], None],
    ) -> None:
        self.overflowed: bool = False
        self._connection = connection
        self._fd = connection.fileno()
        self._max_bytes = max_bytes
        self._flusher = flusher
        self._on_drained = on_drained
        self._protocol = Connection(ConnectionType.SERVER)
        self._lock = threading.Lock()
        self._backlog: deque[bytes] = deque()
        self._backlog_bytes = 0
        self._is_ending = False
        self._is_cut = False
        self._is_over = False
        connection.settimeout(silence_seconds)

    @property
    def waiting(self) -> int:
        """How far the client is behind, in frames.

        Large frames count as many as fill the same part of the limit in bytes.
        """
        return max(len(self._backlog), MAX_WAITING * self._backlog_bytes // MAX_WAITING_BYTES)

    @property
    def is_over(self) -> bool:
        """Whether the connection has been handed back to the server."""
        with self._lock:
            return self._is_over

    def accept(self, key: str) -> None:
        """Answer the handshake (section 4.2.2).

        Raises:
            OSError: the client left before the answer.
        """
        digest = hashlib.sha1(key.encode() + _GUID, usedforsecurity=False).digest()
        self._connection.sendall(
            b"HTTP/1.1 101 Switching Protocols\r\n"
            b"Upgrade: websocket\r\n"
            b"Connection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + base64.b64encode(digest) + b"\r\n\r\n"
        )

    def messages(self) -> Iterator[str | bytes]:
        """Yield each message whole, until the connection ends or breaks the protocol."""
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
                        size += max(1, len(event.data))  # an endless row of empty ones counts
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
                                return  # later frames do not count
                            parts, size, piece = [], 0, 0
        except (OSError, LocalProtocolError):
            return  # lost, silent for too long, or closed by us

    def send(self, frame: bytes, *, is_last: bool = False) -> None:
        """Send a frame, or queue it without waiting; frames after the end are dropped.

        Args:
            is_last: whether it is a close frame, which no other may follow (section 5.5.1).
        """
        with self._lock:
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
        """Close after the backlog has been sent; the reader ends when the client agrees."""
        with self._lock:
            self._is_ending = True
            if self._backlog or self._is_over:
                return
        self._say_goodbye(CloseReason.NORMAL_CLOSURE)

    def cut(self) -> None:
        """Break the connection off, whatever its reader waits for."""
        with self._lock:
            self._is_cut = True
            self._clear()
            if not self._is_over:
                _shutdown(self._connection, socket.SHUT_RDWR)

    def release(self) -> None:
        """Hand the connection back to the server, which closes it; write nothing from now on."""
        with self._lock:
            self._is_over = True
            self._clear()
            _shutdown(self._connection, socket.SHUT_RDWR)
        try:
            for _ in range(_LAST_READS):  # limited, for a client that sends for ever
                if not self._connection.recv(_READ_BYTES):
                    return  # a server might read the rest as a request
        except OSError:
            return

    def fileno(self) -> int:
        """Return the descriptor, for selectors."""
        return self._fd

    def flush(self) -> bool:
        """Send as much of the backlog as the kernel takes, and return whether it is empty."""
        with self._lock:
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
            self._on_drained()
        return True

    def _wait(self, frame: bytes) -> None:
        """Queue a frame, unless the backlog is full; the first one may have any size."""
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
        """Write a frame, and return the bytes that the kernel did not take.

        If the client is gone, return no bytes: there is nothing left to send.
        """
        try:
            taken = os.write(self._fd, frame)  # the descriptor does not block
        except BlockingIOError:
            return frame
        except OSError:
            return b""  # the reader notices
        return frame[taken:]

    def _say_goodbye(self, code: CloseReason) -> None:
        with self._lock:
            if self._is_over:
                return
            try:
                self._write(self._protocol.send(CloseConnection(code)))
            except LocalProtocolError:
                return  # the end was sent already
            _shutdown(self._connection, socket.SHUT_WR)


class Flusher:
    """One thread that flushes the backlogs of all connections when their kernels take more."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._new: list[WebSocket] = []
        self._bell: socket.socket | None = None

    def add(self, one: WebSocket) -> None:
        """Watch a connection until its backlog is empty."""
        with self._lock:
            self._new.append(one)
            if self._bell is None:
                self._bell = self._start()
            try:
                self._bell.send(b"\0")
            except BlockingIOError:
                return  # it rings already

    def _start(self) -> socket.socket:
        """Start the thread, and return the bell that it hears."""
        bell, heard = socket.socketpair()
        try:
            threading.Thread(
                target=self._run, args=(heard,), name="dovetail-flush", daemon=True
            ).start()
        except RuntimeError:  # the system has no thread left: the next backlog tries again
            bell.close()
            heard.close()
            raise
        bell.setblocking(False)
        return bell

    def _run(self, heard: socket.socket) -> None:
        selector = selectors.DefaultSelector()
        selector.register(heard, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if isinstance(key.fileobj, WebSocket):
                    if _flush(key.fileobj) and selector.get_map().get(key.fd) is key:
                        selector.unregister(key.fd)
                    continue
                heard.recv(4096)
                with self._lock:
                    new, self._new = self._new, []
                for one in new:
                    _register(selector, one)


def _flush(one: WebSocket) -> bool:
    """Flush a backlog and return whether it is done; a fault in one must not stop the others."""
    try:
        return one.flush()
    except Exception:
        log.exception("a backlog could not be flushed")
        one.cut()
        return True


def _register(selector: selectors.BaseSelector, one: WebSocket) -> None:
    """Watch a connection, unless it is over: its descriptor number may have a new owner."""
    if one.is_over:
        return
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
        return  # it is gone already


def _joined(parts: list[Any]) -> str | bytes:
    if not parts:
        return ""
    return "".join(parts) if isinstance(parts[0], str) else b"".join(parts)
