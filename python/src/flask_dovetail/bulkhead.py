"""A bound for work that takes much memory or time: so much at once, a short queue, no more."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from .contract.errors import ServiceUnavailable

if TYPE_CHECKING:
    from types import TracebackType


class Bulkhead:
    """Lets `at_once` callers into a block, keeps `waiting` more in a queue, refuses the others.

        thumbnails = Bulkhead("pictures", at_once=1, waiting=3)

        with thumbnails:
            make_thumbnail(file)

    The count is each process's own: what it protects, memory and threads, is too. A block must not
    enter its own bulkhead again.

    Args:
        what: what there is too much of, for the problem: "pictures".
        at_once: how many run at the same time.
        waiting: how many wait for them. Each waiting caller holds a thread of the server.
        wait_seconds: how long each waits at most.

    Raises, on entering:
        ServiceUnavailable: 503 with `Retry-After`; the queue is full, or the wait was too long.
    """

    def __init__(self, what: str, *, at_once: int, waiting: int, wait_seconds: float = 5.0) -> None:
        self._what = what
        self._wait_seconds = wait_seconds
        self._running = threading.Semaphore(at_once)
        self._admitted = threading.Semaphore(at_once + waiting)

    def __enter__(self) -> None:
        if not self._admitted.acquire(blocking=False):
            raise self._refusal()
        try:
            entered = self._running.acquire(timeout=self._wait_seconds)
        except BaseException:  # a greenlet that is ended while it waits
            self._admitted.release()
            raise
        if not entered:
            self._admitted.release()
            raise self._refusal()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._running.release()
        self._admitted.release()

    def _refusal(self) -> ServiceUnavailable:
        return ServiceUnavailable(f"Too many {self._what} at once.", retry_after=2)
