"""Credentials of the app's own beside Dovetail's logins: `Dovetail(security_schemes=...)`."""

from __future__ import annotations

import base64
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, session
from flask.testing import FlaskClient

from flask_dovetail import (
    ConfigurationError,
    Credentials,
    DeclarationError,
    Dovetail,
    Identity,
    Problem,
    SecurityScheme,
    begin_login,
    csrf_exempt,
    current_identity,
    current_login,
    end_logins,
    list_logins,
    operation,
    rotate_login,
    signed_in,
)
from support.auth_site import PASSWORD, SECRET_KEY

KEYS = {"good": "1", "other": "2"}
BASIC = "Basic " + base64.b64encode(b"ada:pass:word").decode()
PAGE = {"Origin": "http://localhost:5000"}


class Limited(Problem, code="LIMITED", status=429, title="Too many"):
    """What the app's function may raise."""


def by_key(key: str) -> Identity | None:
    if key == "flood":
        raise Limited
    scopes = ("posts:write",) if key == "good" else ()
    return Identity(KEYS[key], scopes=scopes) if key in KEYS else None


def by_old_session(_: str) -> Identity | None:
    return Identity(session["user"], roles=("staff",)) if "user" in session else None


def by_password(text: str) -> Identity | None:
    user, _, password = text.partition(":")
    return Identity(user) if password == "pass:word" else None


def by_foreign_token(token: str) -> Identity | None:
    return Identity("foreign") if token == "a.foreign.token" else None


SCHEMES = {
    "api_key": SecurityScheme.header("X-API-Key", by_key, description="For programs."),
    "legacy": SecurityScheme.http("Token", by_key),
    "foreign": SecurityScheme.http("bearer", by_foreign_token),
    "old_session": SecurityScheme.cookie("session", by_old_session),
    "basic": SecurityScheme.http("basic", by_password),
}


@pytest.fixture(params=["session", "token"])
def app(request: pytest.FixtureRequest, tmp_path: Path, migrated: Path) -> Flask:
    shutil.copy(migrated, tmp_path)
    app = Flask("example", instance_path=str(tmp_path))
    app.config.update(SECRET_KEY=SECRET_KEY, TESTING=True, DOVETAIL_AUTH_STRATEGY=request.param)

    def authenticate(credentials: Credentials) -> Identity | None:
        known = credentials.password.get_secret_value() == PASSWORD
        return Identity("dovetail") if known else None

    Dovetail(authenticate=authenticate, load_identity=Identity, security_schemes=SCHEMES).init_app(
        app
    )
    build(app)
    return app


def build(app: Flask) -> None:
    @app.route("/who", methods=["GET", "POST"])
    @signed_in
    def who() -> str:
        identity, login = current_identity(), current_login()
        assert identity is not None
        assert login is not None
        assert login.subject == identity.subject
        return identity.subject

    app.add_url_rule("/writers", "writers", signed_in(scope="posts:write")(lambda: "wrote"))
    app.add_url_rule("/staff", "staff", signed_in(role="staff")(lambda: "staff"))
    recently = signed_in(within=timedelta(minutes=10))
    app.add_url_rule("/danger", "danger", recently(lambda: "done"))

    @app.post("/contact")
    @operation(returns={204: None})
    def contact() -> None:
        """Anybody may write."""

    @app.post("/hook")
    @csrf_exempt
    def hook() -> str:
        return str(current_identity())

    @app.post("/rotate")
    @signed_in
    def rotate() -> str:
        rotate_login()
        return "rotated"

    @app.post("/end-others")
    @signed_in
    def end_others() -> str:
        identity = current_identity()
        assert identity is not None
        return str(end_logins(identity.subject, keep_current=True))

    @app.get("/old-sign-in")
    def old_sign_in() -> str:
        session["user"] = "old"
        return "in"

    @app.get("/new-sign-in")
    def new_sign_in() -> str:
        identity = current_identity()
        assert identity is not None
        begin_login(identity)
        return "in"


def with_old_session(app: Flask) -> FlaskClient:
    client = app.test_client()
    client.get("/old-sign-in")
    return client


