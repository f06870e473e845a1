"""What `init_app` costs the views of an app that exists: those without a decorator of Dovetail's.

One process, interleaved rounds, whole WSGI calls of one small view, median of rounds. The same app
without Dovetail is beside it, each with few routes and with many. Nobody writes a log line; every
answer has its request id. Exit 1 when a claim fails.

Claims: at most 12 µs more a call, and not more with 1,000 routes than with 10.

    python benchmarks/adoption.py [rounds]
"""

from __future__ import annotations

import gc
import statistics
import sys
import time
from typing import TYPE_CHECKING, Any

from flask import Flask
from werkzeug.test import EnvironBuilder

from flask_dovetail import Dovetail

if TYPE_CHECKING:
    from collections.abc import Callable

CALLS_PER_ROUND = 500
MOST_MICROSECONDS = 12.0
MOST_GROWTH = 1.5
"""In microseconds, which is what a busy machine does to a median."""
FEW, MANY = 10, 1000
ENVIRON = EnvironBuilder("/old/3", headers={"Accept": "text/html"}).get_environ()


def make(routes: int, *, adopted: bool) -> Flask:
    app = Flask("old")
    app.config.update(SECRET_KEY="benchmark" * 8, DOVETAIL_LOGS_FORMAT="off")

    def view() -> str:
        return "as it was"

    for number in range(routes):
        app.add_url_rule(f"/old/{number}", f"old_{number}", view)
    if adopted:
        Dovetail().init_app(app)
    return app


def call(app: Flask) -> tuple[bytes, list[tuple[str, str]]]:
    headers: list[tuple[str, str]] = []

    def start(_: str, sent: list[tuple[str, str]], _error: Any = None) -> Callable[[bytes], object]:
        headers.extend(sent)
        return lambda _: None

    answer = app(dict(ENVIRON), start)
    body = b"".join(answer)
    answer.close()  # type: ignore[attr-defined]
    return body, headers


def main(rounds: int) -> int:
    apps = {
        (routes, adopted): make(routes, adopted=adopted)
        for routes in (FEW, MANY)
        for adopted in (False, True)
    }
    for (_, adopted), app in apps.items():
        body, headers = call(app)
        assert body == b"as it was"
        assert adopted == ("X-Request-Id" in dict(headers))
    gc.collect()
    gc.freeze()  # what an app holds for ever would be looked at again and again
    took: dict[tuple[int, bool], list[float]] = {kind: [] for kind in apps}
    for _ in range(rounds):
        for kind, app in apps.items():
            began = time.perf_counter()
            for _ in range(CALLS_PER_ROUND):
                call(app)
            took[kind].append((time.perf_counter() - began) / CALLS_PER_ROUND * 1e6)
    cost = {}
    for routes in (FEW, MANY):
        before, after = took[routes, False], took[routes, True]
        # Per round against the same app of the same round: a busy machine slows both.
        cost[routes] = statistics.median(b - a for a, b in zip(before, after, strict=True))
        print(f"{routes:5} routes  {statistics.median(before):6.1f} µs  {cost[routes]:+5.1f} µs")
    failed = [
        f"{routes} routes: {more:.1f} µs more, not {MOST_MICROSECONDS:.0f} at most"
        for routes, more in cost.items()
        if more > MOST_MICROSECONDS
    ]
    if cost[MANY] > cost[FEW] + MOST_GROWTH:
        failed.append("it grows with the number of routes")
    for line in failed:
        print(f"FAILED: {line}")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 40))
