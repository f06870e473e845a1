"""What the parts that touch every request cost: the log line, CORS, proxies.

One process, interleaved rounds, whole WSGI calls of one small view, median of rounds. Each part is
alone on its app, beside a bare one. Exit 1 when a claim fails.

Claims, over the bare view: request id and JSON log line at most 30 %, CORS for an allowed origin at
most 10 %, proxies at most 10 %; so that a guarded read keeps its figure with all of them on.

    python benchmarks/hooks.py [rounds]
"""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from flask import Flask
from werkzeug.test import EnvironBuilder

from flask_dovetail import Topology, telemetry
from flask_dovetail.core import state
from flask_dovetail.server import cors, proxies

if TYPE_CHECKING:
    from collections.abc import Callable

CALLS_PER_ROUND = 300
MOST = {"log line": 0.30, "cors": 0.10, "proxies": 0.10}
ENVIRON = EnvironBuilder(
    "/api/posts",
    headers={
        "Origin": "https://app.example.com",
        "X-Forwarded-For": "198.51.100.7",
        "X-Forwarded-Proto": "https",
    },
    environ_overrides={"REMOTE_ADDR": "10.0.0.1"},
).get_environ()
TOPOLOGY = Topology.of(
    api_origin="https://api.example.com",
    frontend_origins=["https://app.example.com"],
    trusted_proxies=["10.0.0.0/8"],
)


def make(name: str, add: Callable[[Flask], None]) -> Flask:
    app = Flask(name)
    app.config["SECRET_KEY"] = "a secret of at least thirty-two bytes"
    app.extensions[state.KEY] = state.State()

    @app.get("/api/posts")
    def posts() -> dict[str, int]:
        return {"id": 1}

    add(app)
    return app


APPS = {
    "bare": make("bare", lambda _: None),
    "log line": make("log", lambda app: telemetry.init_app(app, subject=lambda: "42")),
    "cors": make("cors", lambda app: cors.init_app(app, TOPOLOGY)),
    "proxies": make("proxies", lambda app: proxies.init_app(app, TOPOLOGY)),
}


def microseconds(app: Flask) -> float:
    def start(*_: object) -> Callable[[bytes], object]:
        return lambda _: None

    began = time.perf_counter()
    for _ in range(CALLS_PER_ROUND):
        b"".join(app.wsgi_app(dict(ENVIRON), start))
    return (time.perf_counter() - began) / CALLS_PER_ROUND * 1e6


def main(rounds: int) -> int:
    took: dict[str, list[float]] = {name: [] for name in APPS}
    stderr = sys.stderr
    with Path("/dev/null").open("w") as sys.stderr:
        for turn in range(rounds + 1):
            for name, app in APPS.items():
                measured = microseconds(app)
                if turn:  # the first round warms up
                    took[name].append(measured)
    sys.stderr = stderr
    bare = statistics.median(took["bare"])
    print(f"{'bare':10} {bare:7.1f} µs")
    failed = False
    for name, most in MOST.items():
        # Per round against the bare view of the same round: a busy machine slows both.
        ratio = statistics.median(b / a for a, b in zip(took["bare"], took[name], strict=True)) - 1
        failed = failed or ratio > most
        print(f"{name:10} {bare * ratio:+7.1f} µs  {ratio:+.1%}  (at most +{most:.0%})")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 40))
