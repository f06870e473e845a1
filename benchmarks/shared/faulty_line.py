"""A TCP line whose connections are cut at random bytes, the same ones for every peer.

The bytes that clients send over the line are counted, whichever connection they travel on. Luck is
a list of places in that count; the connection whose byte is at such a place is reset there, in both
directions. So bytes meet the same luck over one connection or ten, in one request or a hundred; who
has to send some again meets more of it.
"""

from __future__ import annotations

import random
import socket
import struct
import threading
import time
from contextlib import closing, suppress
from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

SLAB_BYTES = 8 * 1024 * 1024
BUFFER_BYTES = 256 * 1024
CATCHING_UP_SECONDS = 0.01
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


def cut_places(seed: int, percent: float) -> Iterator[int]:
    """Of every hundred stretches of 8 MiB, `percent` are cut on average, each at a random byte."""
    luck = random.Random(seed)
    for slab in count():
        if luck.random() * 100 < percent:
            yield slab * SLAB_BYTES + luck.randrange(SLAB_BYTES)


class FaultyLine:
    """A port of 127.0.0.1 that leads to another one. Closed at the end of a `with`.

    Args:
        rate: bytes per second towards the server, all connections together. Infinite: what this
            machine can do.

    Attributes:
        port: where clients connect to.
        sent: bytes that have travelled towards the server since `restart`.
        cuts: connections that have been cut since then.
    """

    def __init__(self, target: int, rate: float) -> None:
        self._target = target
        self._rate = rate
        self._busy_until = 0.0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._lock = threading.Lock()
        self.restart(iter(()))

    def restart(self, places: Iterator[int]) -> None:
        """Count anew, and cut at these places. While nothing travels."""
        self.sent = self.cuts = 0
        self._places = places
        self._next = next(places, None)

    def __enter__(self) -> FaultyLine:
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _serve(self) -> None:
        with suppress(OSError):  # closed
            while True:
                near, _ = self._listener.accept()
                threading.Thread(target=self._connect, args=(near,), daemon=True).start()

    def _connect(self, near: socket.socket) -> None:
        with closing(near), socket.create_connection(("127.0.0.1", self._target)) as far:
            for end in (near, far):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            answers = threading.Thread(target=self._carry, args=(far, near), daemon=True)
            answers.start()
            self._carry(near, far, is_counted=True)
            answers.join()

    def _carry(
        self, source: socket.socket, sink: socket.socket, *, is_counted: bool = False
    ) -> None:
        buffer = memoryview(bytearray(BUFFER_BYTES))
        try:
            while came := source.recv_into(buffer):
                passes = self._spend(came) if is_counted else came
                sink.sendall(buffer[:passes])
                if passes < came:
                    raise ConnectionResetError
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            _reset(source, sink)

    def _spend(self, came: int) -> int:
        """How many of the bytes that came pass, once they had the time to travel.

        Fewer than came when the next place is there.
        """
        with self._lock:
            now = time.monotonic()
            # A sleep that took too long is made up for; a line that had nothing to carry is not.
            self._busy_until = max(self._busy_until, now - CATCHING_UP_SECONDS) + came / self._rate
            wait = self._busy_until - now
        if wait > 0:
            time.sleep(wait)
        with self._lock:
            if self._next is None or self.sent + came <= self._next:
                self.sent += came
                return came
            passes = self._next - self.sent
            self.sent = self._next
            self.cuts += 1
            self._next = next(self._places, None)
            return passes


def _reset(*ends: socket.socket) -> None:
    """Let closing them be a reset, and whoever still reads from them stop."""
    for end in ends:
        with suppress(OSError):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            end.shutdown(socket.SHUT_RD)
