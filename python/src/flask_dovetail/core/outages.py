"""Log an outage once: a traceback when it begins, then a count, and a line when it is over.

One outage is one store that is away. All requests, sockets and background threads that meet it are
counted together, in each process.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import has_request_context, request

from . import settings, state
from .settings import setting

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask

log: logging.Logger = logging.getLogger("flask_dovetail.outages")

PROBE_SECONDS = 1.0
"""The time from the last failure to the first check of a store, and between two checks."""


@dataclass(frozen=True)
class OutageSettings:
    """The amount that an outage writes into the log."""

    log_seconds: int = setting(
        "DOVETAIL_OUTAGES_LOG_SECONDS",
        within=(1, 86_400),
        default=60,
        doc="The time between two lines about one outage that goes on, and between two tracebacks "
        "of one store.",
        unit="seconds",
        beyond="failures are counted, and the next line has their number",
    )


@dataclass
class _Outage:
    """An outage that goes on. Times are monotonic seconds."""

    began_at: float
    failed_at: float
    logged_at: float
    failures: int = 0


class Outages:
    """The outages of one app in one process.

    Args:
        store_of: returns the name of the store that an exception shows to be out of reach; None for
            any other exception.
        clock: monotonic seconds.
        start: runs its argument somewhere else. Default: in a thread.
    """

    def __init__(
        self,
        app: Flask,
        given: OutageSettings,
        store_of: Callable[[BaseException], str | None],
        *,
        clock: Callable[[], float] = time.monotonic,
        start: Callable[[Callable[[], None]], object] | None = None,
    ) -> None:
        self._app = app
        self._log_seconds = given.log_seconds
        self.store_of = store_of
        self._clock = clock
        self._start = start or _in_thread
        self._lock = threading.Lock()
        self._open: dict[str, _Outage] = {}
        self._traced_at: dict[str, float] = {}
        self._checks: dict[str, Callable[[], object]] = {}
        self._probe_at = 0.0
        self._probing_in = 0
        """The process in which a probe runs: a forked one has not inherited the thread."""

    def watch(self, store: str, check: Callable[[], object]) -> None:
        """Let `check` decide when an outage of `store` is over: it raises until then.

        An outage of a store without a check is over when nothing has failed for
        `DOVETAIL_OUTAGES_LOG_SECONDS`.
        """
        self._checks[store] = check

    def report(self, error: BaseException, *, during: str | None = None) -> bool:
        """Count and log `error` if it is an outage.

        Args:
            during: the work that failed. Default: the request.

        Returns:
            False: it is no outage. Nothing has been logged.
        """
        store = self.store_of(error)
        if store is None:
            return False
        self.failed(store, error, during=during)
        return True

    def caught(self, error: Exception, *, during: str) -> None:
        """Log an exception that a background thread has caught; the thread tries again.

        An outage is logged as such; any other exception with its traceback, at most once in
        `DOVETAIL_OUTAGES_LOG_SECONDS`.
        """
        if self.report(error, during=during):
            return
        now = self._clock()
        with self._lock:
            if not self._may_trace(during, now):
                return
        log.error("background work failed", extra={"during": during}, exc_info=error)

    def failed(self, store: str, error: BaseException, *, during: str | None = None) -> None:
        """Count and log a failure of `store`, whatever `error` is."""
        now = self._clock()
        with self._lock:
            outage = self._open.get(store)
            begins = outage is None
            if outage is None:
                outage = self._open[store] = _Outage(now, now, now)
                self._probe_at = now + PROBE_SECONDS
            outage.failed_at = now
            outage.failures += 1
            if not begins and now < outage.logged_at + self._log_seconds:
                return
            outage.logged_at = now
            counts = {"store": store, "failures": outage.failures}
            traced = begins and self._may_trace(store, now)
            seconds = round(now - outage.began_at, 1)
        if begins:
            work = during or _current_request()
            extra = counts | {"during": work, "error": type(error).__name__}
            log.error("store out of reach", extra=extra, exc_info=error if traced else None)
        else:
            log.warning("store still out of reach", extra=counts | {"seconds": seconds})

    def _may_trace(self, key: str, now: float) -> bool:
        """Return whether the last traceback of `key` is long ago. Hold the lock."""
        last = self._traced_at.get(key)
        if last is not None and now < last + self._log_seconds:
            return False
        self._traced_at[key] = now
        return True

    def over(self, store: str, *, since: float | None = None) -> None:
        """Log that `store` answers again.

        Args:
            since: when it was asked, by the clock. A later failure counts more than the answer.
        """
        if store not in self._open:
            return
        with self._lock:
            outage = self._open.get(store)
            if outage is None or (since is not None and outage.failed_at > since):
                return
            del self._open[store]
        seconds = round(self._clock() - outage.began_at, 1)
        counts = {"store": store, "failures": outage.failures, "seconds": seconds}
        log.info("store answers again", extra=counts)

    def tick(self) -> None:
        """Check, if it is time, whether the stores that are away are back.

        Called before each request.
        """
        if not self._open or self._clock() < self._probe_at:
            return
        with self._lock:
            now = self._clock()
            if now < self._probe_at or self._probing_in == os.getpid():
                return
            self._probe_at = now + PROBE_SECONDS
            quiet = [
                store
                for store, outage in self._open.items()
                if now >= outage.failed_at + self._quiet_seconds(store)
            ]
            if not quiet:
                return
            self._probing_in = os.getpid()
        try:
            self._start(lambda: self._probe(quiet))
        except RuntimeError:  # no thread can be started: the next tick tries again
            self._probing_in = 0

    def _quiet_seconds(self, store: str) -> float:
        return PROBE_SECONDS if store in self._checks else self._log_seconds

    def _probe(self, stores: list[str]) -> None:
        try:
            for store in stores:
                now = self._clock()
                if self._passes(self._checks.get(store)):
                    self.over(store, since=now)
        finally:
            self._probe_at = self._clock() + PROBE_SECONDS
            self._probing_in = 0

    def _passes(self, check: Callable[[], object] | None) -> bool:
        if check is None:
            return True
        try:
            with self._app.app_context():
                check()
        except Exception:  # a check raises whatever its driver raises
            return False
        return True


def init_app(app: Flask, store_of: Callable[[BaseException], str | None]) -> Outages:
    """Make, store and return the outages of `app`.

    Raises:
        ConfigurationError: the setting cannot work.
    """
    outages = Outages(app, settings.read(OutageSettings, app.config), store_of)
    state.put(app, outages)
    return outages


def current(app: Flask | None = None) -> Outages:
    """Return the outages of `app`, or of the current app."""
    return state.get(Outages, app)


def _current_request() -> str:
    return f"{request.method} {request.path}" if has_request_context() else "background"


def _in_thread(work: Callable[[], None]) -> None:
    threading.Thread(target=work, name="dovetail-outage", daemon=True).start()
