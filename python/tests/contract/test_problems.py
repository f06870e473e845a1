from __future__ import annotations

import logging
from typing import Any

import pytest
from flask import Blueprint, Flask, abort, redirect
from werkzeug.exceptions import HTTPException, TooManyRequests, Unauthorized, default_exceptions

import flask_dovetail.problems
from flask_dovetail.contract import Problem, operation
from flask_dovetail.core import wire
from flask_dovetail.core.errors import DeclarationError
from support.wire_vectors import load

VECTORS = load("problems")["vectors"]
OURS = {
    found.code: found
    for name in flask_dovetail.problems.__all__
    if (found := getattr(flask_dovetail.problems, name)) is not Problem
}


def problem_class(raised: dict[str, Any]) -> type[Problem]:
    own = raised.get("own")
    if own is None:
        return OURS[raised["code"]]
    return type("Own", (Problem,), {}, code=raised["code"], **own)


@pytest.mark.parametrize(
    "vector", [v for v in VECTORS if v["raised"]], ids=lambda vector: vector["name"]
)
def test_a_raised_problem_travels_as_in_the_vectors_that_both_halves_read(
    app: Flask, vector: dict[str, Any]
) -> None:
    raised = vector["raised"]

    @app.get("/it")
    def view() -> str:
        raise problem_class(raised)(
            raised.get("detail"),
            retry_after=raised.get("retry_after"),
            **raised.get("members", {}),
        )

    answer = app.test_client().get("/it")

    assert answer.status_code == vector["answer"]["status"]
    assert answer.json == vector["answer"]["body"]
    for name, value in vector["answer"]["headers"].items():
        assert answer.headers[name] == value


def test_every_class_has_a_code_of_the_wire() -> None:
    for code, kind in OURS.items():
        assert wire.load("errors")["codes"][code]["status"] == kind.status


@pytest.mark.parametrize("status", [s for s in default_exceptions if s >= 400])
def test_every_werkzeug_status_is_a_problem_with_its_code(app: Flask, status: int) -> None:
    @app.get("/it")
    def view() -> str:
        abort(status)

    answer = app.test_client().get("/it")

    assert answer.status_code == answer.json["status"] == status
    assert answer.content_type == "application/problem+json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json["request_id"] == "req-1"
    assert "detail" not in answer.json
    known = wire.load("errors")["codes"].get(answer.json["code"])
    assert known["status"] == status if known else answer.json["code"] == f"HTTP_{status}"


def test_unknown_routes_and_methods_are_problems_and_allow_is_kept(app: Flask) -> None:
    @app.get("/it")
    def view() -> str:
        return "x"

    client = app.test_client()
    assert client.get("/nowhere").json["code"] == "NOT_FOUND"
    answer = client.delete("/it")
    assert answer.json["code"] == "METHOD_NOT_ALLOWED"
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}
    assert client.head("/nowhere").data == b""


def test_headers_of_an_http_exception_are_kept(app: Flask) -> None:
    @app.get("/429")
    def limited() -> str:
        raise TooManyRequests(retry_after=9)

    @app.get("/401")
    def unknown() -> str:
        from werkzeug.datastructures import WWWAuthenticate

        raise Unauthorized(www_authenticate=WWWAuthenticate("bearer"))

    client = app.test_client()
    assert client.get("/429").headers["Retry-After"] == "9"
    assert client.get("/401").headers["WWW-Authenticate"] == "Bearer"


def test_redirects_and_ready_responses_pass_untouched(app: Flask) -> None:
    @app.get("/a/")
    def slash() -> str:
        return "x"

    @app.get("/b")
    def ready() -> str:
        abort(redirect("/elsewhere"))

    @app.get("/c")
    def teapot() -> str:
        raise Unauthorized(response=app.response_class("own", 401))

    client = app.test_client()
    assert client.get("/a").status_code == 308
    assert client.get("/b").location == "/elsewhere"
    assert client.get("/c").data == b"own"


