"""`flask_dovetail.testing`: what apps test themselves with, in both strategies."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, request
from pydantic import BaseModel
from sqlalchemy import create_engine
from sqlalchemy.pool import StaticPool

from flask_dovetail import (
    ConfigurationError,
    Dovetail,
    DovetailError,
    Identity,
    list_logins,
    operation,
    rotate_login,
    signed_in,
)
from flask_dovetail.database import upgrade
from flask_dovetail.problems import NotFound
from flask_dovetail.testing import TEST_SETTINGS, DovetailClient

PASSWORD = "correct horse"


class Note(BaseModel):
    text: str


@pytest.fixture(params=["session", "token"])
def strategy(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


def create_app(settings: Mapping[str, Any] = TEST_SETTINGS, **more: Any) -> Flask:
    """An app as a user writes one, with people 1 and 2 and nobody else."""
    app = Flask("tested")
    app.config.from_mapping(settings, **more)
    people = {subject: Identity(subject) for subject in ("1", "2")}

    def authenticate(credentials: Any) -> Identity | None:
        is_right = credentials.password.get_secret_value() == PASSWORD
        return people["1"] if is_right else None

    Dovetail(authenticate=authenticate, load_identity=people.get).init_app(app)

    @app.post("/api/notes")
    @signed_in
    @operation(returns={201: Note})
    def create_note(body: Note) -> Note:
        return body

    @app.post("/api/rotate")
    @signed_in
    @operation()
    def rotate() -> None:
        rotate_login()

    @app.get("/api/wrong")
    @operation(returns={200: Note})
    def wrong() -> Note:
        raise NotFound

    return app


@pytest.fixture
def app(strategy: str) -> Flask:
    return create_app(DOVETAIL_AUTH_STRATEGY=strategy)


def test_one_line_signs_in_and_unsafe_requests_carry_their_proof(app: Flask) -> None:
    client = DovetailClient(app)
    assert client.post("/api/notes", json={"text": "hi"}).status_code == 401
    login = client.sign_in("1")
    assert client.get("/api/me").json["id"] == login.id
    assert client.post("/api/notes", json={"text": "hi"}).status_code == 201
    client.sign_out()
    assert client.post("/api/notes", json={"text": "hi"}).status_code == 401
    with app.app_context():
        assert list_logins("1") == []


def test_nothing_of_the_app_is_switched_off(app: Flask, strategy: str) -> None:
    """The proof of the client is a real one: without it, or with another, the app refuses."""
    client = DovetailClient(app)
    client.sign_in("1")
    header, value = WRONG[strategy]
    refused = client.post("/api/notes", json={"text": "hi"}, headers={header: value})
    assert refused.json["code"] in {"CSRF_FAILED", "INVALID_TOKEN"}
    foreign = client.post("/api/notes", json={"text": "hi"}, headers={"Origin": "https://evil.dev"})
    assert foreign.json["code"] == "ORIGIN_NOT_ALLOWED"
    if strategy == "session":
        plain = app.test_client()
        cookie = client.get_cookie("sid")
        assert cookie is not None
        plain.set_cookie("sid", cookie.value)
        assert plain.post("/api/notes", json={"text": "hi"}).json["code"] == "CSRF_FAILED"


def test_client_goes_on_after_its_secret_was_rotated(app: Flask) -> None:
    client = DovetailClient(app)
    client.sign_in("1")
    assert client.post("/api/rotate").status_code == 204
    assert client.post("/api/notes", json={"text": "hi"}).status_code == 201


def test_signing_in_again_ends_the_login_that_the_client_had(app: Flask) -> None:
    client = DovetailClient(app)
    client.sign_in("1")
    assert client.sign_in(Identity("2")).subject == "2"
    assert client.get("/api/me").json["subject"] == "2"
    with app.app_context():
        assert list_logins("1") == []
        assert len(list_logins("2")) == 1


def test_sign_in_by_the_route_needs_no_token_fetched_before(app: Flask) -> None:
    """The page's own way: the client makes the anonymous CSRF token, and keeps an access token."""
    client = DovetailClient(app)
    body = {"email": "a@example.com", "password": PASSWORD}
    assert client.post("/auth/login", json=body).status_code == 200
    assert client.post("/api/notes", json={"text": "hi"}).status_code == 201
    if client.access_token is not None:
        former, client.access_token = client.access_token, None
        assert client.post("/auth/refresh").status_code == 200
        assert client.access_token not in {None, former}
    assert client.post("/api/notes", json={"text": "hi"}).status_code == 201


