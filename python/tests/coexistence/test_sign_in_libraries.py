"""Flask-JWT-Extended and Flask-HTTPAuth beside Dovetail."""

from __future__ import annotations

from typing import Any

import flask_jwt_extended as jwt_extended
import pytest
from flask import Flask, jsonify, request, session
from flask.testing import FlaskClient
from flask_httpauth import HTTPBasicAuth, HTTPTokenAuth, MultiAuth
from flask_login import (
    LoginManager,
    UserMixin,
    current_user,
    decode_cookie,
    login_user,
    logout_user,
)

from flask_dovetail import Dovetail, Identity, SecurityScheme, signed_in
from support.existing_app import ACCEPTED, SECRET, Apps, check_password, load_user, same_for_all
from support.existing_app import sign_in as sign_in_to_dovetail

pytestmark = pytest.mark.long


def load_from_foreign_token(token: str) -> Identity | None:
    from jwt import PyJWTError

    try:
        return load_user(jwt_extended.decode_token(token)["sub"])
    except PyJWTError:
        return None


# Flask-JWT-Extended


def jwt(app: Flask) -> None:
    app.config.update(
        JWT_SECRET_KEY=SECRET,
        JWT_TOKEN_LOCATION=["headers", "cookies"],
        JWT_COOKIE_CSRF_PROTECT=True,
        JWT_COOKIE_SECURE=False,
    )
    jwt_extended.JWTManager(app)

    @app.route("/secret", methods=["GET", "POST"])
    @jwt_extended.jwt_required()
    def secret() -> Any:
        return jsonify(who=jwt_extended.get_jwt_identity())

    @app.get("/fresh")
    @jwt_extended.jwt_required(fresh=True)
    def fresh() -> Any:
        return jsonify(who=jwt_extended.get_jwt_identity())

    @app.route("/ours", methods=["GET", "POST"])
    @signed_in
    def ours() -> str:
        return "ours"


def tokens(app: Flask) -> tuple[str, str]:
    """A token of the old app, and its CSRF value."""
    with app.app_context():
        token = jwt_extended.create_access_token("7")
        return token, str(jwt_extended.get_csrf_token(token))


def test_jwt_extended_keeps_its_answers(apps: Apps) -> None:
    built = apps.build(jwt)
    was, now = (app.test_client() for app in built)
    token, _ = tokens(built[0])
    requests = [("GET", "/secret"), ("POST", "/secret"), ("GET", "/fresh")]
    wrong = ["", "Bearer", "Bearer x", "Bearer a.b.c", "Basic YTpi", f"Bearer {token} x"]
    for accepted in ACCEPTED:
        same_for_all(was, now, requests, headers=accepted)
        for text in wrong:
            headers = {**accepted, "Authorization": text}
            for answer in same_for_all(was, now, requests, headers=headers):
                assert answer.status_code in (401, 422)
        headers = {**accepted, "Authorization": f"Bearer {token}"}
        answers = same_for_all(was, now, requests, headers=headers)
        assert [answer.status_code for answer in answers] == [200, 200, 401]


def test_jwt_extended_keeps_its_cookie_and_its_csrf_header(apps: Apps) -> None:
    """Its header has Dovetail's name, with another value: each guards its own views."""
    built = apps.build(jwt)
    was, now = (app.test_client() for app in built)
    token, csrf = tokens(built[0])
    for client in (was, now):
        client.set_cookie("access_token_cookie", token)
    ours = sign_in_to_dovetail(now)
    for headers in ({}, {"X-CSRF-TOKEN": csrf}, {"X-CSRF-TOKEN": "x"}):
        same_for_all(was, now, [("GET", "/secret"), ("POST", "/secret")], headers=headers)
    assert now.post("/secret", headers={"X-CSRF-TOKEN": csrf}).json == {"who": "7"}
    assert now.post("/ours", headers={"X-CSRF-TOKEN": csrf}).json["code"] == "CSRF_FAILED"
    assert now.post("/ours", headers={"X-CSRF-TOKEN": ours}).text == "ours"


def test_its_tokens_count_for_our_guard_where_they_are_declared(apps: Apps) -> None:
    declared = Dovetail(
        authenticate=check_password,
        load_identity=load_user,
        security_schemes={"old_token": SecurityScheme.http("bearer", load_from_foreign_token)},
    )
    built = apps.build(jwt, dovetail=declared)
    token, _ = tokens(built[0])
    now = built[1].test_client()
    assert now.get("/api/me", headers={"Authorization": f"Bearer {token}"}).json["subject"] == "7"
    assert now.post("/ours", headers={"Authorization": f"Bearer {token}"}).text == "ours"
    refused = now.get("/ours", headers={"Authorization": f"Bearer {token}x"})
    assert refused.json["code"] == "INVALID_TOKEN"


# Flask-Login, whose cookie the old page still has


def flask_login_pages(app: Flask) -> None:
    manager = LoginManager(app)

    @manager.user_loader
    def load(user_id: str) -> Any:
        user = UserMixin()
        user.id = user_id  # type: ignore[attr-defined]
        return user

    @app.post("/old-sign-in")
    def old_sign_in() -> str:
        login_user(load("7"), remember="remember" in request.args)
        return "in"

    @app.post("/old-sign-out")
    def old_sign_out() -> str:
        logout_user()
        return "out"

    @app.route("/ours", methods=["GET", "POST"])
    @signed_in
    def ours() -> str:
        return "ours"


