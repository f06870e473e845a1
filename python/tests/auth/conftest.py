"""A small site with people on it, a clock that tests move, and a browser that keeps its token."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, create_engine
from werkzeug.test import TestResponse

from flask_dovetail import auth, contract, state
from flask_dovetail.auth.authority import Auth
from flask_dovetail.auth.store import Logins
from flask_dovetail.auth.store_sql import SqlLogins
from flask_dovetail.auth.store_valkey import ValkeyLogins
from flask_dovetail.server import database, faults, valkey
from flask_dovetail.topology import Topology

PASSWORD = "correct horse battery staple"
SECRET_KEY = "a key that is long enough to be one"
IDLE_SECONDS = 3600
REFRESH_IDLE_SECONDS = 7 * 86400


class Clock:
    """Unix seconds, moved by hand."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


@dataclass
class Site:
    """An app, and the people who may sign in to it: subject to identity, None when disabled."""

    app: Flask
    clock: Clock
    people: dict[str, auth.Identity | None] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def authenticate(self, credentials: auth.Credentials) -> auth.Identity | None:
        self.asked.append(credentials.email)
        if credentials.password.get_secret_value() != PASSWORD:
            return None
        return self.people.get(credentials.email.partition("@")[0])

    def load_identity(self, subject: str) -> auth.Identity | None:
        return self.people.get(subject)

    def browser(self) -> Browser:
        return Browser(self.app.test_client())

    def logins(self) -> Logins:
        with self.app.app_context():
            return state.get(Auth).logins


class Browser:
    """A client with cookies of its own that sends the CSRF token it was last given."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        self.token: str | None = None

    def fetch_token(self) -> str:
        token: str = self.client.get("/api/csrf-token").json["csrf"]
        self.token = token
        return token

    def sign_in(
        self, subject: str = "ada", password: str = PASSWORD, **kwargs: Any
    ) -> TestResponse:
        if self.token is None:
            self.fetch_token()
        body = {"email": f"{subject}@example.com", "password": password}
        answer = self.post("/auth/login", json=body, **kwargs)
        if answer.status_code == 200:
            self.token = answer.json["csrf"]
        return answer

    def get(self, path: str, **kwargs: Any) -> TestResponse:
        return self.client.get(path, **kwargs)

    def post(self, path: str, **kwargs: Any) -> TestResponse:
        return self._unsafe("POST", path, **kwargs)

    def delete(self, path: str, **kwargs: Any) -> TestResponse:
        return self._unsafe("DELETE", path, **kwargs)

    def _unsafe(self, method: str, path: str, **kwargs: Any) -> TestResponse:
        headers = dict(kwargs.pop("headers", {}))
        if self.token is not None:
            headers.setdefault("X-CSRF-Token", self.token)
        return self.client.open(path, method=method, headers=headers, **kwargs)

    @property
    def session_id(self) -> str | None:
        cookie = self.client.get_cookie("sid")
        return None if cookie is None else cookie.value


MakeSite = Callable[..., Site]


@pytest.fixture
def make_site(tmp_path: Path) -> Iterator[MakeSite]:
    """Makes sites; `engine=` is an engine of the test's, the rest is configuration."""
    engines: list[Callable[[], Engine]] = []

    def make(*, engine: Callable[[], Engine] | None = None, **config: Any) -> Site:
        app = Flask(__name__, instance_path=str(tmp_path / f"instance{len(engines)}"))
        app.config.update({"SECRET_KEY": SECRET_KEY, **config})
        app.extensions[state.KEY] = state.State()
        topology = Topology.from_config(app.config)
        clock = Clock()
        site = Site(app, clock)
        site.people = {
            "ada": auth.Identity("ada", roles=("staff",), scopes=("posts:write", "posts:read")),
            "bob": auth.Identity("bob"),
        }
        engines.append(database.init_app(app, engine))
        contract.init_app(
            app,
            request_id=lambda: None,
            is_unavailable=faults.is_outage,
            security_schemes=auth.security_schemes(topology, auth.read_settings(app).strategy),
        )
        auth.init_app(
            app,
            topology=topology,
            authenticate=site.authenticate,
            load_identity=site.load_identity,
            engine=engines[-1],
            valkey=valkey.init_app(app),
            clock=clock,
        )
        app.testing = True
        return site

    yield make
    for engine in engines:
        engine().dispose()


@pytest.fixture
def site(make_site: MakeSite) -> Site:
    """A site on the defaults: logins in SQLite, in the instance folder."""
    return make_site()


@pytest.fixture
def browser(site: Site) -> Browser:
    return site.browser()


@pytest.fixture(params=["sql", "valkey"])
def any_site(request: pytest.FixtureRequest, make_site: MakeSite) -> Site:
    """The same site on each kind of store."""
    if request.param == "sql":
        return make_site()
    url = request.getfixturevalue("valkey_url")
    return make_site(DOVETAIL_AUTH_SESSION_STORE="valkey", DOVETAIL_VALKEY_URL=url)


@dataclass(frozen=True)
class Store:
    """One kind of store, and how another process opens the same one."""

    logins: Logins
    kind: str
    url: str


def open_store(kind: str, url: str) -> Logins:
    """A store of that kind at that URL; what a test calls in another process."""
    if kind == "valkey":
        from valkey import Valkey

        client = Valkey.from_url(url)
        return ValkeyLogins(
            lambda: client, idle_seconds=IDLE_SECONDS, refresh_idle_seconds=REFRESH_IDLE_SECONDS
        )
    engine = create_engine(url, pool_size=20)
    return SqlLogins(
        lambda: engine, idle_seconds=IDLE_SECONDS, refresh_idle_seconds=REFRESH_IDLE_SECONDS
    )


@pytest.fixture(params=["sqlite", "postgresql", "valkey"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """Every store there is, each empty."""
    if request.param == "valkey":
        url = request.getfixturevalue("valkey_url")
    elif request.param == "postgresql":
        url = request.getfixturevalue("postgres_url")
    else:
        url = f"sqlite:///{tmp_path}/logins.sqlite3"
    if request.param != "valkey":
        engine = create_engine(url)
        database.upgrade(engine)
        engine.dispose()
    logins = open_store(request.param, url)
    yield Store(logins, request.param, url)
    if isinstance(logins, SqlLogins):
        logins._bound().dispose()
