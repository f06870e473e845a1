"""An outage is told once, with a count: not a traceback for each request that meets it."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError

from flask_dovetail import Dovetail
from flask_dovetail.core import state
from flask_dovetail.core.errors import ConfigurationError
from flask_dovetail.core.outages import Outages, OutageSettings
from flask_dovetail.storage import outage_errors
from support.whole_app import make_whole_app

SECRET_KEY = "a key that is long enough to be one"


class Away:
    """The outages of an app whose clock and thread are the test's."""

    def __init__(self, **given: int) -> None:
        self.now = 1000.0
        self.up = False
        app = Flask("outages")
        app.extensions[state.KEY] = state.State()
        self.outages = Outages(
            app,
            OutageSettings(**given),
            outage_errors.store_of,
            clock=lambda: self.now,
            start=lambda work: work(),
        )
        self.outages.watch("database", self.check)

    def check(self) -> None:
        if not self.up:
            raise an_outage()

    def fail(self) -> None:
        assert self.outages.report(an_outage())


def an_outage() -> OperationalError:
    return OperationalError("SELECT 1", None, psycopg.errors.AdminShutdown())


@pytest.fixture
def away(caplog: pytest.LogCaptureFixture) -> Away:
    caplog.set_level(logging.INFO, "flask_dovetail.outages")
    return Away()


def told(caplog: pytest.LogCaptureFixture) -> list[tuple[str, bool]]:
    """Each line, and whether it has a traceback."""
    return [(record.getMessage(), bool(record.exc_info)) for record in caplog.records]


def test_an_outage_is_told_once_with_one_traceback(
    away: Away, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(1000):
        away.fail()
    assert told(caplog) == [("store out of reach", True)]


@pytest.mark.limit("DOVETAIL_OUTAGES_LOG_SECONDS")
def test_one_that_goes_on_is_a_line_a_minute_with_a_count(
    away: Away, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(180):
        away.fail()
        away.now += 1
    assert told(caplog) == [
        ("store out of reach", True),
        ("store still out of reach", False),
        ("store still out of reach", False),
    ]
    assert [vars(record)["failures"] for record in caplog.records] == [1, 61, 121]


def test_its_end_is_told_with_its_length_and_how_much_failed(
    away: Away, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(3):
        away.fail()
    away.now += 10
    away.outages.tick()
    assert len(caplog.records) == 1
    away.up = True
    away.now += 2
    away.outages.tick()
    away.outages.tick()
    assert told(caplog)[1:] == [("store answers again", False)]
    said = vars(caplog.records[1])
    assert (said["store"], said["failures"], said["seconds"]) == ("database", 3, 12.0)


def test_a_store_that_comes_and_goes_is_told_in_lines_not_in_tracebacks(
    away: Away, caplog: pytest.LogCaptureFixture
) -> None:
    away.up = True
    for _ in range(10):
        away.fail()
        away.now += 2
        away.outages.tick()
    assert len(caplog.records) == 20
    assert sum(traced for _, traced in told(caplog)) == 1


def test_a_store_that_fails_on_is_not_asked(away: Away, caplog: pytest.LogCaptureFixture) -> None:
    """A check may pass although requests fail, as with a database that only cannot be written."""
    away.up = True
    for _ in range(20):
        away.fail()
        away.now += 0.5
        away.outages.tick()
    assert told(caplog) == [("store out of reach", True)]


def test_an_outage_without_a_check_is_over_when_it_has_been_quiet(
    away: Away, caplog: pytest.LogCaptureFixture
) -> None:
    away.outages.failed("files", OSError())
    away.now += 59
    away.outages.tick()
    assert len(caplog.records) == 1
    away.now += 2
    away.outages.tick()
    assert told(caplog)[1:] == [("store answers again", False)]


def test_two_stores_are_two_outages(away: Away, caplog: pytest.LogCaptureFixture) -> None:
    away.fail()
    away.outages.failed("valkey", ConnectionError())
    away.outages.over("valkey")
    assert [vars(record)["store"] for record in caplog.records] == ["database", "valkey", "valkey"]


def test_what_is_no_outage_is_not_told(away: Away, caplog: pytest.LogCaptureFixture) -> None:
    assert not away.outages.report(ValueError())
    assert caplog.records == []


def test_a_fault_in_the_background_is_traced_once_a_minute(
    away: Away, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(100):
        away.outages.caught(ValueError(), during="pushing notifications")
        away.now += 1
    assert told(caplog) == [("background work failed", True)] * 2


def test_a_setting_that_cannot_work_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="DOVETAIL_OUTAGES_LOG_SECONDS"):
        make_whole_app(tmp_path, DOVETAIL_OUTAGES_LOG_SECONDS=0)


def test_a_thousand_refused_requests_write_less_than_a_line_each(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Besides the line per request, which has its bound."""
    app = make_whole_app(tmp_path, DOVETAIL_LOGS_FORMAT="json")

    @app.get("/posts")
    def posts() -> str:
        raise an_outage()

    client = app.test_client()
    assert {client.get("/posts").status_code for _ in range(200)} == {503}
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    others = [line for line in lines if line["logger"] != "flask_dovetail.access"]
    assert [line["event"] for line in others] == ["store out of reach"]
    assert others[0]["during"] == "GET /posts"
    assert others[0]["request_id"]
    assert "Traceback" in others[0]["exception"]


def test_a_real_outage_begins_and_ends_in_the_log(
    tmp_path: Path, postgres: Any, postgres_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    from sqlalchemy import create_engine

    from flask_dovetail.database import upgrade

    engine = create_engine(postgres_url, pool_pre_ping=True)
    upgrade(engine)
    app = Flask("away", instance_path=str(tmp_path))
    app.config.update(SECRET_KEY=SECRET_KEY, DOVETAIL_LOGS_FORMAT="json")
    Dovetail(engine=lambda: engine).init_app(app)

    @app.get("/posts")
    def posts() -> str:
        with engine.connect() as connection:
            return str(connection.exec_driver_sql("SELECT 1").scalar())

    client = app.test_client()
    assert client.get("/posts").status_code == 200
    postgres.stop()
    try:
        assert {client.get("/posts").status_code for _ in range(10)} == {503}
        assert client.get("/readyz").status_code == 503
    finally:
        postgres.start()
    assert client.get("/posts").status_code == 200
    import time

    deadline = time.monotonic() + 20
    while client.get("/readyz").status_code != 200:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    engine.dispose()
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    events = [line["event"] for line in lines if line["logger"] == "flask_dovetail.outages"]
    assert events == ["store out of reach", "store answers again"]
