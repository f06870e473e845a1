"""Whose request is next when all threads are taken: addresses take turns, each with a bound."""

from __future__ import annotations

from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")


class Turns(Generic[T]):
    """Waiting requests by client address, and how many of each address run.

    Pure: no clock, no network. `None` is the address of those who are not counted.

    Args:
        at_once: requests of one address that may run at the same time.
    """

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._running: dict[str, int] = {}
        self._waiting: dict[str | None, deque[tuple[float, T]]] = {}

    @property
    def is_empty(self) -> bool:
        """Whether nobody waits."""
        return not self._waiting

    def may_start(self, address: str | None) -> bool:
        return address is None or self._running.get(address, 0) < self._at_once

    def start(self, address: str | None) -> None:
        if address is not None:
            self._running[address] = self._running.get(address, 0) + 1

    def end(self, address: str | None) -> None:
        if address is not None:
            count = self._running[address] - 1
            if count:
                self._running[address] = count
            else:
                del self._running[address]

    def wait(self, address: str | None, now: float, item: T) -> None:
        """Put `item` behind the others of its address."""
        self._waiting.setdefault(address, deque()).append((now, item))

    def next(self) -> T | None:
        """Take the first of the address whose turn it is. None: nobody waits who may start."""
        for address in self._waiting:
            if self.may_start(address):
                queue = self._waiting.pop(address)
                _, item = queue.popleft()
                if queue:
                    self._waiting[address] = queue  # at the end: the others are next
                return item
        return None

    def expire(self, before: float) -> list[T]:
        """Take all who have waited since `before` or longer."""
        expired: list[T] = []
        for address, queue in list(self._waiting.items()):
            while queue and queue[0][0] <= before:
                expired.append(queue.popleft()[1])
            if not queue:
                del self._waiting[address]
        return expired
