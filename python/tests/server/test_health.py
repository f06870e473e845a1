"""Liveness always answers; readiness says which store fails, never why, and never hangs."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask, current_app
from flask.testing import FlaskClient
from sqlalchemy import create_engine
from sqlalchemy.pool import QueuePool

from flask_dovetail.core.outages import Outages, OutageSettings
from flask_dovetail.server import health
from flask_dovetail.storage import database


def app_with(
    checks: dict[str, Callable[[], object]],
    limit_seconds: float = 5.0,
    fresh_seconds: float = 0.0,
) -> Flask:
    app = Flask("health")
    told = Outages(app, OutageSettings(), lambda _: None)
    health.init_app(app, checks, told, limit_seconds=limit_seconds, fresh_seconds=fresh_seconds)
    return app


def failing() -> None:
    raise ConnectionError("could not reach db.internal as app:hunter2")


def test_liveness_does_not_ask_the_stores() -> None:
    answer = app_with({"database": failing}).test_client().get("/healthz")
    assert (answer.status_code, answer.get_json()) == (200, {"status": "ok"})
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.content_type == "application/json"


@pytest.mark.parametrize("checks", [{}, {"database": lambda: None, "valkey": lambda: False}])
def test_readiness_is_green_when_no_check_raises(checks: dict[str, Callable[[], object]]) -> None:
    answer = app_with(checks).test_client().get("/readyz")
    assert answer.status_code == 200
    assert answer.get_json() == {"status": "ok", "checks": dict.fromkeys(checks, "ok")}
    assert answer.headers["Cache-Control"] == "no-store"


def test_readiness_names_what_fails_and_not_why() -> None:
    client = app_with({"database": failing, "valkey": lambda: None}).test_client()
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.get_json() == {
        "status": "failed",
        "checks": {"database": "failed", "valkey": "ok"},
    }
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_check_that_hangs_costs_the_limit_and_one_thread() -> None:
    released = threading.Event()
    started: list[int] = []

    def hanging() -> None:
        started.append(1)
        released.wait(10)

    checks = {"first": hanging, "second": hanging, "third": lambda: None}
    client = app_with(checks, limit_seconds=0.2).test_client()
    began = time.monotonic()
    answers = [client.get("/readyz").get_json() for _ in range(3)]
    try:
        assert time.monotonic() - began < 3
        assert answers[-1]["checks"] == {"first": "failed", "second": "failed", "third": "ok"}
        assert len(started) == 2
    finally:
        released.set()
    deadline = time.monotonic() + 5
    while client.get("/readyz").status_code != 200:
        assert time.monotonic() < deadline, "it did not heal"


def test_checks_run_at_once_in_an_app_context() -> None:
    met = threading.Barrier(2)

    def meeting() -> None:
        assert current_app.name == "health"
        met.wait(5)

    assert app_with({"a": meeting, "b": meeting}).test_client().get("/readyz").status_code == 200


def test_the_log_says_when_a_check_turns_and_only_then(caplog: pytest.LogCaptureFixture) -> None:
    red = True

    def check() -> None:
        if red:
            failing()

    caplog.set_level(logging.INFO, "flask_dovetail.outages")
    client = app_with({"database": check}).test_client()
    for _ in range(3):
        client.get("/readyz")
    red = False
    for _ in range(3):
        client.get("/readyz")
    assert [record.getMessage() for record in caplog.records] == [
        "store out of reach",
        "store answers again",
    ]
    assert caplog.records[0].exc_info is not None


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_only_reading_is_possible(path: str) -> None:
    client = app_with({}).test_client()
    assert client.head(path).status_code == 200
    assert client.post(path).status_code == 405


def test_result_is_reused_for_a_second() -> None:
    """Anybody may ask, as often as they like: the stores are not asked each time."""
    asked: list[int] = []
    client = app_with({"database": lambda: asked.append(1)}, fresh_seconds=60).test_client()
    for _ in range(50):
        assert client.get("/readyz").status_code == 200
    assert len(asked) == 1


def test_one_request_waits_for_a_store_that_hangs_and_the_others_do_not() -> None:
    """Or strangers could hold every thread of the server by asking."""
    released = threading.Event()
    hangs = False

    def check() -> None:
        if hangs:
            released.wait(20)

    app = app_with({"database": check}, limit_seconds=10)
    assert app.test_client().get("/readyz").status_code == 200
    hangs = True
    waiting = threading.Thread(target=lambda: app.test_client().get("/readyz"))
    waiting.start()
    try:
        began = time.monotonic()
        answers = [app.test_client().get("/readyz").status_code for _ in range(20)]
        assert time.monotonic() - began < 5
        assert answers == [200] * 20  # as it was found before
    finally:
        released.set()
        waiting.join()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_readiness_is_red_while_a_pool_is_exhausted(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """The library's own, and the one that the app's views take connections from."""
    if kind == "sqlite":
        url = f"sqlite:///{tmp_path}/app.sqlite3"
    else:
        url = request.getfixturevalue("postgres_url")
    ours = create_engine(url, poolclass=QueuePool, pool_size=1, max_overflow=0, pool_timeout=10)
    theirs = create_engine(url, poolclass=QueuePool, pool_size=1, max_overflow=0, pool_timeout=10)
    database.upgrade(ours)
    checks = database.checks(lambda: ours, lambda: theirs)
    client = app_with(checks, limit_seconds=0.5).test_client()
    for engine in (ours, theirs):
        assert until(client, 200)
        with engine.connect():
            assert client.get("/readyz").status_code == 503
            assert client.get("/healthz").status_code == 200
    assert until(client, 200)
    for engine in (ours, theirs):
        assert engine.pool.checkedout() == 0  # type: ignore[attr-defined]
        engine.dispose()


def until(client: FlaskClient, status: int) -> bool:
    deadline = time.monotonic() + 20
    while client.get("/readyz").status_code != status:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return True


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_probes_are_answered_before_the_hooks_of_the_application(path: str) -> None:
    """A hook that holds the pool's only connection would be waited for by the check."""
    app = Flask("health")
    app.before_request(lambda: ("hooked", 401))
    told = Outages(app, OutageSettings(), lambda _: None)
    health.init_app(app, {}, told)
    app.add_url_rule("/other", view_func=lambda: "seen", endpoint="other")
    client = app.test_client()
    assert client.get(path).status_code == 200
    assert client.get("/other").status_code == 401