def test_no_number_of_sign_ins_meets_the_limit(app: Flask) -> None:
    client = DovetailClient(app)
    wrong = {"email": "a@example.com", "password": "wrong"}
    right = {"email": "a@example.com", "password": PASSWORD}
    for _ in range(20):  # 10 in five minutes for one account
        assert client.post("/auth/login", json=wrong).status_code == 401
    for _ in range(301):  # 300 in five minutes from one address
        assert client.post("/auth/login", json=right).status_code == 200


def test_helper_is_not_counted_where_the_limits_are_those_of_production(strategy: str) -> None:
    limits = {f"DOVETAIL_AUTH_LOGIN_LIMIT_PER_{of}": "1/5 minutes" for of in ("ACCOUNT", "ADDRESS")}
    app = create_app(TEST_SETTINGS | limits, DOVETAIL_AUTH_STRATEGY=strategy)  # type: ignore[operator]
    for _ in range(3):
        DovetailClient(app).sign_in("1")


def test_answers_are_checked_strictly(app: Flask) -> None:
    with pytest.raises(Exception, match="problems="):
        DovetailClient(app).get("/api/wrong")


def test_each_app_has_a_database_of_its_own(app: Flask, strategy: str) -> None:
    """In memory and migrated; all threads of the app see the same one."""
    client = DovetailClient(app)
    login = client.sign_in("1")
    ((name, path),) = COOKIES[strategy].items()
    cookie = client.get_cookie(name, path=path)
    assert cookie is not None

    def ask(_: int) -> int:
        one = DovetailClient(app)
        one.access_token = client.access_token
        one.set_cookie(name, cookie.value, path=path)
        return one.get("/api/me").status_code

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask, range(40))) == [200] * 40
        assert list(pool.map(lambda _: DovetailClient(app).sign_in("2").subject, range(40)))
    other = create_app(DOVETAIL_AUTH_STRATEGY=strategy)
    with other.app_context():
        assert list_logins("1") == []
    with app.app_context():
        assert [each.id for each in list_logins("1")] == [login.id]
        assert len(list_logins("2")) == 40


WRONG = {"session": ("X-CSRF-Token", "other"), "token": ("Authorization", "Bearer other")}
COOKIES = {"session": {"sid": "/"}, "token": {"rt": "/auth"}}


def test_client_of_another_host_has_the_cookies_of_that_host(strategy: str) -> None:
    app = create_app(
        DOVETAIL_AUTH_STRATEGY=strategy,
        DOVETAIL_API_ORIGIN="https://api.example.com",
        DOVETAIL_FRONTEND_ORIGINS=["https://app.example.com"],
    )
    client, base_url = DovetailClient(app), "https://api.example.com"
    client.sign_in("1", base_url=base_url)
    note = {"text": "hi"}
    assert client.post("/api/notes", json=note, base_url=base_url).status_code == 201
    client.sign_out(base_url=base_url)
    assert client.post("/api/notes", json=note, base_url=base_url).status_code == 401


def test_client_of_an_app_below_a_prefix_has_the_cookies_of_that_path(app: Flask) -> None:
    client, base_url = DovetailClient(app), "http://localhost/app"
    client.sign_in("1", base_url=base_url)
    note = {"text": "hi"}
    assert client.post("/api/notes", json=note, base_url=base_url).status_code == 201
    if client.access_token is not None:
        assert client.post("/auth/refresh", base_url=base_url).status_code == 200
    client.sign_out(base_url=base_url)
    with app.app_context():
        assert list_logins("1") == []


@pytest.mark.parametrize("path", ["/oauth", "/nowhere"])
def test_a_token_of_the_apps_own_issuer_is_not_sent(app: Flask, path: str) -> None:
    theirs = {"token_type": "Bearer", "access_token": "theirs"}
    app.add_url_rule("/oauth", "oauth", lambda: theirs)
    app.before_request(lambda: theirs if request.path == "/nowhere" else None)
    client = DovetailClient(app)
    client.sign_in("1")
    assert client.get(path).json["access_token"] == "theirs"
    assert client.post("/api/notes", json={"text": "hi"}).status_code == 201