def test_description_is_shown_for_refusals_but_not_for_faults(app: Flask) -> None:
    @app.get("/<int:status>")
    def view(status: int) -> str:
        abort(status, "table users has no column secret")

    client = app.test_client()
    assert client.get("/404").json["detail"] == "table users has no column secret"
    for status in (500, 502, 503):
        assert "secret" not in client.get(f"/{status}").text


def test_an_unexpected_error_says_nothing_of_itself_and_is_logged_once(
    app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    @app.get("/it")
    def view() -> str:
        raise RuntimeError("password is hunter2")

    answer = app.test_client().get("/it")

    assert answer.status_code == 500
    assert answer.json == {
        "type": "urn:dovetail:problem:internal-error",
        "title": "Something went wrong on the server",
        "status": 500,
        "code": "INTERNAL_ERROR",
        "request_id": "req-1",
    }
    faults = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert len(faults) == 1
    assert faults[0].exc_info is not None


def test_an_unexpected_error_propagates_in_testing(strict: Flask) -> None:
    @strict.get("/it")
    def view() -> str:
        raise RuntimeError("seen by the test")

    with pytest.raises(RuntimeError, match="seen by the test"):
        strict.test_client().get("/it")


@pytest.mark.parametrize("testing", [False, True])
def test_a_store_out_of_reach_is_a_503_that_says_when_to_come_back(
    make_app: Any, store_down: type[Exception], testing: bool, caplog: pytest.LogCaptureFixture
) -> None:
    app = make_app(TESTING=testing)

    @app.get("/it")
    @operation()
    def view() -> None:
        raise store_down("connection to 10.0.0.7 refused")

    answer = app.test_client().get("/it")

    assert (answer.status_code, answer.json["code"]) == (503, "SERVICE_UNAVAILABLE")
    assert answer.headers["Retry-After"] == "5"
    assert "10.0.0.7" not in answer.text
    assert answer.json["request_id"] == "req-1"
    assert "10.0.0.7" in caplog.text
    assert app.test_client().get("/it").status_code == 503
    assert len(caplog.records) == 1


def test_more_specific_handlers_of_the_application_win(app: Flask) -> None:
    class Own(Exception):  # noqa: N818
        pass

    class Mine(Problem, code="MINE", status=409, title="Mine"):
        """Handled by the application."""

    @app.errorhandler(404)
    def not_found(exc: HTTPException) -> tuple[str, int]:
        return "own page", 404

    @app.errorhandler(Mine)
    def mine(exc: Mine) -> tuple[str, int]:
        return "own problem", 409

    old = Blueprint("old", __name__, url_prefix="/old")

    @old.errorhandler(HTTPException)
    def html(exc: HTTPException) -> tuple[str, int]:
        return "old page", exc.code or 500

    @old.errorhandler(Own)
    def own(exc: Own) -> tuple[str, int]:
        return "own error", 400

    @old.get("/<which>")
    def view(which: str) -> str:
        if which == "mine":
            raise Mine
        if which == "own":
            raise Own
        abort(403)

    app.register_blueprint(old)
    client = app.test_client()

    assert client.get("/nowhere").text == "own page"
    assert client.get("/old/mine").text == "own problem"
    assert client.get("/old/own").text == "own error"
    assert client.get("/old/x").text == "old page"


def test_members_may_be_anything_that_json_can_say(app: Flask) -> None:
    from datetime import UTC, datetime

    class Busy(Problem, code="BUSY", status=409, title="Busy"):
        """Somebody else has it."""

    @app.get("/it")
    def view() -> str:
        raise Busy(until=datetime(2026, 1, 1, tzinfo=UTC), by=["kim"])

    assert app.test_client().get("/it").json["until"] == "2026-01-01T00:00:00Z"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"code": "too-many"}, "capitals"),
        ({"code": "NOT_FOUND", "status": 410}, "one of Dovetail's codes"),
        ({"code": "MINE"}, "needs `status` and `title`"),
        ({"code": "MINE", "status": 200, "title": "x"}, "not an error"),
    ],
)
def test_a_problem_that_cannot_work_is_refused_at_import(
    arguments: dict[str, Any], words: str
) -> None:
    with pytest.raises(DeclarationError, match=words):
        type("Mine", (Problem,), {}, **arguments)
