"""An error handler of the app for a status: where it answers, and where Dovetail does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flask import Blueprint, Flask, abort, redirect
from flask.testing import FlaskClient
from werkzeug.exceptions import Conflict, HTTPException, Unauthorized

from flask_dovetail import Dovetail, Identity, operation, signed_in
from flask_dovetail.problems import NotFound
from flask_dovetail.testing import TEST_SETTINGS, DovetailClient

HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
JSON = {"Accept": "application/json"}
STATUSES = (401, 404, 405, 409, 422, 500)
CODES = {
    "/abort": "NOT_FOUND",
    "/problem": "NOT_FOUND",
    "/boom": "INTERNAL_ERROR",
    "/number?size=x": "VALIDATION_FAILED",
    "/auth/sessions/zzz": "METHOD_NOT_ALLOWED",
    "/api/me": "UNAUTHENTICATED",
}


class OutOfStock(Conflict):
    """An exception class of the app."""


def views(app: Flask) -> None:
    @app.get("/abort")
    @operation()
    def aborts() -> None:
        abort(404)

    @app.get("/problem")
    @operation(problems=[NotFound])
    def raises() -> None:
        raise NotFound

    @app.get("/boom")
    @operation()
    def fails() -> None:
        raise RuntimeError("secret")

    @app.get("/number")
    @operation()
    def number(size: int) -> None:
        return None

    @app.get("/stock")
    @operation()
    def stock() -> None:
        raise OutOfStock

    @app.post("/post")
    @operation()
    def post() -> None:
        return None

    @app.get("/settings")
    @signed_in
    def settings() -> str:
        abort(404)


def page(exc: Any) -> tuple[str, int]:
    return "<h1>ours</h1>", exc.code


def build(path: Path, order: str, testing: bool, kinds: Any, handler: Any = page) -> Flask:
    app = Flask("example", instance_path=str(path))
    app.config.from_mapping(TEST_SETTINGS, PROPAGATE_EXCEPTIONS=False)
    app.config.update(TESTING=testing, SECRET_KEY="a secret of at least thirty-two bytes")
    app.logger.disabled = True

    def register() -> None:
        for kind in kinds:
            app.register_error_handler(kind, handler)

    if order == "before":
        register()
    people = {"1": Identity("1")}
    Dovetail(authenticate=lambda _: None, load_identity=people.get).init_app(app)
    if order == "after":
        register()
    views(app)
    return app


@pytest.fixture(params=["before", "after"])
def order(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=[False, True], ids=["production", "testing"])
def testing(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.mark.parametrize("headers", [{}, JSON, HTML], ids=["none", "json", "html"])
def test_own_views_answer_with_problems(
    tmp_path: Path, order: str, testing: bool, headers: dict[str, str]
) -> None:
    """`abort(404)` and `raise NotFound` are the same, whatever handlers the app has."""
    app = build(tmp_path, order, testing, STATUSES)
    client = app.test_client()
    answers = {path: client.get(path, headers=headers) for path in CODES}
    assert {path: (answers[path].json or {}).get("code") for path in CODES} == CODES
    assert client.get("/post", headers=headers).json["code"] == "METHOD_NOT_ALLOWED"
    assert client.get("/nowhere", headers=headers).text == "<h1>ours</h1>"


def test_handlers_of_a_class_and_of_a_blueprint_win(
    tmp_path: Path, order: str, testing: bool
) -> None:
    app = build(tmp_path, order, testing, [409, OutOfStock])
    part = Blueprint("part", __name__, url_prefix="/part")
    part.register_error_handler(404, lambda _: ("of the part", 404))

    @part.get("/abort")
    @operation()
    def aborts() -> None:
        abort(404)

    app.register_error_handler(NotFound, lambda _: ("of the class", 404))
    app.register_blueprint(part)
    client = app.test_client()
    assert client.get("/stock", headers=JSON).text == "<h1>ours</h1>"
    assert client.get("/problem", headers=JSON).text == "of the class"
    assert client.get("/part/abort", headers=JSON).text == "of the part"


@pytest.mark.parametrize("kind", [401, Unauthorized, HTTPException], ids=str)
def test_guarded_page_sends_a_stranger_to_the_login_page(
    tmp_path: Path, order: str, testing: bool, kind: Any
) -> None:
    """It has no contract: a browser gets the app's page for the refusal, a script the problem."""
    app = build(tmp_path, order, testing, [kind], lambda _: redirect("/login"))
    client = app.test_client()
    answer = client.get("/settings", headers=HTML)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/login")
    assert answer.headers["Cache-Control"] == "no-store"
    for headers in ({}, JSON):
        assert client.get("/settings", headers=headers).json["code"] == "UNAUTHENTICATED"
    assert client.get("/api/me", headers=HTML).json["code"] == "UNAUTHENTICATED"


def test_guarded_page_has_the_apps_page_for_its_own_errors(tmp_path: Path, order: str) -> None:
    app = build(tmp_path, order, True, [404])
    client = DovetailClient(app)
    client.sign_in("1")
    assert client.get("/settings", headers=HTML).text == "<h1>ours</h1>"
    assert client.get("/settings", headers=JSON).json["code"] == "NOT_FOUND"


def test_setting_for_problems_everywhere_holds_for_pages(tmp_path: Path) -> None:
    app = Flask("example", instance_path=str(tmp_path))
    app.config.from_mapping(TEST_SETTINGS, DOVETAIL_CONTRACT_PROBLEMS="all")
    Dovetail(authenticate=lambda _: None, load_identity=Identity).init_app(app)
    views(app)
    client: FlaskClient = app.test_client()
    assert client.get("/settings", headers=HTML).json["code"] == "UNAUTHENTICATED"
