"""A small site with people on it, and a browser that keeps its cookies or its access token."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine
from werkzeug.test import TestResponse

from flask_dovetail import auth, contract
from flask_dovetail.auth.authority import Auth
from flask_dovetail.auth.logins.store import Logins
from flask_dovetail.core import state
from flask_dovetail.storage import database, outage_errors, valkey
from flask_dovetail.storage.given_engine import given_engine
from flask_dovetail.topology import Topology
from support.clock import Clock

PASSWORD = "correct horse battery staple"
SECRET_KEY = "a key that is long enough to be one"


@dataclass
class AuthSite:
    """An app, and the people who may sign in to it: subject to identity, None when disabled."""

    app: Flask
    clock: Clock
    people: dict[str, auth.Identity | None] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    password: str = PASSWORD
    after_reading: Callable[[], None] = lambda: None
    """Called while a password is checked: what it is compared with has been read already."""

    def authenticate(self, credentials: auth.Credentials) -> auth.Identity | None:
        self.asked.append(credentials.email)
        stored = self.password
        self.after_reading()
        if credentials.password.get_secret_value() != stored:
            return None
        return self.people.get(credentials.email.partition("@")[0])

    def load_identity(self, subject: str) -> auth.Identity | None:
        return self.people.get(subject)

    def browser(self) -> Browser:
        """One that goes by this site's strategy."""
        kind = TokenBrowser if self.uses_tokens else Browser
        return kind(self.app.test_client())

    def token_browser(self) -> TokenBrowser:
        assert self.uses_tokens
        return TokenBrowser(self.app.test_client())

    @property
    def uses_tokens(self) -> bool:
        return self.app.config.get("DOVETAIL_AUTH_STRATEGY") == "token"

    def authority(self) -> Auth:
        return state.get(Auth, self.app)

    def logins(self) -> Logins:
        with self.app.app_context():
            return self.authority().logins


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


class TokenBrowser(Browser):
    """One that keeps its access token in memory, and refreshes it when told to.

    `token` stays None: it needs no CSRF token, and sends none.
    """

    access_token: str | None = None

    def sign_in(
        self, subject: str = "ada", password: str = PASSWORD, **kwargs: Any
    ) -> TestResponse:
        body = {"email": f"{subject}@example.com", "password": password}
        return self._granted(self.client.post("/auth/login", json=body, **kwargs))

    def refresh(self, token: str | None = None, **kwargs: Any) -> TestResponse:
        """Refresh by the browser's cookie, or by the refresh token `token`."""
        if token is not None:
            self.client.set_cookie("rt", token, path="/auth")
        headers = {"X-Requested-With": "XMLHttpRequest", **kwargs.pop("headers", {})}
        return self._granted(self.client.post("/auth/refresh", headers=headers, **kwargs))

    def get(self, path: str, **kwargs: Any) -> TestResponse:
        return self.client.get(path, headers=self._signed(kwargs), **kwargs)

    def _unsafe(self, method: str, path: str, **kwargs: Any) -> TestResponse:
        return self.client.open(path, method=method, headers=self._signed(kwargs), **kwargs)

    def _signed(self, kwargs: dict[str, Any]) -> dict[str, str]:
        headers: dict[str, str] = {
            "X-Requested-With": "XMLHttpRequest",
            **kwargs.pop("headers", {}),
        }
        if self.access_token is not None:
            headers.setdefault("Authorization", f"Bearer {self.access_token}")
        return headers

    def _granted(self, answer: TestResponse) -> TestResponse:
        if answer.status_code == 200:
            self.access_token = answer.json["access_token"]
        return answer

    @property
    def refresh_token(self) -> str | None:
        cookie = self.client.get_cookie("rt", path="/auth")
        return None if cookie is None else cookie.value


MakeSite = Callable[..., AuthSite]


@contextmanager
def auth_sites(folder: Path, migrated: Path) -> Iterator[MakeSite]:
    """Give what makes sites below `folder`, on copies of the SQLite file `migrated`.

    `engine=` is an engine of the test's, the rest is configuration.
    """
    engines: list[Callable[[], Engine]] = []

    def make(*, engine: Callable[[], Engine] | None = None, **config: Any) -> AuthSite:
        instance = folder / f"instance{len(engines)}"
        instance.mkdir()
        own = f"sqlite:///{shutil.copy(migrated, instance)}"
        app = Flask(__name__, instance_path=str(instance))
        app.config.update(
            {"SECRET_KEY": SECRET_KEY, "DOVETAIL_DATABASE_URL": None if engine else own, **config}
        )
        app.extensions[state.KEY] = state.State()
        topology = Topology.from_config(app.config)
        clock = Clock()
        site = AuthSite(app, clock)
        site.people = {
            "ada": auth.Identity("ada", roles=("staff",), scopes=("posts:write", "posts:read")),
            "bob": auth.Identity("bob"),
        }
        engines.append(database.init_app(app, engine))
        contract.init_app(
            app,
            request_id=lambda: None,
            store_of=outage_errors.store_of,
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
        given_engine(engine()).dispose()