def token_of(client: FlaskClient) -> dict[str, str]:
    return {"X-CSRF-Token": client.get("/api/csrf-token").json["csrf"]}


@pytest.mark.parametrize(
    ("headers", "subject"),
    [
        ({"X-API-Key": "good"}, "1"),
        ({"Authorization": "Token other"}, "2"),
        ({"Authorization": "tOKEN   other "}, "2"),
        ({"Authorization": "Bearer a.foreign.token"}, "foreign"),
        ({"Authorization": BASIC}, "ada"),
    ],
)
def test_a_credential_in_a_header_signs_in(
    app: Flask, headers: dict[str, str], subject: str
) -> None:
    client = app.test_client()
    assert client.get("/who", headers=headers).text == subject
    assert client.get("/api/me", headers=headers).json["subject"] == subject
    assert client.post("/who", headers=headers).text == subject  # a program needs no CSRF token


@pytest.mark.parametrize("scheme", ["X-API-Key", "Authorization"])
def test_a_header_needs_no_csrf_token_from_a_page(app: Flask, scheme: str) -> None:
    header = {scheme: "good" if scheme == "X-API-Key" else "Token good"}
    assert app.test_client().post("/who", headers={**header, **PAGE}).text == "1"
    evil = {**header, "Origin": "https://evil.example"}
    assert app.test_client().post("/who", headers=evil).json["code"] == "ORIGIN_NOT_ALLOWED"


@pytest.mark.parametrize(
    "headers",
    [
        {"X-API-Key": "bad"},
        {"X-API-Key": ""},
        {"Authorization": "Token bad"},
        {"Authorization": "Token"},
        {"Authorization": "Bearer bad"},
    ],
)
def test_a_bad_header_never_falls_back_to_a_cookie(app: Flask, headers: dict[str, str]) -> None:
    """Otherwise a made-up header would switch the CSRF check off for the cookie."""
    client = with_old_session(app)
    for method in ("GET", "POST"):
        refused = client.open("/who", method=method, headers=headers)
        assert refused.status_code == 401
        expected = "INVALID_TOKEN" if "Bearer" in str(headers) else "UNAUTHENTICATED"
        assert refused.json["code"] == expected
        assert "WWW-Authenticate" in refused.headers


@pytest.mark.parametrize("origin", [{}, PAGE, {"Sec-Fetch-Site": "same-origin"}])
def test_a_cookie_needs_the_csrf_token(app: Flask, origin: dict[str, str]) -> None:
    client = with_old_session(app)
    assert client.get("/who").text == "old"
    for path in ("/who", "/contact"):
        refused = client.post(path, headers=origin)
        assert (refused.status_code, refused.json["code"]) == (403, "CSRF_FAILED")
    token = token_of(client)
    assert client.post("/who", headers={**origin, "X-CSRF-Token": "x" * 43}).status_code == 403
    assert client.post("/who", headers={**origin, **token}).text == "old"
    assert client.post("/contact", headers={**origin, **token}).status_code == 204


@pytest.mark.parametrize("origin", [PAGE, {"Sec-Fetch-Site": "same-origin"}])
def test_basic_from_a_browser_needs_the_csrf_token(app: Flask, origin: dict[str, str]) -> None:
    """A browser that has once been asked for a password sends it by itself."""
    client = app.test_client()
    basic = {"Authorization": BASIC, **origin}
    assert client.post("/who", headers=basic).json["code"] == "CSRF_FAILED"
    token = token_of(client)
    assert client.post("/who", headers={**basic, **token}).text == "ada"


@pytest.mark.parametrize(
    "text",
    ["", "!", "YQ", *(base64.b64encode(it).decode() for it in (b"\xff\xfe", b"a\0:pass:word"))],
)
def test_basic_that_cannot_be_read_is_nobodys(app: Flask, text: str) -> None:
    answer = app.test_client().get("/who", headers={"Authorization": f"Basic {text}"})
    assert (answer.status_code, answer.json["code"]) == (401, "UNAUTHENTICATED")


