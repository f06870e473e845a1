"""Real extensions beside Dovetail: what they answer stays, and each side guards its own views."""

from __future__ import annotations

import logging
import re
import warnings
from typing import Any

import flask_admin
import flask_login
import flask_smorest
import marshmallow
import pytest
from flask import Flask, abort, request
from flask_babel import Babel
from flask_cors import CORS
from flask_login import LoginManager, UserMixin, login_required, login_user
from flask_wtf import CSRFProtect
from flask_wtf.csrf import generate_csrf

from flask_dovetail import operation, signed_in
from support.existing_app import HTML, Apps, has_guarded_resources, same, same_for_all, sign_in

with warnings.catch_warnings():  # of jsonschema, at its import
    warnings.simplefilter("ignore", DeprecationWarning)
    import flask_restx

pytestmark = pytest.mark.long


# Flask-RESTX


def restx(app: Flask) -> None:
    api = flask_restx.Api(app, prefix="/rest", doc="/rest/doc")

    @api.route("/things/<int:number>")
    class Thing(flask_restx.Resource):  # type: ignore[misc]
        def get(self, number: int) -> Any:
            if number == 0:
                abort(404, "No such thing")
            if number == 9:
                api.abort(409, "custom", hint="tea")
            return {"number": number}

        def post(self, number: int) -> Any:
            return {"number": number}, 201

    @api.route("/guarded")
    class Guarded(flask_restx.Resource):  # type: ignore[misc]
        @signed_in(scope="posts:write")
        def get(self) -> Any:
            return {"guarded": True}

        @signed_in
        def post(self) -> Any:
            return {"guarded": True}

    @api.route("/all-guarded")
    class AllGuarded(flask_restx.Resource):  # type: ignore[misc]
        method_decorators = [signed_in]  # noqa: RUF012

        def post(self) -> Any:
            return {"guarded": True}


def test_restx_keeps_its_answers_and_errors(apps: Apps) -> None:
    was, now = (app.test_client() for app in apps.build(restx))
    requests = [
        ("GET", "/rest/things/1"),
        ("POST", "/rest/things/1"),
        ("GET", "/rest/things/0"),
        ("GET", "/rest/things/9"),
        ("DELETE", "/rest/things/1"),
        ("GET", "/rest/swagger.json"),
    ]
    for headers in ({}, HTML, {"Accept": "application/json"}):
        same_for_all(was, now, requests, headers=headers)


def test_refusals_on_restx_have_their_status_and_code(apps: Apps) -> None:
    """Under testing and in production alike: once it was a 500 in production only."""
    _, now = apps.build(restx)
    client = now.test_client()
    has_guarded_resources(client)
    assert client.post("/rest/things/1").status_code == 201


# Flask-smorest


def smorest(app: Flask) -> None:
    app.config.update(API_TITLE="old", API_VERSION="1", OPENAPI_VERSION="3.0.3")
    api = flask_smorest.Api(app)
    things = flask_smorest.Blueprint("things", "things", url_prefix="/things")

    class Thing(marshmallow.Schema):
        name = marshmallow.fields.String(required=True)

    @things.route("/", methods=["POST"])
    @things.arguments(Thing)
    @things.response(201, Thing)
    def create(data: Any) -> Any:
        return data

    @things.route("/<int:number>")
    @things.response(200, Thing)
    def read(number: int) -> Any:
        flask_smorest.abort(409, message="taken", errors={"name": ["taken"]})

    api.register_blueprint(things)

    @app.post("/typed")
    @operation()
    def typed() -> None:
        abort(409)


def test_smorest_keeps_its_answers_and_field_errors(apps: Apps) -> None:
    was, now = (app.test_client() for app in apps.build(smorest))
    for headers in ({}, HTML, {"Accept": "application/json"}):
        same_for_all(
            was,
            now,
            [("GET", "/things/1"), ("DELETE", "/things/1"), ("GET", "/none")],
            headers=headers,
        )
        same_for_all(was, now, [("POST", "/things/")], json={"name": "a"}, headers=headers)
        (refused,) = same_for_all(was, now, [("POST", "/things/")], json={}, headers=headers)
        assert refused.json["errors"]["json"]["name"]
    assert now.post("/typed").json["code"] == "CONFLICT"
    assert now.get("/api/me").json["code"] == "UNAUTHENTICATED"


# Flask-Login


def login(app: Flask) -> None:
    manager = LoginManager(app)
    manager.login_view = "sign_in_page"

    @manager.user_loader
    def load(user_id: str) -> Any:
        user = UserMixin()
        user.id = user_id  # type: ignore[attr-defined]
        return user

    @app.route("/sign-in", methods=["GET", "POST"])
    def sign_in_page() -> Any:
        if request.method == "POST":
            user = UserMixin()
            user.id = "7"  # type: ignore[attr-defined]
            login_user(user)
        return "sign in"

    @app.route("/secret", methods=["GET", "POST"])
    @login_required
    def secret() -> str:
        return f"of {flask_login.current_user.id}"

    @app.post("/ours")
    @signed_in
    def ours() -> str:
        return "ours"


def test_flask_login_keeps_its_cookie_and_its_guard(apps: Apps) -> None:
    was, now = (app.test_client() for app in apps.build(login))
    requests = [
        ("GET", "/secret"),
        ("POST", "/secret"),
        ("GET", "/sign-in"),
    ]
    for headers in ({}, HTML):
        same_for_all(was, now, requests, headers=headers)
    assert now.post("/sign-in").status_code == was.post("/sign-in").status_code == 200
    token = sign_in(now)
    for method in ("GET", "POST"):
        assert was.open("/secret", method=method).text == "of 7"
        assert now.open("/secret", method=method).text == "of 7"
    assert now.post("/ours").json["code"] == "CSRF_FAILED"
    assert now.post("/ours", headers={"X-CSRF-Token": token}).text == "ours"
    assert now.post("/auth/logout", headers={"X-CSRF-Token": token}).status_code == 204
    assert now.get("/secret").text == "of 7"


