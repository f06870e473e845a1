"""`GET /healthz`: the process answers. `GET /readyz`: the stores that it needs answer, too.

Checks run at the same time, each in a thread of its own with a time limit, because a store that
hangs must not hang the probe. A check that has not returned yet is waited for, never started a
second time. Anybody may ask as often as they like: a result is the answer for a second, and while
one request runs the checks, the others get the previous result.
"""

from __future__ import annotations

import threading
from time import monotonic
from typing import TYPE_CHECKING

from flask import Response, json, request

from ..core import own_routes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from flask import Flask

    from ..core.outages import Outages

LIMIT_SECONDS = 2.0
FRESH_SECONDS = 1.0


def init_app(
    app: Flask,
    checks: Mapping[str, Callable[[], object]],
    outages: Outages,
    *,
    limit_seconds: float = LIMIT_SECONDS,
    fresh_seconds: float = FRESH_SECONDS,
) -> None:
    """Add both routes.

    Args:
        checks: by name; each raises, or takes too long, when its store cannot be used. It runs in
            an app context.
        outages: records the stores that fail, and those that answer again.
        limit_seconds: the time that readiness waits for all of them together.
        fresh_seconds: the time that a result is reused.
    """
    readiness = _Readiness(app, checks, outages, limit_seconds, fresh_seconds)

    def healthz() -> Response:
        return _answer(200, {"status": "ok"})

    def readyz() -> Response:
        passed = readiness.passed()
        ready = all(passed.values())
        states = {name: _word(good) for name, good in passed.items()}
        return _answer(200 if ready else 503, {"status": _word(ready), "checks": states})

    probes = {"dovetail_healthz": healthz, "dovetail_readyz": readyz}

    def answer_first() -> Response | None:
        """Answer before the application's own hooks: one that takes a connection could hang."""
        probe = probes.get(request.endpoint or "")
        return None if probe is None else probe()

    own_routes.add(app, "/healthz", "dovetail_healthz", healthz)
    own_routes.add(app, "/readyz", "dovetail_readyz", readyz)
    app.before_request_funcs.setdefault(None, []).insert(0, answer_first)


def _answer(status: int, body: dict[str, object]) -> Response:
    answer = Response(json.dumps(body), status=status, content_type="application/json")
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _word(good: bool) -> str:
    return "ok" if good else "failed"


class _Readiness:
    """All checks of one app, and their latest results."""

    def __init__(
        self,
        app: Flask,
        checks: Mapping[str, Callable[[], object]],
        outages: Outages,
        limit_seconds: float,
        fresh_seconds: float,
    ) -> None:
        self._probes = {name: _Probe(app, name, check, outages) for name, check in checks.items()}
        self._limit_seconds = limit_seconds
        self._fresh_seconds = fresh_seconds
        self._running = threading.Lock()
        self._results: dict[str, bool] | None = None
        self._results_at = 0.0

    def passed(self) -> dict[str, bool]:
        """Return whether each check has passed, now or at most some seconds ago."""
        results = self._fresh()
        if results is not None:
            return results
        results = self._results
        if not self._running.acquire(blocking=results is None):
            assert results is not None
            return results  # another thread runs the checks: one is enough
        try:
            results = self._fresh()
            return self._run_checks() if results is None else results
        finally:
            self._running.release()

    def _fresh(self) -> dict[str, bool] | None:
        is_fresh = (
            self._results is not None and monotonic() < self._results_at + self._fresh_seconds
        )
        return self._results if is_fresh else None

    def _run_checks(self) -> dict[str, bool]:
        deadline = monotonic() + self._limit_seconds
        runs = {probe: probe.start() for probe in self._probes.values()}
        results = {probe.name: probe.passed(run, deadline) for probe, run in runs.items()}
        self._results, self._results_at = results, monotonic()
        return results


class _Run(threading.Thread):
    """One run of a check, and how it ended."""

    def __init__(self, app: Flask, name: str, check: Callable[[], object]) -> None:
        super().__init__(name=f"dovetail-readiness-{name}", daemon=True)
        self._app = app
        self._check = check
        self.began_at = monotonic()
        self.error: Exception | None = None

    def run(self) -> None:
        try:
            with self._app.app_context():
                self._check()
        except Exception as error:  # a check may raise any exception of its driver
            self.error = error


class _Probe:
    """One check, and the run of it that may still be under way."""

    def __init__(
        self, app: Flask, name: str, check: Callable[[], object], outages: Outages
    ) -> None:
        self.name = name
        self._app = app
        self._check = check
        self._outages = outages
        self._run: _Run | None = None

    def start(self) -> _Run:
        """Return the run that is under way, or start one.

        One thread at a time calls this.
        """
        if self._run is None or not self._run.is_alive():
            self._run = _Run(self._app, self.name, self._check)
            self._run.start()
        return self._run

    def passed(self, run: _Run, deadline: float) -> bool:
        run.join(max(0.0, deadline - monotonic()))
        if run.is_alive():
            late = TimeoutError("The check did not return in time.")
            self._outages.failed(self.name, late, during="readiness")
            return False
        if run.error is not None:
            self._outages.failed(self.name, run.error, during="readiness")
            return False
        self._outages.over(self.name, since=run.began_at)
        return True