def test_an_old_cookie_twice_is_ambiguous(app: Flask) -> None:
    client = app.test_client(use_cookies=False)
    answer = client.get("/who", headers={"Cookie": "session=a; session=b"})
    assert answer.json["code"] == "AMBIGUOUS_COOKIE"


def test_for_an_exempt_view_nobody_is_signed_in(app: Flask) -> None:
    client = with_old_session(app)
    for headers in ({}, {"X-API-Key": "good"}, {"Authorization": BASIC}):
        assert client.post("/hook", headers=headers).text == "None"


def test_roles_and_scopes_are_those_of_the_identity(app: Flask) -> None:
    client, old = app.test_client(), with_old_session(app)
    assert client.get("/writers", headers={"X-API-Key": "good"}).text == "wrote"
    refused = client.get("/writers", headers={"X-API-Key": "other"})
    assert refused.json["code"] == "INSUFFICIENT_SCOPE"
    assert old.get("/staff").text == "staff"
    assert client.get("/staff", headers={"X-API-Key": "good"}).json["code"] == "MISSING_ROLE"
    for asked in (old.get("/danger"), client.get("/danger", headers={"X-API-Key": "good"})):
        assert asked.json["code"] == "REAUTHENTICATION_REQUIRED"


def test_a_login_of_dovetails_counts_before_an_old_cookie(app: Flask) -> None:
    client = with_old_session(app)
    answer = client.post(
        "/auth/login",
        json={"email": "a@example.com", "password": PASSWORD},
        headers=token_of(client),
    )
    assert answer.status_code == 200
    if "access_token" in answer.json:
        bearer = {"Authorization": f"Bearer {answer.json['access_token']}"}
        assert client.get("/who", headers=bearer).text == "dovetail"
        assert client.get("/who").text == "old"
    else:
        assert client.get("/who").text == "dovetail"
        assert client.get("/who", headers={"Authorization": BASIC}).text == "dovetail"
    assert client.get("/who", headers={"X-API-Key": "good"}).text == "1"


def test_it_is_no_login_of_dovetails(app: Flask) -> None:
    client, key = app.test_client(), {"X-API-Key": "good"}
    assert client.get("/auth/sessions", headers=key).json == {"items": []}
    assert client.post("/rotate", headers=key).text == "rotated"
    assert client.post("/auth/logout", headers=key).status_code == 204
    assert client.post("/end-others", headers=key).text == "0"
    assert client.post("/auth/logout-others", headers=key).json == {"ended": 0}
    with app.app_context():
        assert list_logins("1") == []
        end_logins("1")
    assert client.get("/who", headers=key).text == "1"
    about = client.get("/api/me", headers=key).json
    assert "good" not in str(about)
    assert about["id"] == client.get("/api/me", headers=key).json["id"]


def test_the_session_route_shows_what_a_page_can_use(app: Flask) -> None:
    client = with_old_session(app)
    login = client.get("/auth/session").json["login"]
    if app.config["DOVETAIL_AUTH_STRATEGY"] == "token":
        assert login is None  # the page could get no access token for it
    else:
        assert login["subject"] == "old"
        assert client.get("/auth/session").json["login"]["id"] == login["id"]
    client.get("/new-sign-in")
    assert client.get("/auth/session").json["login"]["subject"] == "old"
    with app.app_context():
        assert [login.subject for login in list_logins("old")] == ["old"]


def test_what_the_function_raises_is_the_answer(app: Flask) -> None:
    answer = app.test_client().get("/who", headers={"X-API-Key": "flood"})
    assert (answer.status_code, answer.json["code"]) == (429, "LIMITED")