@pytest.mark.parametrize("name", ["SECRET_KEY", "SECRET_KEY_FALLBACKS"])
def test_the_key_for_tests_is_refused_in_production(name: str) -> None:
    key = TEST_SETTINGS["SECRET_KEY"]
    keys = {"SECRET_KEY": "a secret of at least thirty-two bytes"}
    keys[name] = key if name == "SECRET_KEY" else [key]
    with pytest.raises(ConfigurationError, match="which everybody knows, and TESTING is off"):
        create_app(TESTING=False, **keys)


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "sqlite+pysqlite:///?uri=true"])
@pytest.mark.parametrize("testing", [True, False])
def test_a_database_in_memory_is_warned_of_in_production(
    caplog: pytest.LogCaptureFixture, url: str, testing: bool
) -> None:
    key = "a secret of at least thirty-two bytes"
    create_app(TESTING=testing, SECRET_KEY=key, DOVETAIL_DATABASE_URL=url)
    assert ("rows are in memory" in caplog.text) is not testing


def test_client_works_by_the_class_of_the_app_too(app: Flask) -> None:
    app.test_client_class = DovetailClient
    with app.test_client() as client:
        assert isinstance(client, DovetailClient)
        client.sign_in("1")
        assert client.post("/api/notes", json={"text": "hi"}).status_code == 201


@pytest.mark.parametrize("who", ["3", "a@example.com"])
def test_nobody_by_that_subject_says_so(app: Flask, who: str) -> None:
    with pytest.raises(DovetailError, match=rf"load_identity\('{who}'\) returned None(.|\n)*cure:"):
        DovetailClient(app).sign_in(who)


def test_user_object_says_so(app: Flask) -> None:
    with pytest.raises(DovetailError, match=r"was given a dict(.|\n)*cure:"):
        DovetailClient(app).sign_in({"id": 1})  # type: ignore[arg-type]


@pytest.mark.parametrize("has_dovetail", [True, False])
def test_app_without_people_says_so(has_dovetail: bool) -> None:
    app = Flask("empty")
    app.config.from_mapping(TEST_SETTINGS)
    app.add_url_rule("/", view_func=lambda: "a page", methods=["POST"])
    if has_dovetail:
        Dovetail().init_app(app)
    assert DovetailClient(app).post("/").text == "a page"
    with pytest.raises(DovetailError, match=r"authenticate=\.\.\., load_identity=\.\.\."):
        DovetailClient(app).sign_in("1")


def test_settings_that_come_after_init_app_are_refused(strategy: str, tmp_path: Path) -> None:
    """The login of a test would be written to the database of the app."""
    app = Flask("late", instance_path=str(tmp_path))
    app.config.update(SECRET_KEY="a secret of at least thirty-two bytes")
    app.config.update(DOVETAIL_AUTH_STRATEGY=strategy)
    Dovetail(authenticate=lambda _: None, load_identity=Identity).init_app(app)
    app.config.update(TEST_SETTINGS)
    with pytest.raises(DovetailError, match=r"not in testing when init_app(.|\n)*TEST_SETTINGS"):
        DovetailClient(app).sign_in("1")
    assert not (tmp_path / "dovetail.sqlite3").exists()


@pytest.mark.parametrize("given", ["engine", "memory"])
def test_database_of_a_test_needs_no_testing(given: str, tmp_path: Path) -> None:
    app = Flask("production", instance_path=str(tmp_path))
    app.config.update(SECRET_KEY="a secret of at least thirty-two bytes")
    engine = None
    if given == "engine":
        engine = create_engine("sqlite://", poolclass=StaticPool)
        upgrade(engine)
    else:
        app.config.update(DOVETAIL_DATABASE_URL="sqlite://")
    Dovetail(engine=engine, authenticate=lambda _: None, load_identity=Identity).init_app(app)
    assert DovetailClient(app).sign_in("1").subject == "1"