def by_old_session(_: str) -> Identity | None:
    return load_user(current_user.get_id()) if current_user.is_authenticated else None


def test_its_cookie_counts_for_our_guard_where_it_is_declared(apps: Apps) -> None:
    declared = Dovetail(
        authenticate=check_password,
        load_identity=load_user,
        security_schemes={"old_session": SecurityScheme.cookie("session", by_old_session)},
    )
    _, app = apps.build(flask_login_pages, dovetail=declared)
    now = app.test_client()
    assert now.get("/ours").json["code"] == "UNAUTHENTICATED"
    now.post("/old-sign-in")
    assert now.get("/ours").text == "ours"
    assert now.get("/api/me").json["subject"] == "7"
    assert now.post("/ours").json["code"] == "CSRF_FAILED"
    token = now.get("/api/csrf-token").json["csrf"]
    assert now.post("/ours", headers={"X-CSRF-Token": token}).text == "ours"
    now.post("/old-sign-out")
    assert now.get("/ours").json["code"] == "UNAUTHENTICATED"


def by_flask_login(_: str) -> Identity | None:
    """As `docs/auth.md` shows."""
    remembered = request.cookies.get("remember_token", "")
    subject = session.get("_user_id") or decode_cookie(remembered)
    return load_user(subject) if subject else None


def test_remembered_people_stay_signed_in(apps: Apps) -> None:
    """Flask-Login's "remember me" is a cookie of its own, with or without a session."""
    declared = Dovetail(
        authenticate=check_password,
        load_identity=load_user,
        security_schemes={
            "old_session": SecurityScheme.cookie("session", by_flask_login),
            "remembered": SecurityScheme.cookie("remember_token", by_flask_login),
        },
    )
    _, app = apps.build(flask_login_pages, dovetail=declared)
    now = app.test_client()
    now.post("/old-sign-in?remember=1")
    now.delete_cookie("session")
    assert now.get("/ours").text == "ours"
    assert now.post("/ours").json["code"] == "CSRF_FAILED"
    now.set_cookie("session", "of a visitor")
    assert now.get("/ours").text == "ours"
    now.set_cookie("remember_token", "7|wrong")
    assert now.get("/ours").json["code"] == "UNAUTHENTICATED"


# Flask-HTTPAuth


def http_auth(app: Flask) -> None:
    basic, token, key = HTTPBasicAuth(), HTTPTokenAuth("Bearer"), HTTPTokenAuth(header="X-Key")

    @basic.verify_password
    def verify_password(username: str, password: str) -> str | None:
        return username if password == "right" else None

    @basic.get_user_roles
    def roles_of(user: str) -> str:
        return "admin" if user == "ada" else "guest"

    @token.verify_token
    @key.verify_token
    def verify_token(text: str) -> str | None:
        return "token" if text == "right" else None

    multi = MultiAuth(basic, token)

    @app.route("/basic", methods=["GET", "POST"])
    @basic.login_required
    def by_basic() -> str:
        return f"of {basic.current_user()}"

    @app.get("/admin")
    @basic.login_required(role="admin")
    def admin() -> str:
        return "admin"

    @app.route("/multi", methods=["GET", "POST"])
    @multi.login_required
    def by_either() -> str:
        return f"of {multi.current_user()}"

    @app.get("/key")
    @key.login_required
    def by_key() -> str:
        return "by key"

    @app.route("/ours", methods=["GET", "POST"])
    @signed_in
    def ours() -> str:
        return "ours"


CREDENTIALS: list[dict[str, str]] = [
    {},
    {"Authorization": "Basic YWRhOnJpZ2h0"},  # ada:right
    {"Authorization": "Basic Ym9iOnJpZ2h0"},  # bob:right
    {"Authorization": "Basic YWRhOndyb25n"},  # ada:wrong
    {"Authorization": "Basic !"},
    {"Authorization": "Bearer right"},
    {"Authorization": "Bearer wrong"},
    {"X-Key": "right"},
    {"X-Key": "wrong"},
]


def compare_http_auth(was: FlaskClient, now: FlaskClient) -> set[int]:
    requests = [
        ("GET", "/basic"),
        ("POST", "/basic"),
        ("GET", "/admin"),
        ("GET", "/multi"),
        ("POST", "/multi"),
        ("GET", "/key"),
    ]
    statuses: set[int] = set()
    for accepted in ACCEPTED:
        for credential in CREDENTIALS:
            headers = {**accepted, **credential}
            answers = same_for_all(was, now, requests, headers=headers)
            statuses |= {answer.status_code for answer in answers}
    return statuses


def test_http_auth_keeps_its_answers_and_challenges(apps: Apps) -> None:
    was, now = (app.test_client() for app in apps.build(http_auth))
    assert compare_http_auth(was, now) == {200, 401, 403}


def test_http_auth_keeps_them_for_whoever_is_signed_in_to_dovetail(apps: Apps) -> None:
    was, now = (app.test_client() for app in apps.build(http_auth))
    token = sign_in_to_dovetail(now)
    compare_http_auth(was, now)
    basic = {"Authorization": "Basic YWRhOnJpZ2h0"}
    assert now.get("/ours", headers=basic).text == "ours"
    assert now.post("/ours", headers=basic).json["code"] == "CSRF_FAILED"
    assert now.post("/ours", headers={**basic, "X-CSRF-Token": token}).text == "ours"
