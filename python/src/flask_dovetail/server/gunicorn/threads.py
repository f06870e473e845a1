"""The threads that serve requests: made when none is idle, ended when idle for a while.

The thread that became idle last is used first, so that few of them stay warm and the others end;
what they keep (a connection to SQLite with its two descriptors) ends with them.
"""

from __future__ import annotations

import threading
from concurrent.futures import Executor, Future
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

IDLE_SECONDS = 30.0

_Work = tuple["Future[Any]", "Callable[..., Any]", tuple[Any, ...], dict[str, Any]]


class RequestThreads(Executor):
    """An executor without a queue: each call has a thread at once.

    Whoever submits keeps to a number. Threads are daemons: a process that is told to end does not
    wait for a request that outlives its grace.

    Args:
        idle_seconds: how long a thread waits for work before it ends.
    """

    def __init__(self, idle_seconds: float = IDLE_SECONDS) -> None:
        self._idle_seconds = idle_seconds
        self._turn = threading.Lock()
        self._idle: list[_Thread] = []
        self._all: set[_Thread] = set()
        self._made = 0
        self._is_shut = False

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Run it in an idle thread, or in a new one.

        Raises:
            RuntimeError: after `shutdown`, or the system gives no more threads.
        """
        future: Future[Any] = Future()
        work = (future, fn, args, kwargs)
        with self._turn:
            if self._is_shut:
                raise RuntimeError("The threads have been shut down.")
            if self._idle:
                self._idle.pop().give(work)
                return future
            self._made += 1
            thread = _Thread(self, f"dovetail-request-{self._made}", work)
            self._all.add(thread)
        try:
            thread.start()
        except RuntimeError:
            with self._turn:
                self._all.discard(thread)
            raise
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: ARG002
        """Take nothing more, and end each thread after what it does. Nothing is ever queued."""
        with self._turn:
            self._is_shut = True
            for thread in self._idle:
                thread.give(None)
            self._idle.clear()
            left = list(self._all)
        if wait:
            for thread in left:
                thread.join()

    def _is_idle(self, thread: _Thread) -> bool:
        """False: the thread is to end."""
        with self._turn:
            if self._is_shut:
                return False
            self._idle.append(thread)
            return True

    def _may_end(self, thread: _Thread) -> bool:
        """False: it has been given work in the last moment."""
        with self._turn:
            if thread not in self._idle:
                return False
            self._idle.remove(thread)
            return True

    def _has_ended(self, thread: _Thread) -> None:
        with self._turn:
            self._all.discard(thread)


class _Thread(threading.Thread):
    def __init__(self, pool: RequestThreads, name: str, work: _Work) -> None:
        super().__init__(name=name, daemon=True)
        self._pool = pool
        self._work: _Work | None = work
        self._bell = threading.Lock()  # released when there is work: the cheapest wait there is
        self._bell.acquire()

    def give(self, work: _Work | None) -> None:
        self._work = work
        self._bell.release()

    def run(self) -> None:
        try:
            while self._work is not None:
                (future, fn, args, kwargs), self._work = self._work, None
                stays = self._call(future, fn, args, kwargs)
                del future, fn, args, kwargs
                if not stays or not self._wait():
                    return
        finally:
            self._pool._has_ended(self)

    def _call(self, future: Future[Any], fn: Callable[..., Any], args: Any, kwargs: Any) -> bool:
        if not future.set_running_or_notify_cancel():
            return self._pool._is_idle(self)
        try:
            result = fn(*args, **kwargs)
        except BaseException as error:  # whoever waits for the future gets it
            stays = self._pool._is_idle(self)
            future.set_exception(error)
        else:
            # Idle before anybody hears of the result: the next request finds this thread.
            stays = self._pool._is_idle(self)
            future.set_result(result)
        return stays

    def _wait(self) -> bool:
        """Wait for work. False: there was none for too long."""
        if self._bell.acquire(timeout=self._pool._idle_seconds):
            return True
        if self._pool._may_end(self):
            return False
        self._bell.acquire()
        return True
