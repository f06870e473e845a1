"""Give threads to requests: to probes at once, to others when their address has its turn."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from . import pressure
from .client_socket import ClientSocket
from .fair_queue import Turns

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..config import ServerSettings
    from .client import Client
    from .refusals import Tally

PROBE_THREADS = 2
"""Threads beyond `threads`, for probes: an orchestrator must not restart a busy process."""

KEPT = 8
"""One in so many threads is left to addresses that run less than their share."""

PATIENCE_SECONDS = 1.0
"""How long a request waits for a thread before slow transfers give theirs up."""

_PROBES = (b"GET /healthz ", b"GET /readyz ")


class Dispatch:
    """The requests of one worker that run, and those that wait for a thread. For its loop only.

    Args:
        serve: gives a request to a thread.
        threads: the number of requests that run at once, probes not counted.
        tally: counts the transfers that were ended, for the log.
    """

    def __init__(
        self,
        serve: Callable[[Client], None],
        threads: int,
        settings: ServerSettings,
        tally: Tally,
    ) -> None:
        self._serve = serve
        self._threads = threads
        self._settings = settings
        self._tally = tally
        self._turns: Turns[Client] = Turns(
            settings.requests_per_address or max(1, threads // 2), kept=max(1, threads // KEPT)
        )
        self._running: dict[Client, None] = {}
        self._probing = 0

    @property
    def is_queued(self) -> bool:
        """Whether requests wait for a thread."""
        return not self._turns.is_empty

    def add(self, conn: Client) -> None:
        """Serve the request that has arrived, now or when its turn comes."""
        if self._is_probe(conn):
            conn.is_probe = True
            self._probing += 1
            self._serve(conn)
        elif self.may_start(conn):
            self.start(conn)
        else:
            self._turns.wait(conn.address, monotonic(), conn)
            self.serve_waiting()

    def may_start(self, conn: Client) -> bool:
        """Return whether a request of this connection would be served at once."""
        return self._turns.is_empty and self._turns.may_start(conn.address, self._free)

    def start(self, conn: Client) -> None:
        """Serve a request now."""
        self._running[conn] = None
        conn.holds_turn = True
        self._turns.start(conn.address)
        self._serve(conn)

    def serve_waiting(self) -> None:
        """Serve the waiting requests for which there are threads."""
        while (conn := self._turns.next(self._free)) is not None:
            self.start(conn)

    def give_back(self, conn: Client) -> None:
        """Take the thread of a request back."""
        if conn.is_probe:
            conn.is_probe = False
            self._probing -= 1
        else:
            self._running.pop(conn, None)
            self.end_turn(conn)

    def end_turn(self, conn: Client) -> None:
        """Stop counting a request among those of its address; it may go on."""
        if conn.holds_turn:
            conn.holds_turn = False
            self._turns.end(conn.address)

    def expire(self, now: float) -> list[Client]:
        """Take the requests that have waited too long out of the queue."""
        return self._turns.expire(now - self._settings.queue_seconds)

    def end_slow_transfers(self, now: float) -> None:
        """End one slow transfer for each request that has waited too long for a thread."""
        waiting = self._turns.waiting_since(now - PATIENCE_SECONDS)
        if not waiting:
            return
        slow: list[pressure.Transfer[ClientSocket]] = []
        ending = 0
        for conn in self._running:
            sock = conn.sock
            if not isinstance(sock, ClientSocket):
                continue  # OpenSSL cannot give up on one wait
            rate = sock.rate
            if sock.is_ending:
                ending += 1
            elif rate is not None and rate < self._settings.busy_bytes_per_second:
                slow.append(pressure.Transfer(sock, conn.address, rate))
        for sock in pressure.choose_transfers(waiting, ending, slow, self._turns.running):
            self._tally.add("a slow transfer, while requests waited for its thread")
            sock.end_wait()

    @property
    def _free(self) -> int:
        """The number of free threads for requests."""
        return self._threads - len(self._running)

    def _is_probe(self, conn: Client) -> bool:
        """Return whether it asks for health, and no thread has to wait for its client.

        That would be for a body, or because the client does not read earlier answers.
        """
        head = conn.head
        return (
            head.startswith(_PROBES)
            and self._probing < PROBE_THREADS
            and head.endswith(b"\r\n\r\n")
            and not any(name in head.lower() for name in (b"content-length", b"transfer-encoding"))
            and not (isinstance(conn.sock, ClientSocket) and conn.sock.is_behind)
        )
