"""A login that a request has begun and whose answer is an error."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, abort, make_response, request
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError

from flask_dovetail import (
    Dovetail,
    Identity,
    Problem,
    begin_login,
    current_identity,
    end_logins,
    list_logins,
    operation,
)
from flask_dovetail.auth.authority import Auth
from flask_dovetail.core import state
from support.auth_site import SECRET_KEY

STRATEGIES: list[dict[str, Any]] = [
    {"DOVETAIL_AUTH_STRATEGY": "session"},
    {"DOVETAIL_AUTH_STRATEGY": "token"},
]
ADA = Identity("ada")


class Late(Problem, code="LATE", status=409, title="Late"):
    """What the view finds after it has begun a login."""


def refuse() -> Any:
    raise Late


def answer(status: int) -> Callable[[], Any]:
    def view() -> Any:
        return make_response("no", status)

    return view


REFUSALS: dict[str, Callable[[], Any]] = {
    "problem": refuse,
    "abort": lambda: abort(403),
    "400": answer(400),
    "500": answer(500),
    "failure": lambda: 1 / 0,
    "failing-hook": answer(200),
    "late-hook": answer(200),
}


@pytest.fixture(params=STRATEGIES, ids=["session", "token"])
def config(request: pytest.FixtureRequest) -> dict[str, Any]:
    config: dict[str, Any] = request.param
    return config


@pytest.fixture(params=["before", "after"])
def order(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=[False, True], ids=["production", "testing"])
def app(
    request: pytest.FixtureRequest,
    config: dict[str, Any],
    order: str,
    tmp_path: Path,
    migrated: Path,
) -> Flask:
    shutil.copy(migrated, tmp_path)
    app = Flask("example", instance_path=str(tmp_path))
    app.config.update(SECRET_KEY=SECRET_KEY, TESTING=request.param, **config)
    dovetail = Dovetail(authenticate=lambda _: ADA, load_identity=Identity)
    if order == "before":
        dovetail.init_app(app)
    build(app)
    if order == "after":
        dovetail.init_app(app)
    return app


def build(app: Flask) -> None:
    def begin_and(refusal: Callable[[], Any]) -> Callable[[], Any]:
        def view() -> Any:
            begin_login(ADA)
            return refusal()

        return view

    for name, refusal in REFUSALS.items():
        app.add_url_rule(f"/{name}", name, begin_and(refusal))
    app.add_url_rule("/own", "own", operation(problems=[Late])(own))
    app.add_url_rule("/good", "good", begin_and(answer(303)))

    @app.after_request
    def hook(response: Any) -> Any:
        if request.path == "/failing-hook":
            raise Late
        if request.path == "/late-hook":
            response.status_code = 403
        return response

    @app.get("/again/<int:status>")
    def again(status: int) -> Any:
        begin_login(ADA)
        begin_login(ADA)
        return make_response("twice", status)

    @app.get("/change-password")
    def change_password() -> Any:
        begin_login(ADA)
        end_logins("ada", keep_current=True)
        return "changed"


def own() -> None:
    """Refuse by a declared problem."""
    begin_login(ADA)
    raise Late


def whoever_is_signed_in(client: FlaskClient) -> str | None:
    login = client.get("/auth/session").json["login"]
    return None if login is None else str(login["subject"])


@pytest.mark.parametrize("path", [*REFUSALS, "own"])
def test_a_refused_request_signs_nobody_in(app: Flask, path: str) -> None:
    client = app.test_client()
    if path == "failure" and app.testing:
        with pytest.raises(ZeroDivisionError):
            client.get("/failure")
    else:
        refused = client.get(f"/{path}")
        assert refused.status_code >= 400
        assert refused.headers.getlist("Set-Cookie") == []
    assert whoever_is_signed_in(client) is None
    with app.app_context():
        assert list_logins("ada") == []


def counted(name: str, real: Any, calls: list[str]) -> Any:
    def call(*args: Any, **kwargs: Any) -> Any:
        calls.append(name)
        return real(*args, **kwargs)

    return call


def test_a_good_answer_signs_in_without_another_trip_to_the_store(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = app.test_client()
    with app.app_context():
        logins = state.get(Auth).logins
    calls: list[str] = []
    for name in ("create", "end", "find", "find_family", "exists", "end_all"):
        real = getattr(logins, name)
        monkeypatch.setattr(logins, name, counted(name, real, calls))
    assert client.get("/good").status_code == 303
    assert calls == ["create"]
    assert whoever_is_signed_in(client) == "ada"


@pytest.mark.parametrize(("status", "count"), [(200, 1), (403, 0)])
def test_of_two_logins_of_a_request_the_first_ends(app: Flask, status: int, count: int) -> None:
    client = app.test_client()
    client.get(f"/again/{status}")
    assert whoever_is_signed_in(client) == ("ada" if count else None)
    with app.app_context():
        assert len(list_logins("ada")) == count


def test_no_cookie_of_a_login_that_a_failure_has_ended_leaves(app: Flask) -> None:
    """A handler of the app's answers the failure, and says that all is well."""
    app.config["PROPAGATE_EXCEPTIONS"] = False
    app.register_error_handler(500, lambda _: ("as you were", 200))
    answer = app.test_client().get("/failure")
    assert (answer.status_code, answer.text) == (200, "as you were")
    assert answer.headers.getlist("Set-Cookie") == []


def test_the_login_is_there_while_its_view_runs(app: Flask) -> None:
    client = app.test_client()
    client.get("/good")
    assert client.get("/change-password").text == "changed"
    assert whoever_is_signed_in(client) == "ada"


def test_hooks_that_run_later_see_nobody(app: Flask) -> None:
    seen: list[Any] = []

    @app.teardown_request
    def look(_: Any) -> None:
        if request.path == "/400":
            seen.append(current_identity())

    app.test_client().get("/400")
    assert seen == [None]


def test_a_store_that_fails_then_lets_no_cookie_leave(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> bool:
        raise OperationalError("DELETE", {}, Exception("the store is away"))

    with app.app_context():
        monkeypatch.setattr(state.get(Auth).logins, "end", fail)
    refused = app.test_client().get("/problem")
    assert (refused.status_code, refused.json["code"]) == (409, "LATE")
    assert refused.headers.getlist("Set-Cookie") == []