def test_answers_vary_by_the_header(app: Flask) -> None:
    answer = app.test_client().get("/who", headers={"X-API-Key": "good"})
    assert "X-API-Key" in answer.headers["Vary"]
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_document_has_each_scheme_as_an_alternative(app: Flask) -> None:
    document = app.test_client().get("/openapi.json").json
    schemes = document["components"]["securitySchemes"]
    assert schemes["api_key"] == {
        "type": "apiKey",
        "in": "header",
        "name": "X-API-Key",
        "description": "For programs.",
    }
    assert (schemes["old_session"]["in"], schemes["old_session"]["name"]) == ("cookie", "session")
    assert "X-CSRF-Token" in schemes["old_session"]["description"]
    assert (schemes["basic"]["type"], schemes["basic"]["scheme"]) == ("http", "basic")
    assert "X-CSRF-Token" in schemes["basic"]["description"]
    assert schemes["legacy"] == {"type": "http", "scheme": "token"}
    demanded = {name for one in document["paths"]["/api/me"]["get"]["security"] for name in one}
    assert demanded == set(schemes) >= {*SCHEMES, "session"}


@pytest.mark.parametrize(
    "name", ["Cookie", "authorization", "User-Agent", "Sec-Fetch-Site", "X-Forwarded-User", "a b"]
)
def test_a_header_that_others_send_is_refused(name: str) -> None:
    with pytest.raises(DeclarationError, match=r"(?s)key:  SecurityScheme.header.*cure: write"):
        SecurityScheme.header(name, by_key)


@pytest.mark.parametrize(
    "schemes",
    [
        {"api_key": by_key},
        {"session": SCHEMES["api_key"]},
        {"a b": SCHEMES["api_key"]},
        {"one": SCHEMES["api_key"], "two": SecurityScheme.header("x-api-key", by_key)},
        {"one": SCHEMES["api_key"], "two": SecurityScheme.header("X_API_Key", by_key)},
        {"ours": SecurityScheme.cookie("sid", by_key)},
        {"ours": SecurityScheme.header("x-csrf-token", by_key)},
        {"ours": SecurityScheme.header("X-Requested-With", by_key)},
        {"ours": SecurityScheme.header("DPoP", by_key)},
    ],
)
def test_schemes_that_cannot_work_are_refused_at_start(tmp_path: Path, schemes: Any) -> None:
    app = Flask("example", instance_path=str(tmp_path))
    app.config.update(SECRET_KEY=SECRET_KEY)
    with pytest.raises(ConfigurationError) as refused:
        Dovetail(
            authenticate=lambda _: None, load_identity=Identity, security_schemes=schemes
        ).init_app(app)
    assert refused.value.key == "Dovetail(security_schemes=...)"


def test_the_cookie_of_dovetail_is_no_credential_of_the_apps(tmp_path: Path) -> None:
    app = Flask("example", instance_path=str(tmp_path))
    app.config.update(SECRET_KEY=SECRET_KEY, DOVETAIL_API_ORIGIN="https://example.com")
    ours = {"ours": SecurityScheme.cookie("__Host-sid", by_key)}
    with pytest.raises(ConfigurationError, match="carries another credential"):
        Dovetail(
            authenticate=lambda _: None, load_identity=Identity, security_schemes=ours
        ).init_app(app)


def test_an_app_without_people_takes_no_credentials(tmp_path: Path) -> None:
    app = Flask("example", instance_path=str(tmp_path))
    app.config.update(SECRET_KEY=SECRET_KEY)
    with pytest.raises(ConfigurationError, match="this app has none"):
        Dovetail(security_schemes={"api_key": SCHEMES["api_key"]}).init_app(app)


def test_a_user_object_names_the_scheme_and_the_cure(tmp_path: Path, migrated: Path) -> None:
    shutil.copy(migrated, tmp_path)
    app = Flask("example", instance_path=str(tmp_path))
    app.config.update(SECRET_KEY=SECRET_KEY, TESTING=True)
    wrong: Any = SecurityScheme.header("X-API-Key", lambda key: {"id": key})  # type: ignore[arg-type, return-value]
    Dovetail(
        authenticate=lambda _: None, load_identity=Identity, security_schemes={"api_key": wrong}
    ).init_app(app)
    build(app)
    with pytest.raises(DeclarationError, match=r"(?s)security_schemes\['api_key'\].*cure: write"):
        app.test_client().get("/who", headers={"X-API-Key": "1"})
