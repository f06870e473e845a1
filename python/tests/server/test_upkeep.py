"""What fails after the answer has been made does not take the answer back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask, stream_with_context
from flask_sqlalchemy_lite import SQLAlchemy
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from flask_dovetail import Dovetail
from flask_dovetail.database import upgrade

SECRET_KEY = "a key that is long enough to be one"


def an_outage() -> OperationalError:
    return OperationalError("ROLLBACK", None, psycopg.errors.AdminShutdown())


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    """In production: neither testing nor debug."""
    app = Flask("upkeep", instance_path=str(tmp_path))
    app.config.update(SECRET_KEY=SECRET_KEY, DOVETAIL_CONTRACT_CHECK_RESPONSES=False)
    Dovetail().init_app(app)
    app.add_url_rule("/made", "made", lambda: ("made", 201), methods=["POST"])
    return app


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What Dovetail has said, but for the lines of requests."""
    said = [each for each in caplog.records if each.name.startswith("flask_dovetail")]
    return [each.getMessage() for each in said if each.getMessage() != "request"]


@pytest.mark.parametrize("kind", ["teardown_request", "teardown_appcontext"])
def test_an_outage_in_teardown_leaves_the_answer(
    app: Flask, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    ran: list[str] = []

    @app.teardown_request
    def first_of_request(_: object) -> None:
        ran.append("request")

    @app.teardown_appcontext
    def first_of_app(_: object) -> None:
        ran.append("app")

    @getattr(app, kind)
    def fail(_: object) -> None:
        raise an_outage()

    answer = app.test_client().post("/made")
    assert (answer.status_code, answer.text) == (201, "made")
    assert ran == ["request", "app"]  # the one that failed ran before one of them
    assert lines(caplog) == ["store out of reach"]
    assert vars(caplog.records[-1])["during"] == "teardown"


def test_a_fault_in_teardown_is_loud_in_tests_and_in_debug(app: Flask) -> None:
    @app.teardown_appcontext
    def fail(_: object) -> None:
        raise ZeroDivisionError

    app.testing = True
    with pytest.raises(ZeroDivisionError):
        app.test_client().post("/made")
    app.testing, app.debug = False, True
    with pytest.raises(ZeroDivisionError):
        app.test_client().post("/made")


def test_in_production_it_is_in_the_log_and_the_answer_arrives(
    app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    @app.teardown_appcontext
    def fail(_: object) -> None:
        raise ZeroDivisionError

    assert app.test_client().post("/made").status_code == 201
    assert lines(caplog) == ["teardown failed"]
    (record,) = [each for each in caplog.records if each.getMessage() == "teardown failed"]
    assert record.exc_info is not None


def test_an_asynchronous_teardown_function_is_awaited(app: Flask) -> None:
    pytest.importorskip("asgiref")
    ran: list[str] = []

    @app.teardown_appcontext
    async def close(_: object) -> None:
        ran.append("closed")

    assert app.test_client().post("/made").status_code == 201
    assert ran == ["closed"]


def test_a_streamed_answer_comes_to_its_end(app: Flask) -> None:
    @app.teardown_appcontext
    def fail(_: object) -> None:
        raise an_outage()

    @app.get("/stream")
    def stream() -> Any:
        def parts() -> Iterator[str]:
            yield "a"
            yield "b"

        return stream_with_context(parts())

    answer = app.test_client().get("/stream")
    assert (answer.status_code, answer.text) == (200, "ab")


def test_a_before_request_that_meets_an_outage_is_a_503_although_teardown_fails_too(
    app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    @app.before_request
    def look() -> None:
        raise an_outage()

    @app.teardown_appcontext
    def fail(_: object) -> None:
        raise an_outage()

    answer = app.test_client().post("/made")
    assert (answer.status_code, answer.json["code"]) == (503, "SERVICE_UNAVAILABLE")
    assert lines(caplog) == ["store out of reach"]


def test_a_database_that_dies_after_the_commit_takes_no_answer_back(
    tmp_path: Path, postgres: Any, postgres_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The row is there, so the client has to hear 201: it would write it again."""
    app = Flask("shop", instance_path=str(tmp_path))
    app.config.update(SECRET_KEY=SECRET_KEY, SQLALCHEMY_ENGINES={"default": {"url": postgres_url}})
    db = SQLAlchemy(app)
    with app.app_context():
        upgrade(db.engine)
        db.session.execute(text("CREATE TABLE posts (id INTEGER PRIMARY KEY)"))
        db.session.commit()
    Dovetail(engine=lambda: db.engine).init_app(app)

    @app.post("/posts")
    def write() -> tuple[str, int]:
        db.session.execute(text("INSERT INTO posts VALUES (1)"))
        db.session.commit()
        db.session.execute(text("SELECT 1"))  # as a view does that shows what it has written
        postgres.stop()
        return "written", 201

    try:
        answer = app.test_client().post("/posts")
    finally:
        if postgres._process is None:
            postgres.start()
    assert (answer.status_code, answer.text) == (201, "written")
    assert lines(caplog) == ["store out of reach"]
    with app.app_context():
        db.engine.dispose()
        assert db.session.scalar(text("SELECT count(*) FROM posts")) == 1
        db.session.rollback()
        db.engine.dispose()
