"""A client's socket whose blocking calls end: a silent or dripping client cannot hold a thread.

The kernel gives each blocking call back after a tick (SO_RCVTIMEO, SO_SNDTIMEO). The time that was
spent waiting is added up, and after so many seconds of it enough bytes must have travelled. Calls
with a timeout of Python's own (a WebSocket that took the connection over) are left alone.
"""

from __future__ import annotations

import errno
import fcntl
import os
import socket
import struct
import termios
from time import monotonic
from typing import TYPE_CHECKING, Any, NamedTuple

from ...contract.problem import Problem

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

_SENDFILE_BYTES = 256 * 1024
"""For one call: the kernel starts its timeout anew for each piece of a file."""

_recv, _send = socket.socket.recv, socket.socket.send


class ReceiveTimeout(Problem, TimeoutError, code="REQUEST_TIMEOUT"):  # noqa: N818 - a problem
    """The client sends too slowly. An OSError for whoever reads, and a 408 for the client."""


class Bounds(NamedTuple):
    """How long a client is waited for.

    Attributes:
        receive_seconds: waiting time after which enough bytes must have come.
        send_seconds: waiting time after which enough bytes must have been acknowledged.
        min_bytes_per_second: what is enough, for each of those seconds.
    """

    receive_seconds: float
    send_seconds: float
    min_bytes_per_second: int

    def tick(self, *, whole: bool = False) -> bytes:
        """Return the kernel's `struct timeval` for how long one blocking call lasts at most.

        Args:
            whole: the first tick ends it all, so it is as long as a client may be silent.
        """
        seconds = min(self.receive_seconds, self.send_seconds)
        if not whole:
            seconds = min(1.0, seconds / 4)
        return struct.pack("@ll", int(seconds), int(seconds % 1 * 1_000_000))


class ClientSocket(socket.socket):
    """A connection that was accepted.

    Attributes:
        until: time of the monotonic clock at which reading ends; None: when the client is slow.
        is_stalled: whether the client has stopped reading. Closing then resets the connection.
        owner: the connection of the worker that has this socket.
    """

    __slots__ = (
        "_bounds",
        "_in_bytes",
        "_in_seconds",
        "_out_bytes",
        "_out_mark",
        "_out_seconds",
        "is_stalled",
        "owner",
        "until",
    )

    def __init__(self, accepted: socket.socket, bounds: Bounds, tick: bytes) -> None:
        super().__init__(accepted.family, accepted.type, accepted.proto, fileno=accepted.detach())
        self.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, tick)
        self.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, tick)
        self.until: float | None = None
        self.is_stalled = False
        self.owner: Any = None
        self._bounds = bounds
        self._out_bytes = 0
        self._out_mark = 0
        self.begin()

    def begin(self) -> None:
        """Forget the waiting time of the request before."""
        self._in_seconds = self._out_seconds = 0.0
        self._in_bytes = 0

    def recv_now(self, size: int) -> bytes:
        """Return what has arrived, b"" at the end.

        Raises:
            OSError: nothing has arrived (BlockingIOError), or the connection broke.
        """
        return _recv(self, size, socket.MSG_DONTWAIT)

    def send_now(self, data: bytes) -> None:
        """Send as much as the kernel takes at once.

        Raises:
            OSError: it takes nothing.
        """
        _send(self, data, socket.MSG_DONTWAIT)

    def recv(self, size: int, flags: int = 0, /) -> bytes:
        if self.gettimeout() is not None:
            self._check_until()
            return super().recv(size, flags)
        while True:
            began = monotonic()
            try:
                data = super().recv(size, flags)
            except BlockingIOError:
                self._count_received(began, 0)
                continue
            self._count_received(began, len(data))
            return data

    def recv_into(self, buffer: WriteableBuffer, nbytes: int = 0, flags: int = 0) -> int:
        if self.gettimeout() is not None:
            self._check_until()
            return super().recv_into(buffer, nbytes, flags)
        while True:
            began = monotonic()
            try:
                count = super().recv_into(buffer, nbytes, flags)
            except BlockingIOError:
                self._count_received(began, 0)
                continue
            self._count_received(began, count)
            return count

    def send(self, data: ReadableBuffer, flags: int = 0, /) -> int:
        if self.gettimeout() is not None:
            return super().send(data, flags)
        while True:
            began = monotonic()
            try:
                count = super().send(data, flags)
            except BlockingIOError:
                self._count_sent(began, 0)
                continue
            self._count_sent(began, count)
            return count

    def sendall(self, data: ReadableBuffer, flags: int = 0, /) -> None:
        size = len(memoryview(data).cast("B")) if not isinstance(data, bytes) else len(data)
        try:
            sent = _send(self, data, flags | socket.MSG_DONTWAIT)
        except BlockingIOError:
            sent = 0
        self._out_bytes += sent
        if sent == size:
            return  # nothing waited: the usual case, which shall cost nothing
        rest = memoryview(data).cast("B")[sent:]
        if self.gettimeout() is not None:
            super().sendall(rest, flags)
            return
        while rest:
            rest = rest[self.send(rest, flags) :]

    def sendfile(self, file: Any, offset: int = 0, count: int | None = None) -> int:
        """As `socket.socket.sendfile`, which would wait for the client without end."""
        if self.gettimeout() is not None:
            return super().sendfile(file, offset, count)
        total = 0
        while count is None or total < count:
            step = _SENDFILE_BYTES if count is None else min(_SENDFILE_BYTES, count - total)
            began = monotonic()
            try:
                sent = os.sendfile(self.fileno(), file.fileno(), offset + total, step)
            except BlockingIOError:
                self._count_sent(began, 0)
                continue
            except OSError as error:
                if total or error.errno not in (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP):
                    raise
                return super().sendfile(file, offset, count)  # no plain file: by read and send
            self._count_sent(began, sent)
            if not sent:
                break
            total += sent
        if total:
            file.seek(offset + total)
        return total

    def _check_until(self) -> None:
        if self.until is not None and monotonic() >= self.until:
            raise ReceiveTimeout

    def _count_received(self, began: float, count: int) -> None:
        now = monotonic()
        self._in_seconds += now - began
        self._in_bytes += count
        if self.until is not None and now >= self.until:
            raise ReceiveTimeout
        seconds = self._bounds.receive_seconds
        if self._in_seconds >= seconds:
            if self._in_bytes < seconds * self._bounds.min_bytes_per_second:
                raise ReceiveTimeout
            self._in_seconds, self._in_bytes = 0.0, 0

    def _count_sent(self, began: float, count: int) -> None:
        self._out_seconds += monotonic() - began
        self._out_bytes += count
        seconds = self._bounds.send_seconds
        if self._out_seconds >= seconds:
            # A kernel wakes a sender only when a third of a buffer of megabytes is free: what the
            # client has acknowledged is its progress, not what the kernel took.
            acknowledged = self._out_bytes - self._unacknowledged()
            if acknowledged - self._out_mark < seconds * self._bounds.min_bytes_per_second:
                self.is_stalled = True
                # Close resets: else the kernel would keep, and go on offering, what nobody reads.
                self.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                raise BrokenPipeError(errno.EPIPE, "The client reads too slowly.")
            self._out_mark, self._out_seconds = acknowledged, 0.0

    def _unacknowledged(self) -> int:
        """How many bytes the kernel holds for the client (SIOCOUTQ)."""
        held: int = struct.unpack("i", fcntl.ioctl(self, termios.TIOCOUTQ, b"\0\0\0\0"))[0]
        return held
