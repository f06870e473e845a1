"""Problems that the application's own error handlers and hooks raise."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import pytest
from flask import Blueprint, Flask, request

from flask_dovetail import Dovetail, Problem, operation

with warnings.catch_warnings():  # of jsonschema, at its import
    warnings.simplefilter("ignore", DeprecationWarning)
    import flask_restx

HTML = {"Accept": "text/html,*/*;q=0.8"}


class Taken(Problem, code="TAKEN", status=409, title="Taken"):
    """What the handlers make of everything."""


class Again(Problem, code="AGAIN", status=410, title="Again"):
    """What the handler of 409 raises in turn."""


def raise_taken(_: Exception) -> Any:
    raise Taken("The name is taken.", retry_after=7)


@pytest.fixture(params=["before", "after"])
def order(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=[False, True], ids=["production", "testing"])
def app(request: pytest.FixtureRequest, order: str, tmp_path: Path) -> Flask:
    app = Flask("example", instance_path=str(tmp_path))
    app.config.update(SECRET_KEY="a secret of at least thirty-two bytes", TESTING=request.param)
    if order == "before":
        Dovetail().init_app(app)
    build(app)
    if order == "after":
        Dovetail().init_app(app)
    return app


def build(app: Flask) -> None:
    app.register_error_handler(ValueError, raise_taken)
    app.register_error_handler(404, raise_taken)
    part = Blueprint("part", __name__, url_prefix="/part")
    part.register_error_handler(KeyError, raise_taken)

    async def raise_later(exc: Exception) -> Any:
        raise_taken(exc)

    app.register_error_handler(LookupError, raise_later)

    def fail(kind: type[Exception]) -> Any:
        def view() -> str:
            raise kind

        return view

    app.add_url_rule("/plain", "plain", fail(ValueError))
    app.add_url_rule("/later", "later", fail(LookupError))
    app.add_url_rule("/own", "own", operation()(typed))
    part.add_url_rule("/view", "view", fail(KeyError))
    app.register_blueprint(part)
    app.add_url_rule("/hook", "hook", lambda: "done")
    app.add_url_rule("/broken", "broken", fail(RuntimeError))

    @app.after_request
    def refuse(response: Any) -> Any:
        if request.path in ("/hook", "/rest/thing"):
            raise Taken("The name is taken.", retry_after=7)
        return response

    api = flask_restx.Api(app, prefix="/rest", doc=False)

    @api.route("/thing")
    class Thing(flask_restx.Resource):  # type: ignore[misc]
        def get(self) -> Any:
            return "done"


def typed() -> None:
    """Fail with what the app has a handler for."""
    raise ValueError


@pytest.mark.parametrize("path", ["/plain", "/later", "/own", "/part/view", "/nowhere", "/hook"])
def test_a_problem_that_a_handler_raises_is_the_answer(app: Flask, path: str) -> None:
    """Once it was a 500 in production, and raised under testing."""
    client = app.test_client()
    for headers in ({}, {"Accept": "application/json"}):
        answer = client.get(path, headers=headers)
        assert (answer.status_code, answer.json["code"]) == (409, "TAKEN")
        assert answer.headers["Retry-After"] == "7"
    page = client.get(path, headers=HTML)
    assert page.status_code == 409
    assert page.mimetype == ("application/problem+json" if path == "/own" else "text/html")


def test_a_page_for_the_status_may_raise_another_problem(app: Flask) -> None:
    @app.errorhandler(409)
    def conflict(_: Exception) -> Any:
        raise Again

    answer = app.test_client().get("/plain", headers=HTML)
    assert (answer.status_code, answer.json["code"]) == (410, "AGAIN")


def test_a_handler_of_failures_may_raise_a_problem(app: Flask) -> None:
    app.register_error_handler(500, raise_taken)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    answer = app.test_client().get("/broken")
    assert (answer.status_code, answer.json["code"]) == (409, "TAKEN")


def test_flask_restx_makes_no_500_of_it(app: Flask) -> None:
    """It has error handling of its own for its resources, and does not know `Problem`."""
    answer = app.test_client().get("/rest/thing")
    assert (answer.status_code, answer.json["code"]) == (409, "TAKEN")


def test_what_else_a_handler_raises_stays_a_failure(app: Flask) -> None:
    @app.errorhandler(TypeError)
    def broken(_: Exception) -> Any:
        raise RuntimeError("a bug of the handler")

    @app.get("/typo")
    def typo() -> str:
        raise TypeError

    app.config["PROPAGATE_EXCEPTIONS"] = False
    assert app.test_client().get("/typo").status_code == 500
