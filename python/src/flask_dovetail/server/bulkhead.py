"""Limit work that takes much memory or time: so much at once, a short queue, no more."""

from __future__ import annotations

import threading
from collections import Counter, deque
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ..contract.problems import ServiceUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType


class Bulkhead:
    """A limit on a block: `at_once` callers run, `waiting` more queue, the others are refused.

        thumbnails = Bulkhead("pictures", at_once=1, waiting=3)

        with thumbnails:
            make_thumbnail(file)

    If strangers choose how often they call, name the client of each call. Then clients take turns,
    and one that fills the queue keeps nobody else out:

        with thumbnails.for_client(address_key(request.remote_addr)):
            make_thumbnail(file)

    The count is each process's own: what it protects, memory and threads, is too. A block must not
    enter its own bulkhead again.

    Args:
        what: the work that there is too much of, for the problem: "pictures".
        at_once: the number of callers that run at the same time.
        waiting: the number of callers in the queue. Each of them holds a thread of the server.
        wait_seconds: the longest wait of a caller.
        leaves_room: a named client starts a caller only while fewer of its own run than places are
            free: half of the places at most, and less the more others have. It is for callers that
            run for long, whose turns would not come round.

    Raises, on entering:
        ServiceUnavailable: 503 with `Retry-After`; the queue is full, or the wait was too long.
    """

    def __init__(
        self,
        what: str,
        *,
        at_once: int,
        waiting: int,
        wait_seconds: float = 5.0,
        leaves_room: bool = False,
    ) -> None:
        self._what = what
        self._wait_seconds = wait_seconds
        self._free = at_once
        self._max_waiting = waiting
        self._leaves_room = leaves_room
        self._running: Counter[str | None] = Counter()
        self._lock = threading.Lock()
        self._lines: dict[str | None, deque[_Place]] = {}  # the first client has the next turn

    @contextmanager
    def for_client(self, client: str | None) -> Iterator[None]:
        """Enter for a client: an `address_key`, a subject, or any other name.

        Waiting clients take turns. When the queue is full, the client with the most places in it
        loses its newest one to a client with fewer. So one client may fill a queue that nobody else
        needs. All callers that enter without a name are one client.

        Raises:
            ServiceUnavailable: as for the bulkhead itself.
        """
        self._enter(client)
        try:
            yield
        finally:
            self._leave(client)

    def __enter__(self) -> None:
        self._enter(None)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._leave(None)

    def _enter(self, client: str | None) -> None:
        with self._lock:
            if self._may_run(client):
                self._run(client)
                return
            self._make_room(client)
            place = _Place()
            self._lines.setdefault(client, deque()).append(place)
        try:
            place.decided.wait(self._wait_seconds)
        except BaseException:  # a greenlet that is ended while it waits
            if self._give_up(client, place):
                self._leave(client)
            raise
        if not self._give_up(client, place):
            raise self._refusal()

    def _make_room(self, client: str | None) -> None:
        """Take a place in a full queue from the client with the most, if that is fair.

        Raises:
            ServiceUnavailable: no other client has two places more than `client`.
        """
        if sum(map(len, self._lines.values())) < self._max_waiting:
            return
        longest = max(self._lines, key=lambda name: len(self._lines[name]), default=None)
        if len(self._lines.get(longest, ())) <= len(self._lines.get(client, ())) + 1:
            raise self._refusal()
        newest = self._lines[longest].pop()
        newest.decided.set()

    def _give_up(self, client: str | None, place: _Place) -> bool:
        """Leave the queue, and return whether the caller has been let in already."""
        with self._lock:
            line = self._lines.get(client)
            if line is not None and place in line:
                line.remove(place)
                if not line:
                    del self._lines[client]
            return place.is_in

    def _leave(self, client: str | None) -> None:
        """Let in the first caller of the next client that may run, and put that client last."""
        with self._lock:
            self._free += 1
            self._running[client] -= 1
            if not self._running[client]:
                del self._running[client]
            while clients := list(filter(self._may_run, self._lines)):
                line = self._lines.pop(clients[0])
                place = line.popleft()
                if line:
                    self._lines[clients[0]] = line
                self._run(clients[0])
                place.is_in = True
                place.decided.set()

    def _may_run(self, client: str | None) -> bool:
        if not self._leaves_room or client is None:
            return self._free > 0
        return self._running[client] < self._free

    def _run(self, client: str | None) -> None:
        self._free -= 1
        self._running[client] += 1

    def _refusal(self) -> ServiceUnavailable:
        return ServiceUnavailable(f"Too many {self._what} at once.", retry_after=2)


class _Place:
    """A place in the queue.

    Attributes:
        decided: set when the caller is let in, or has lost the place.
        is_in: whether the caller has been let in.
    """

    __slots__ = ("decided", "is_in")

    def __init__(self) -> None:
        self.decided = threading.Event()
        self.is_in = False
