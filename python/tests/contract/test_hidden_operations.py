"""Operations that a decorator or a class hides from the hooks of a request."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, request
from flask.views import MethodView, View

from flask_dovetail import Dovetail, Identity, Problem, operation, signed_in
from support.whole_app import make_whole_app

PASSWORD = "correct horse battery staple"


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    dovetail = Dovetail(authenticate=lambda _: Identity("ada"), load_identity=Identity)
    return make_whole_app(tmp_path, dovetail)


def with_user(view: Callable[..., Any]) -> Callable[..., Any]:
    """Give the person of a signed request; nobody's are served, too."""

    @wraps(view)
    def given(*args: Any, **values: Any) -> Any:
        if request.headers.get("X-Signed") == "good":
            values["user_id"] = 7
        return view(*args, **values)

    return given


def test_argument_that_a_decorator_may_give_never_comes_from_the_client(app: Flask) -> None:
    @app.get("/me")
    @with_user
    @operation
    def me(user_id: int | None = None) -> str:
        return f"user {user_id}"

    class Mine(MethodView):
        decorators = (with_user,)

        @operation
        def get(self, user_id: int | None = None) -> str:
            return f"user {user_id}"

    app.add_url_rule("/mine", view_func=Mine.as_view("mine"))
    client = app.test_client()
    for path in ("/me", "/mine"):
        assert client.get(f"{path}?user_id=1").json == "user None"
        assert client.get(f"{path}?user_id=1", headers={"X-Signed": "good"}).json == "user 7"
    paths = client.get("/openapi.json").json["paths"]
    assert "parameters" not in paths["/me"]["get"]
    assert "parameters" not in paths["/mine"]["get"]


def test_argument_below_our_own_guard_is_a_query_parameter(app: Flask) -> None:
    @app.get("/search")
    @signed_in
    @operation
    def search(limit: int = 20) -> int:
        return limit

    client = sign_in(app)
    assert client.get("/search?limit=5").json == 5


def test_method_view_reads_its_arguments_for_head_as_for_get(app: Flask) -> None:
    class Pages(MethodView):
        @operation
        def get(self, page: int) -> str:
            return "x" * page

    app.add_url_rule("/pages", view_func=Pages.as_view("pages"))
    client = app.test_client()
    assert client.get("/pages?page=3").json == "xxx"
    head = client.head("/pages?page=3")
    assert (head.status_code, head.headers["Content-Length"]) == (200, "5")
    assert client.head("/pages?page=x").status_code == 422


def sign_in(app: Flask) -> Any:
    client = app.test_client()
    headers = {"X-CSRF-Token": client.get("/api/csrf-token").json["csrf"]}
    login = {"email": "ada@example.test", "password": PASSWORD}
    assert client.post("/auth/login", json=login, headers=headers).status_code == 200
    return client


def hide(view: Callable[..., Any]) -> Callable[..., Any]:
    def hidden(*args: Any, **values: Any) -> Any:
        return view(*args, **values)

    return hidden


class Dispatched(View):
    methods = ("POST",)

    @operation
    def dispatch_request(self) -> str:
        return "done"


class Base(MethodView):
    @operation
    def post(self) -> str:
        return "done"


class Delegating(Base):
    def post(self) -> Any:
        return super().post()


@operation
def plain() -> str:
    return "done"


@pytest.mark.parametrize(
    "view", [Dispatched.as_view("it"), Delegating.as_view("it"), hide(plain), lambda: plain()]
)
def test_every_operation_asks_for_the_csrf_token(app: Flask, view: Any) -> None:
    app.add_url_rule("/it", endpoint="it", view_func=view, methods=["POST"])
    client = sign_in(app)
    refused = client.post("/it")
    assert (refused.status_code, refused.json["code"]) == (403, "CSRF_FAILED")
    headers = {"X-CSRF-Token": client.get("/api/csrf-token").json["csrf"]}
    assert client.post("/it", headers=headers).json == "done"


class Full(Problem, code="FULL", status=409, title="Full"):
    """There is no room."""


@pytest.mark.parametrize("members", [{"limit": math.inf}, {"name": "\ud800"}, {"status": 200}])
def test_problem_keeps_its_status_whatever_its_members_are(app: Flask, members: Any) -> None:
    @app.get("/full")
    def full() -> str:
        raise Full("no room", **members)

    answer = app.test_client().get("/full")
    assert answer.status_code == 409
    assert (answer.json["code"], answer.json["status"]) == ("FULL", 409)


def test_generator_for_a_list_is_written(app: Flask) -> None:
    app.testing = False

    @app.get("/numbers")
    @operation
    def numbers() -> list[int]:
        return map(int, "123")  # type: ignore[return-value]

    assert app.test_client().get("/numbers").json == [1, 2, 3]
