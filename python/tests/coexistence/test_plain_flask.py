"""An app without extensions: its pages, errors, hooks and handlers stay as they were."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Blueprint, Flask, abort, flash, make_response, redirect, request, session
from flask.views import MethodView
from werkzeug.exceptions import HTTPException

from flask_dovetail import DeclarationError, csrf_exempt, csrf_token, operation, signed_in
from support.existing_app import HTML, Apps, same, sign_in


def pages(app: Flask) -> None:
    @app.get("/")
    def home() -> str:
        session["visits"] = session.get("visits", 0) + 1
        return "<h1>home</h1>"

    @app.route("/form", methods=["GET", "POST"])
    def form() -> Any:
        if request.method == "POST":
            flash("saved")
            return redirect("/")
        answer = make_response("<form method=post>")
        answer.set_cookie("theme", "dark")
        answer.headers["X-Frame-Options"] = "DENY"
        return answer

    @app.get("/gone")
    def gone() -> str:
        abort(410, "It was here.")

    @app.get("/teapot")
    def teapot() -> str:
        abort(418)

    @app.get("/json")
    def as_json() -> dict[str, int]:
        return {"a": 1}


READS = ["/", "/form", "/json", "/gone", "/teapot", "/nowhere", "/static/none.css"]


def test_pages_and_error_pages_stay_as_they_were(apps: Apps) -> None:
    was, now = (app.test_client() for app in apps.build(pages))
    for path in READS:
        same(was.get(path, headers=HTML), now.get(path, headers=HTML))
    for method in ("POST", "DELETE"):
        for path in ("/", "/form", "/nowhere"):
            same(
                was.open(path, method=method, headers=HTML),
                now.open(path, method=method, headers=HTML),
            )


@pytest.mark.parametrize("accept", [None, "*/*", "application/json"])
def test_nothing_but_errors_depends_on_accept(apps: Apps, accept: str | None) -> None:
    headers = {} if accept is None else {"Accept": accept}
    was, now = (app.test_client() for app in apps.build(pages))
    for path in ("/", "/form", "/json"):
        same(was.get(path, headers=headers), now.get(path, headers=headers))
    refused = now.get("/gone", headers=headers)
    assert (refused.json["code"], refused.json["detail"]) == ("GONE", "It was here.")


def test_with_problems_for_own_views_only_every_error_stays(apps: Apps) -> None:
    built = apps.build(pages, DOVETAIL_CONTRACT_PROBLEMS="own", DOVETAIL_DELIVERY_HEADERS="own")
    was, now = (app.test_client() for app in built)
    for headers in ({}, HTML, {"Accept": "application/json"}):
        for path in READS:
            same(was.get(path, headers=headers), now.get(path, headers=headers))
    assert "X-Content-Type-Options" not in now.get("/").headers
    assert now.get("/api/me", headers=HTML).json["code"] == "UNAUTHENTICATED"
    assert "X-Content-Type-Options" in now.get("/api/me").headers


@pytest.mark.parametrize("kind", [HTTPException, Exception])
def test_handlers_of_everything_stay_the_apps(apps: Apps, kind: type[Exception]) -> None:
    def build(app: Flask) -> None:
        pages(app)

        @app.errorhandler(kind)
        def on_error(exc: Any) -> tuple[str, int]:
            return f"ours: {type(exc).__name__}", getattr(exc, "code", 500)

        @app.get("/broken")
        def broken() -> str:
            raise RuntimeError("secret")

        @app.get("/typed/<int:number>")
        @operation()
        def typed(number: int) -> dict[str, int]:
            abort(409)

    was, now = (app.test_client() for app in apps.build(build))
    for headers in ({}, HTML, {"Accept": "application/json"}):
        for path in READS:
            same(was.get(path, headers=headers), now.get(path, headers=headers))
        if kind is Exception:
            same(was.get("/broken", headers=headers), now.get("/broken", headers=headers))
        assert now.get("/typed/1", headers=headers).json["code"] == "CONFLICT"


def test_refusals_are_the_apps_page_for_whoever_wants_html(apps: Apps) -> None:
    def build(app: Flask) -> None:
        pages(app)

        @app.errorhandler(403)
        def forbidden(exc: HTTPException) -> tuple[str, int]:
            return f"<h1>No</h1>{exc.description}", 403

    _, now = apps.build(build)
    client = now.test_client()
    evil = {"Origin": "https://evil.example"}
    page = client.post("/form", headers={**HTML, **evil})
    assert (page.status_code, page.text[:11]) == (403, "<h1>No</h1>")
    assert client.post("/form", headers=evil).json["code"] == "ORIGIN_NOT_ALLOWED"
    assert (
        client.post("/auth/logout", headers={**HTML, **evil}).json["code"] == "ORIGIN_NOT_ALLOWED"
    )


def test_a_page_without_a_handler_keeps_the_headers_of_the_refusal(apps: Apps) -> None:
    from flask_dovetail import Problem

    class Wait(Problem, code="WAIT", status=429, title="Wait"):
        """Too often."""

    def build(app: Flask) -> None:
        @app.get("/often")
        def often() -> str:
            raise Wait("Five <a day>.", retry_after=7)

    _, now = apps.build(build)
    page = now.test_client().get("/often", headers=HTML)
    assert (page.status_code, page.headers["Retry-After"]) == (429, "7")
    assert "Five &lt;a day&gt;." in page.text
    assert page.mimetype == "text/html"


def test_a_login_hook_of_the_app_answers_no_preflight(apps: Apps) -> None:
    def build(app: Flask) -> None:
        @app.before_request
        def require_login() -> Any:
            return None if request.headers.get("X-Key") else ("log in", 401)

        pages(app)

    was, now = (
        app.test_client()
        for app in apps.build(build, DOVETAIL_FRONTEND_ORIGINS=["http://localhost:5173"])
    )
    same_but_vary = now.get("/", headers=HTML)
    assert (same_but_vary.status_code, same_but_vary.data) == (401, was.get("/").data)
    preflight = {"Origin": "http://localhost:5173", "Access-Control-Request-Method": "POST"}
    assert now.options("/form", headers=preflight).status_code == 204


# CSRF


def test_old_forms_need_no_token_after_a_login(apps: Apps) -> None:
    _, now = apps.build(pages)
    client = now.test_client()
    sign_in(client)
    assert client.post("/form").status_code == 302
    assert client.post("/form", headers={"Origin": "https://evil.example"}).status_code == 403
    assert client.post("/form", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403


def guarded(app: Flask) -> None:
    pages(app)

    @app.post("/guarded")
    @signed_in
    def save() -> str:
        return request.form.get("name", "saved")

    def hide(view: Any) -> Any:
        return lambda **values: view(**values)  # copies nothing, as functools.wraps would

    app.add_url_rule("/hidden", "hidden", hide(signed_in(lambda: "saved")), methods=["POST"])

    class Thing(MethodView):
        def get(self) -> str:
            return "old"

        @signed_in
        def post(self) -> str:
            return "saved"

        def put(self) -> str:
            return "old"

    app.add_url_rule("/thing", view_func=Thing.as_view("thing"))


def test_guarded_views_need_the_token_in_the_header_or_in_a_field(apps: Apps) -> None:
    _, now = apps.build(guarded)
    client = now.test_client()
    token = sign_in(client)
    for path in ("/guarded", "/hidden", "/thing"):
        assert client.post(path).json["code"] == "CSRF_FAILED"
        assert client.post(path, data={"dovetail_csrf": "x" * 43}).json["code"] == "CSRF_FAILED"
        assert client.post(path, headers={"X-CSRF-Token": token}).status_code == 200
        assert client.post(path, data={"dovetail_csrf": token}).status_code == 200
        in_query = client.post(path, query_string={"dovetail_csrf": token})
        assert in_query.json["code"] == "CSRF_FAILED"
    named = client.post("/guarded", data={"dovetail_csrf": token, "name": "ada"})
    assert named.text == "ada"
    multipart = client.post(
        "/guarded",
        data={"dovetail_csrf": token, "name": "ada"},
        content_type="multipart/form-data",
    )
    assert multipart.text == "ada"
    assert client.put("/thing").text == "old"


def test_the_token_for_a_form_is_that_of_the_login(apps: Apps) -> None:
    def build(app: Flask) -> None:
        guarded(app)

        @app.get("/token")
        def token() -> str:
            return csrf_token()

    _, now = apps.build(build)
    client = now.test_client()
    token = sign_in(client)
    answer = client.get("/token")
    assert answer.text == token
    assert answer.headers["Cache-Control"] == "no-store"


def exempted(app: Flask) -> None:
    def answer() -> str:
        return "done"

    hooks = Blueprint("hooks", __name__, url_prefix="/hooks")
    inner = Blueprint("inner", __name__, url_prefix="/inner")
    hooks.add_url_rule("/one", "one", answer, methods=["POST"])
    inner.add_url_rule("/two", "two", answer, methods=["POST"])
    hooks.register_blueprint(inner)
    csrf_exempt(hooks)
    app.register_blueprint(hooks)

    @csrf_exempt
    class Whole(MethodView):
        def post(self) -> str:
            return "done"

    class Part(MethodView):
        @csrf_exempt
        def post(self) -> str:
            return "done"

        def put(self) -> str:
            return "done"

    app.add_url_rule("/whole", view_func=Whole.as_view("whole"))
    app.add_url_rule("/part", view_func=Part.as_view("part"))
    app.add_url_rule("/view", "view", csrf_exempt(lambda: "done"), methods=["POST"])


def test_what_is_exempt_is_exempt(apps: Apps) -> None:
    _, now = apps.build(exempted, DOVETAIL_AUTH_CSRF_VIEWS="all")
    client = now.test_client()
    sign_in(client)
    evil = {"Origin": "https://evil.example"}
    for path in ("/hooks/one", "/hooks/inner/two", "/whole", "/part", "/view"):
        assert client.post(path, headers=evil).text == "done"
    assert client.put("/part", headers=evil).json["code"] == "ORIGIN_NOT_ALLOWED"
    assert client.put("/part").json["code"] == "CSRF_FAILED"


@pytest.mark.parametrize("given", ["hooks.one", None, Flask("x"), object(), dict])
def test_what_cannot_be_exempt_is_refused_at_once(given: Any) -> None:
    with pytest.raises(DeclarationError, match=r"(?s)key:  csrf_exempt.*cure: give it a view"):
        csrf_exempt(given)


def test_a_refused_origin_is_in_the_log_with_the_key(
    apps: Apps, caplog: pytest.LogCaptureFixture
) -> None:
    _, now = apps.build(pages)
    now.test_client().post("/form", headers={"Origin": "http://127.0.0.1:5000"})
    (record,) = [r for r in caplog.records if r.getMessage() == "origin refused"]
    assert record.__dict__["origin"] == "http://127.0.0.1:5000"
    assert "http://localhost:5000" in record.__dict__["allowed"]
    assert record.__dict__["key"] == "DOVETAIL_FRONTEND_ORIGINS"