# Flask-WTF


def wtf(app: Flask) -> None:
    CSRFProtect(app)

    @app.route("/form", methods=["GET", "POST"])
    def form() -> str:
        return generate_csrf() if request.method == "GET" else "saved"

    @app.post("/ours")
    @signed_in
    def ours() -> str:
        return "ours"


def test_flask_wtf_guards_its_views_and_dovetail_its_own(apps: Apps) -> None:
    built = apps.build(wtf)
    was, now = (app.test_client() for app in built)
    for headers in ({}, HTML):
        assert was.post("/form", headers=headers).status_code == 400
        assert now.post("/form", headers=headers).status_code == 400
    same(was.post("/form", headers=HTML), now.post("/form", headers=HTML))

    ours = sign_in(now)  # once it was a 400 of Flask-WTF's
    assert now.post("/ours", headers={"X-CSRF-Token": ours}).text == "ours"
    assert now.post("/ours").json["code"] == "CSRF_FAILED"
    for client in (was, now):
        theirs = client.get("/form").text
        assert client.post("/form", data={"csrf_token": theirs}).text == "saved"
        assert client.post("/form", headers={"X-CSRFToken": theirs}).text == "saved"
    assert now.post("/form", headers={"X-CSRF-Token": ours}).status_code == 400
    assert now.post("/auth/logout", headers={"X-CSRF-Token": ours}).status_code == 204


def test_a_view_that_shares_its_name_stays_under_flask_wtf(apps: Apps) -> None:
    def build(app: Flask) -> None:
        CSRFProtect(app)

        def named(answer: str) -> Any:
            def view() -> str:
                return answer

            return view

        app.add_url_rule("/theirs", "theirs", named("theirs"), methods=["POST"])
        app.add_url_rule("/ours", "ours", signed_in(named("ours")), methods=["POST"])

    _, now = apps.build(build)
    assert now.test_client().post("/theirs").status_code == 400


# Flask-Admin


def admin(app: Flask) -> None:
    class Page(flask_admin.BaseView):  # type: ignore[misc]
        @flask_admin.expose("/", methods=("GET", "POST"))
        def index(self) -> str:
            return f"<p>{request.method}</p>"

        @flask_admin.expose("/none")
        def none(self) -> str:
            abort(404)

    class Closed(flask_admin.BaseView):  # type: ignore[misc]
        def is_accessible(self) -> bool:
            return False

        @flask_admin.expose("/")
        def index(self) -> str:
            return "closed"

    app.config.setdefault("FLASK_ADMIN_SWATCH", "default")
    Babel(app)  # where Flask-Babel is installed, Flask-Admin needs it
    back_office = flask_admin.Admin(app, name="old")
    back_office.add_view(Page(name="Page", endpoint="page"))
    back_office.add_view(Closed(name="Closed", endpoint="closed"))


def test_flask_admin_keeps_its_pages_and_forms(apps: Apps) -> None:
    was, now = (app.test_client() for app in apps.build(admin))
    requests = [
        ("GET", "/admin/"),
        ("GET", "/admin/page/"),
        ("POST", "/admin/page/"),
        ("GET", "/admin/page/none"),
        ("GET", "/admin/closed/"),
        ("GET", "/admin/static/admin/css/bootstrap4/admin.css"),
    ]
    answers = same_for_all(was, now, requests, headers=HTML)
    assert [a.status_code for a in answers[:5]] == [200, 200, 200, 404, 403]
    sign_in(now)
    assert now.post("/admin/page/", headers=HTML).text == "<p>POST</p>"


# Flask-CORS


def cors(app: Flask) -> None:
    CORS(app, supports_credentials=True)

    @app.get("/feed")
    def feed() -> str:
        return "feed"

    @app.get("/ours")
    @signed_in
    def ours() -> str:
        return "ours"


def test_flask_cors_is_warned_of_and_opens_nothing_of_dovetails(
    apps: Apps, caplog: pytest.LogCaptureFixture
) -> None:
    built = apps.build(cors, DOVETAIL_FRONTEND_ORIGINS=["http://localhost:5173"])
    was, now = (app.test_client() for app in built)
    evil = {"Origin": "https://evil.example"}
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            now.get("/feed", headers=evil)
    warned = [r.getMessage() for r in caplog.records if "Flask-CORS" in r.getMessage()]
    assert len(warned) == 1
    assert re.search(r"key:  DOVETAIL_FRONTEND_ORIGINS\n  cure: ", warned[0])
    same_but_vary = now.get("/feed", headers=evil).headers
    assert (
        same_but_vary["Access-Control-Allow-Origin"]
        == was.get("/feed", headers=evil).headers["Access-Control-Allow-Origin"]
        == "https://evil.example"
    )
    for path in ("/ours", "/api/me", "/api/csrf-token", "/auth/session"):
        refused = now.get(path, headers=evil)
        assert "Access-Control-Allow-Origin" not in refused.headers
        assert "Access-Control-Allow-Credentials" not in refused.headers
        allowed = now.get(path, headers={"Origin": "http://localhost:5173"})
        assert allowed.headers.getlist("Access-Control-Allow-Origin") == ["http://localhost:5173"]
