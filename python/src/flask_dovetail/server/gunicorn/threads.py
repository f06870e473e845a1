"""The threads that serve requests: started when none is idle, ended when idle for a while.

The thread that became idle last is used first, so that a few of them stay warm and the others end,
with the connection to SQLite and its two descriptors that each keeps.

`Thread.start` waits until the new thread runs. In a burst that takes a turn of the interpreter's
lock for each of them, a quarter of a second for twenty, in which the caller's loop would stand
still. So one thread starts the others.
"""

from __future__ import annotations

import threading
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

IDLE_SECONDS = 30.0


class RequestThreads(Generic[T]):
    """Threads without a queue: each item gets one at once, and the caller limits their number.

    They are daemons: a stopping process does not wait for a request that outlives the
    grace period.

    `start` and `shutdown` are for one thread, the worker's loop.

    Args:
        serve: called in a thread with each item.
        served: called in that thread with the item and what `serve` returned, None if it raised.
        unserved: called with an item for which the system had no thread, in another thread.
        idle_seconds: the time that a thread waits for work before it ends.
    """

    def __init__(
        self,
        serve: Callable[[T], Any],
        served: Callable[[T, Any], None],
        unserved: Callable[[T], None],
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        self.idle_seconds = idle_seconds
        self._serve = serve
        self._served = served
        self._unserved = unserved
        self._new: SimpleQueue[_Thread[T] | None] = SimpleQueue()
        self._starter: threading.Thread | None = None
        self._turn = threading.Lock()
        self._idle: list[_Thread[T]] = []
        self._all: set[_Thread[T]] = set()
        self._count_started = 0
        self._is_shut = False

    def start(self, item: T, *, now: bool = False) -> None:
        """Serve `item` in an idle thread, or in a new one.

        Args:
            now: before the others that wait for a new thread. The caller waits for it.

        Raises:
            RuntimeError: `shutdown` was called, or the system starts no more threads.
        """
        with self._turn:
            if self._is_shut:
                raise RuntimeError("The threads have been shut down.")
            if self._idle:
                self._idle.pop().give(item)
                return
            self._count_started += 1
            thread = _Thread(self, f"dovetail-request-{self._count_started}", item)
            self._all.add(thread)
        try:
            if now:
                thread.start()
            else:
                self._start_beside(thread)
        except RuntimeError:
            self._forget(thread)
            raise

    def _start_beside(self, thread: _Thread[T]) -> None:
        if self._starter is None:
            starter = threading.Thread(target=self._start_all, name="dovetail-starter", daemon=True)
            starter.start()
            self._starter = starter
        self._new.put(thread)

    def _start_all(self) -> None:
        while (thread := self._new.get()) is not None:
            try:
                thread.start()
            except RuntimeError:  # the system starts no more threads
                self._forget(thread)
                self._unserved(thread.take())

    def shutdown(self, wait: bool = True) -> None:
        """Refuse new items, and end each thread after its current one."""
        with self._turn:
            self._is_shut = True
            for thread in self._idle:
                thread.give(None)
            self._idle.clear()
        self._new.put(None)
        if wait:
            if self._starter is not None:
                self._starter.join()  # after which the others have been started
            with self._turn:
                remaining = list(self._all)
            for thread in remaining:
                thread.join()

    def _run(self, thread: _Thread[T], item: T) -> bool:
        """Serve one item, and return False if the thread has to end."""
        try:
            result = self._serve(item)
        except BaseException:  # such as SystemExit of a view: the thread goes on
            result = None
        # Idle before the result is reported: the next request finds this thread.
        with self._turn:
            stays = not self._is_shut
            if stays:
                self._idle.append(thread)
        self._served(item, result)
        return stays

    def _may_end(self, thread: _Thread[T]) -> bool:
        """Return whether the thread may end; False if it was given work in the last moment."""
        with self._turn:
            if thread not in self._idle:
                return False
            self._idle.remove(thread)
            return True

    def _forget(self, thread: _Thread[T]) -> None:
        with self._turn:
            self._all.discard(thread)


class _Thread(threading.Thread, Generic[T]):
    def __init__(self, pool: RequestThreads[T], name: str, item: T) -> None:
        super().__init__(name=name, daemon=True)
        self._pool = pool
        self._item: T | None = item
        self._bell = threading.Lock()  # released when there is work: the cheapest wait there is
        self._bell.acquire()

    def give(self, item: T | None) -> None:
        """Hand over the next item, or None to end."""
        self._item = item
        self._bell.release()

    def take(self) -> T:
        """Take back the item of a thread that could not be started."""
        item, self._item = self._item, None
        assert item is not None
        return item

    def run(self) -> None:
        try:
            while self._item is not None:
                item, self._item = self._item, None
                stays = self._pool._run(self, item)
                del item
                if not stays or not self._wait():
                    return
        finally:
            self._pool._forget(self)

    def _wait(self) -> bool:
        """Wait for work, and return False if there was none for too long."""
        if self._bell.acquire(timeout=self._pool.idle_seconds):
            return True
        if self._pool._may_end(self):
            return False
        self._bell.acquire()
        return True
