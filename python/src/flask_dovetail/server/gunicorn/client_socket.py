"""Limit the blocking calls of a client's socket: a silent or dripping client cannot hold a thread.

The kernel ends each blocking call after a tick (SO_RCVTIMEO, SO_SNDTIMEO). The waiting time is
added up, and after so many seconds of it enough bytes must have travelled. Calls with a timeout of
Python's own (a WebSocket that took the connection over) are left alone.

The worker's loop sees how fast a client was lately, and may end the wait for it.
"""

from __future__ import annotations

import errno
import fcntl
import os
import select
import socket
import struct
import termios
from time import monotonic
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from ...contract.problem import Problem

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

_MOST_BYTES = 1 << 30
"""The request of one sendfile call; it sends as much as the kernel has room for."""

_RATE_SECONDS = 2.0
"""The waiting time over which a rate is measured: networks stop and go for a second."""

_recv, _send = socket.socket.recv, socket.socket.send


class ReceiveTimeout(Problem, TimeoutError, code="REQUEST_TIMEOUT"):  # noqa: N818 - a problem
    """Raised if the client sends too slowly: an OSError for the reader, a 408 for the client."""


class Bounds(NamedTuple):
    """The limits of waiting for a client.

    Attributes:
        receive_seconds: waiting time after which enough bytes must have come.
        send_seconds: waiting time after which enough bytes must have been acknowledged.
        min_bytes_per_second: the bytes that are enough for each of those seconds.
    """

    receive_seconds: float
    send_seconds: float
    min_bytes_per_second: int

    def is_enough(self, received: int) -> bool:
        """Return whether so many bytes are enough for `receive_seconds` of waiting."""
        return received >= self.receive_seconds * self.min_bytes_per_second

    def tick(self, *, whole: bool = False) -> bytes:
        """Return the kernel's `struct timeval` for the longest blocking call.

        Args:
            whole: the first tick ends the connection, so it lasts as long as the client may pause.
        """
        seconds = self._shortest if whole else self.tick_seconds
        return struct.pack("@ll", int(seconds), int(seconds % 1 * 1_000_000))

    @property
    def _shortest(self) -> float:
        return min(self.receive_seconds, self.send_seconds)

    @property
    def tick_seconds(self) -> float:
        """The longest wait for a client before its rate is judged."""
        return min(1.0, self._shortest / 4)


