"""`GET /healthz`: the process answers. `GET /readyz`: so do the stores that it needs.

Checks run at once, each in a thread of its own with a time limit, because a store that hangs must
not hang the probe. A check that has not returned yet is waited for, never started a second time.
"""

from __future__ import annotations

import threading
from time import monotonic
from typing import TYPE_CHECKING

from flask import Response, current_app, json

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from flask import Flask

LIMIT_SECONDS = 2.0


def init_app(
    app: Flask,
    checks: Mapping[str, Callable[[], object]],
    *,
    limit_seconds: float = LIMIT_SECONDS,
) -> None:
    """Add both routes.

    Args:
        checks: by name; each raises, or takes too long, when its store cannot be used. It runs in
            an app context.
        limit_seconds: how long readiness waits for all of them together.
    """
    probes = {name: _Probe(app, name, check) for name, check in checks.items()}

    def healthz() -> Response:
        return _answer(200, {"status": "ok"})

    def readyz() -> Response:
        deadline = monotonic() + limit_seconds
        runs = {probe: probe.start() for probe in probes.values()}
        passed = {probe.name: probe.passed(run, deadline) for probe, run in runs.items()}
        ready = all(passed.values())
        states = {name: _word(good) for name, good in passed.items()}
        return _answer(200 if ready else 503, {"status": _word(ready), "checks": states})

    app.add_url_rule("/healthz", "dovetail_healthz", healthz)
    app.add_url_rule("/readyz", "dovetail_readyz", readyz)


def _answer(status: int, body: dict[str, object]) -> Response:
    answer = Response(json.dumps(body), status=status, content_type="application/json")
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _word(good: bool) -> str:
    return "ok" if good else "failed"


class _Run(threading.Thread):
    """One run of a check, and how it ended."""

    def __init__(self, app: Flask, name: str, check: Callable[[], object]) -> None:
        super().__init__(name=f"dovetail-readiness-{name}", daemon=True)
        self._app = app
        self._check = check
        self.error: Exception | None = None

    def run(self) -> None:
        try:
            with self._app.app_context():
                self._check()
        except Exception as error:  # a check may raise whatever its driver raises
            self.error = error


class _Probe:
    """One check: the run that may still be under way, and whether it was red last time."""

    def __init__(self, app: Flask, name: str, check: Callable[[], object]) -> None:
        self.name = name
        self._app = app
        self._check = check
        self._lock = threading.Lock()
        self._run: _Run | None = None
        self._red = False

    def start(self) -> _Run:
        with self._lock:
            if self._run is None or not self._run.is_alive():
                self._run = _Run(self._app, self.name, self._check)
                self._run.start()
            return self._run

    def passed(self, run: _Run, deadline: float) -> bool:
        run.join(max(0.0, deadline - monotonic()))
        passed = not run.is_alive() and run.error is None
        if passed is self._red:  # it turned: said once, not at every probe
            self._red = not passed
            self._tell(run)
        return passed

    def _tell(self, run: _Run) -> None:
        if not self._red:
            current_app.logger.info("readiness check %r passes again", self.name)
        elif run.error is None:
            current_app.logger.warning("readiness check %r did not return in time", self.name)
        else:
            current_app.logger.warning("readiness check %r failed", self.name, exc_info=run.error)
