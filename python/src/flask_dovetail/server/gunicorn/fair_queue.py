"""Choose the next request when threads are scarce: addresses take turns."""

from __future__ import annotations

from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")


class Turns(Generic[T]):
    """The waiting requests by client address, and the number of running ones of each.

    Pure: no clock, no network. `None` is the address of uncounted clients.

    Args:
        at_once: requests of one address that may run at the same time, however few threads are
            free.
        kept: so many free threads are left to addresses that run fewer than that.
    """

    def __init__(self, at_once: int, kept: int) -> None:
        self._at_once = at_once
        self._kept = kept
        self._running: dict[str, int] = {}
        self._waiting: dict[str | None, deque[tuple[float, T]]] = {}

    @property
    def is_empty(self) -> bool:
        """Whether no request waits."""
        return not self._waiting

    def running(self, address: str | None) -> int:
        """Return how many requests of `address` run; 0 if it is not counted."""
        return 0 if address is None else self._running.get(address, 0)

    def may_start(self, address: str | None, free: int) -> bool:
        """Return whether a request of `address` may take one of the free threads."""
        return free > self._kept or (free > 0 and self.running(address) < self._at_once)

    def start(self, address: str | None) -> None:
        """Count a request of `address` as running."""
        if address is not None:
            self._running[address] = self._running.get(address, 0) + 1

    def end(self, address: str | None) -> None:
        """Stop counting a request of `address` as running."""
        if address is not None:
            count = self._running[address] - 1
            if count:
                self._running[address] = count
            else:
                del self._running[address]

    def wait(self, address: str | None, now: float, item: T) -> None:
        """Queue `item` behind the others of its address."""
        self._waiting.setdefault(address, deque()).append((now, item))

    def next(self, free: int) -> T | None:
        """Take the first request of the next address, or None if no waiting request may start.

        Addresses that run too many for the free threads to be shared come last.
        """
        if free <= 0 or not self._waiting:
            return None
        for address in self._waiting:
            if self.running(address) < self._at_once:
                return self._take(address)
        return self._take(next(iter(self._waiting))) if free > self._kept else None

    def _take(self, address: str | None) -> T:
        queue = self._waiting.pop(address)
        _, item = queue.popleft()
        if queue:
            self._waiting[address] = queue  # at the end: the other addresses are next
        return item

    def waiting_since(self, before: float) -> list[str | None]:
        """Return the address of each request that has waited since `before` or longer."""
        return [
            address
            for address, queue in self._waiting.items()
            for since, _ in queue
            if since <= before
        ]

    def expire(self, before: float) -> list[T]:
        """Take all requests that have waited since `before` or longer."""
        expired: list[T] = []
        for address, queue in list(self._waiting.items()):
            while queue and queue[0][0] <= before:
                expired.append(queue.popleft()[1])
            if not queue:
                del self._waiting[address]
        return expired