class ClientSocket(socket.socket):
    """An accepted connection.

    Attributes:
        until: the time of the monotonic clock at which reading ends; None if only slowness ends it.
        is_stalled: whether the client has stopped reading. Closing then resets the connection.
        owner: the connection of the worker that has this socket.
    """

    __slots__ = (
        "_bounds",
        "_ended_wait",
        "_in_mark",
        "_in_seconds",
        "_out_mark",
        "_out_seconds",
        "_rate",
        "_rate_mark",
        "_rate_seconds",
        "_received",
        "_sent",
        "_wait",
        "is_stalled",
        "owner",
        "until",
    )

    def __init__(self, accepted: socket.socket, bounds: Bounds, tick: bytes) -> None:
        super().__init__(accepted.family, accepted.type, accepted.proto, fileno=accepted.detach())
        self.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, tick)
        self.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, tick)
        self.until: float | None = None
        self.is_stalled: bool = False
        self.owner: Any = None
        self._bounds = bounds
        self._received = self._sent = 0
        self.begin()

    def begin(self) -> None:
        """Forget the waiting time and the bytes of the previous request."""
        self._in_seconds = self._out_seconds = self._rate_seconds = 0.0
        self._in_mark = self._received
        self._out_mark = self._acknowledged()
        self._rate_mark = self._received + self._out_mark
        self._rate: float | None = None
        self._wait: float | None = None
        self._ended_wait: float | None = None

    @property
    def rate(self) -> float | None:
        """The bytes per second of late, over waiting time.

        None if no thread waits for the client at this moment, or none has waited long enough.
        """
        return None if self._wait is None else self._rate

    @property
    def is_ending(self) -> bool:
        """Whether `end_wait` was called, and the thread has not gone on since."""
        return self._wait is not None and self._wait == self._ended_wait

    def end_wait(self) -> None:
        """Give up on the client of a waiting thread, as if it were slower than the limits.

        The thread notices at the end of its tick.
        """
        self._ended_wait = self._wait

    def recv_now(self, size: int) -> bytes:
        """Return the bytes that have arrived, b"" at the end.

        Raises:
            OSError: nothing has arrived (BlockingIOError), or the connection broke.
        """
        return _recv(self, size, socket.MSG_DONTWAIT)

    def send_now(self, data: bytes) -> None:
        """Send as much as the kernel takes at once.

        Raises:
            OSError: the kernel takes nothing.
        """
        _send(self, data, socket.MSG_DONTWAIT)

    def recv(self, size: int, flags: int = 0, /) -> bytes:
        """See `socket.socket.recv`."""
        if self.gettimeout() is not None:
            self._check_until()
            return super().recv(size, flags)
        while True:
            began = self._wait = monotonic()
            try:
                data = super().recv(size, flags)
            except BlockingIOError:
                self._count_received(began, 0)
                continue
            self._count_received(began, len(data))
            return data

    def recv_into(self, buffer: WriteableBuffer, nbytes: int = 0, flags: int = 0) -> int:
        """See `socket.socket.recv_into`."""
        if self.gettimeout() is not None:
            self._check_until()
            return super().recv_into(buffer, nbytes, flags)
        while True:
            began = self._wait = monotonic()
            try:
                count = super().recv_into(buffer, nbytes, flags)
            except BlockingIOError:
                self._count_received(began, 0)
                continue
            self._count_received(began, count)
            return count

    def send(self, data: ReadableBuffer, flags: int = 0, /) -> int:
        """See `socket.socket.send`."""
        if self.gettimeout() is not None:
            return super().send(data, flags)
        while True:
            began = self._wait = monotonic()
            try:
                count = super().send(data, flags)
            except BlockingIOError:
                self._count_sent(began, 0)
                continue
            self._count_sent(began, count)
            return count

    def sendall(self, data: ReadableBuffer, flags: int = 0, /) -> None:
        """See `socket.socket.sendall`."""
        size = len(memoryview(data).cast("B")) if not isinstance(data, bytes) else len(data)
        try:
            sent = _send(self, data, flags | socket.MSG_DONTWAIT)
        except BlockingIOError:
            sent = 0
        self._sent += sent
        if sent == size:
            return  # no wait, the usual case: it must cost nothing
        rest = memoryview(data).cast("B")[sent:]
        if self.gettimeout() is not None:
            super().sendall(rest, flags)
            return
        while rest:
            rest = rest[self.send(rest, flags) :]

    def sendfile(self, file: Any, offset: int = 0, count: int | None = None) -> int:
        """See `socket.socket.sendfile`, which would wait for the client for ever."""
        if self.gettimeout() is not None:
            return super().sendfile(file, offset, count)
        total = 0
        # A blocking call would start the kernel's timeout anew for each piece of the file.
        os.set_blocking(self.fileno(), False)
        try:
            while count is None or total < count:
                step = _MOST_BYTES if count is None else min(_MOST_BYTES, count - total)
                try:
                    sent = os.sendfile(self.fileno(), file.fileno(), offset + total, step)
                except BlockingIOError:
                    self._wait_until_writable()
                    continue
                if not sent:
                    break
                self._sent += sent
                total += sent
        except OSError as error:
            if total or error.errno not in (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP):
                raise
        else:
            if total:
                file.seek(offset + total)
            return total
        finally:
            os.set_blocking(self.fileno(), True)
        return super().sendfile(file, offset, count)  # not a plain file: by read and send

    def _wait_until_writable(self) -> None:
        """Wait for the kernel to take more, for a tick at most."""
        writable = select.poll()
        writable.register(self, select.POLLOUT)
        began = self._wait = monotonic()
        writable.poll(self._bounds.tick_seconds * 1000)
        self._count_sent(began, 0)

    def _check_until(self) -> None:
        if self.until is not None and monotonic() >= self.until:
            raise ReceiveTimeout

    def _count_received(self, began: float, count: int) -> None:
        now = monotonic()
        self._received += count
        self._in_seconds += now - began
        if self._ended_wait == began or (self.until is not None and now >= self.until):
            raise ReceiveTimeout
        if self._in_seconds >= self._bounds.receive_seconds:
            if not self._bounds.is_enough(self._received - self._in_mark):
                raise ReceiveTimeout
            self._in_seconds, self._in_mark = 0.0, self._received
        self._after_wait(now - began)

    def _count_sent(self, began: float, count: int) -> None:
        waited = monotonic() - began
        self._sent += count
        self._out_seconds += waited
        if self._ended_wait == began:
            self._stall()
        seconds = self._bounds.send_seconds
        if self._out_seconds >= seconds:
            acknowledged = self._acknowledged()
            if acknowledged - self._out_mark < seconds * self._bounds.min_bytes_per_second:
                self._stall()
            self._out_mark, self._out_seconds = acknowledged, 0.0
        self._after_wait(waited)

    def _after_wait(self, seconds: float) -> None:
        self._wait = None
        self._rate_seconds += seconds
        if self._rate_seconds >= _RATE_SECONDS:
            progress = self._received + self._acknowledged()
            self._rate = (progress - self._rate_mark) / self._rate_seconds
            self._rate_mark, self._rate_seconds = progress, 0.0

    def _stall(self) -> NoReturn:
        self.is_stalled = True
        # Reset on close: otherwise the kernel would keep offering bytes that nobody reads.
        self.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise BrokenPipeError(errno.EPIPE, "The client reads too slowly.")

    @property
    def is_behind(self) -> bool:
        """Whether the client has not acknowledged all that was sent."""
        return self._acknowledged() < self._sent

    def _acknowledged(self) -> int:
        """Return how many of the sent bytes the client has acknowledged: its progress.

        A kernel wakes a sender only when a third of a buffer of megabytes is free, so the bytes
        that it took say little. The bytes that it still holds are the answer to SIOCOUTQ.
        """
        try:
            answer = fcntl.ioctl(self, termios.TIOCOUTQ, b"\0\0\0\0")
        except OSError:  # a system without it, such as macOS
            return self._sent
        held: int = struct.unpack("i", answer)[0]
        return self._sent - held
