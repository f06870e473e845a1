"""A site whose people sign in with real providers, and a browser that goes there and back."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine
from werkzeug.test import TestResponse

from flask_dovetail import auth, contract
from flask_dovetail.auth.authority import Auth
from flask_dovetail.auth.logins.store import Logins
from flask_dovetail.auth.providers import ExternalAccount
from flask_dovetail.auth.providers.connections import Connections
from flask_dovetail.auth.providers.listing import Providers
from flask_dovetail.core import state
from flask_dovetail.problems import AccountExists
from flask_dovetail.storage import database, valkey
from flask_dovetail.storage import outage_errors as faults
from flask_dovetail.storage.given_engine import given_engine
from flask_dovetail.topology import Topology
from support.clock import Clock
from support.paths import TESTS
from support.ports import free_port

API = "http://localhost:5000"
APP = "http://localhost:5173"
NAMES = ("starter", "other", "plain")
# With the dot after its header: the letters alone also turn up in a random state.
SIGNED_TOKEN = re.compile(r"eyJ[\w-]*\.")


class IdentityProvider:
    """A provider of ours in a process of its own."""

    def __init__(self) -> None:
        port = free_port()
        self.issuer = f"http://127.0.0.1:{port}"
        allowed = [
            f"--redirect-uri={API}{prefix}/auth/providers/{name}/callback"
            for name in NAMES
            for prefix in ("", "/app")
        ]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "support.oidc_server", str(port), *allowed],
            cwd=TESTS,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "ready\n"

    def control(self, **faults: Any) -> None:
        """Order faults; none heals."""
        requests.post(f"{self.issuer}/control", json=faults, timeout=5).raise_for_status()

    def asked(self) -> dict[str, int]:
        """How often each endpoint was asked since the last order."""
        counted: dict[str, int] = requests.get(f"{self.issuer}/control", timeout=5).json()
        return counted

    def consent(self, url: str, person: str, *, decision: str = "continue") -> str:
        """Return the address that the provider's page sends somebody back to."""
        answer = requests.post(
            url, data={"person": person, "decision": decision}, allow_redirects=False, timeout=5
        )
        return answer.headers["Location"]

    def close(self) -> None:
        self._process.terminate()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()


@dataclass
class ProviderSite:
    """An app whose accounts are numbers, made by `identify_external` or before."""

    app: Flask
    clock: Clock = field(default_factory=Clock)
    emails: dict[str, str | None] = field(default_factory=dict)
    disabled: set[str] = field(default_factory=set)
    asked: list[ExternalAccount] = field(default_factory=list)
    identify: Callable[[ExternalAccount], auth.Identity | None] | None = None

    def authenticate(self, credentials: auth.Credentials) -> auth.Identity | None:
        found = (s for s, email in self.emails.items() if email == credentials.email)
        subject = next(found, None)
        return None if subject is None else auth.Identity(subject)

    def load_identity(self, subject: str) -> auth.Identity | None:
        known = subject in self.emails and subject not in self.disabled
        return auth.Identity(subject, scopes=("notes",)) if known else None

    def identify_external(self, account: ExternalAccount) -> auth.Identity | None:
        self.asked.append(account)
        if self.identify is not None:
            return self.identify(account)
        if account.email is not None and account.email in self.emails.values():
            raise AccountExists
        subject = f"account-{len(self.emails) + 1}"
        self.emails[subject] = account.email
        return auth.Identity(subject)

    def browser(self) -> Browser:
        return Browser(self.app.test_client())

    def logins(self) -> Logins:
        with self.app.app_context():
            return state.get(Auth).logins

    def connections(self) -> Connections:
        with self.app.app_context():
            return state.get(Providers).connections


def set_client_clock(site: ProviderSite, seconds: float) -> None:
    """Stop the monotonic clock by which the client of `starter` keeps what it was told."""
    with site.app.app_context():
        client = state.get(Providers).clients["starter"]
    client._clock = client._metadata._clock = lambda: seconds


class Browser:
    """A client with cookies of its own, at the API's origin."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def get(self, path: str, **kwargs: Any) -> TestResponse:
        where = path if path.startswith("http") else API + path
        return self.client.get(where, **kwargs)

    def get_with(self, path: str, cookies: str) -> TestResponse:
        """Return the answer to exactly this `Cookie` header, without other cookies."""
        thief = self.client.application.test_client(use_cookies=False)
        return Browser(thief).get(path, headers={"Cookie": cookies})

    def start(
        self, name: str = "starter", *, headers: dict[str, str] | None = None, **query: str
    ) -> TestResponse:
        return self.get(f"/auth/providers/{name}/start", query_string=query, headers=headers)

    def sign_in(
        self, idp: IdentityProvider, person: str = "ada", name: str = "starter", **query: str
    ) -> TestResponse:
        """The whole way; the answer of the callback."""
        return self.get(idp.consent(self.start(name, **query).location, person))

    def password(self, email: str) -> TestResponse:
        """Sign in without a provider."""
        body = {"email": email, "password": "x"}
        return self.post("/auth/login", json=body)

    def post(self, path: str, **kwargs: Any) -> TestResponse:
        return self._unsafe("POST", path, **kwargs)

    def delete(self, path: str, **kwargs: Any) -> TestResponse:
        return self._unsafe("DELETE", path, **kwargs)

    def connect(self, name: str = "starter", **body: str) -> TestResponse:
        return self.post(f"/auth/providers/{name}/connect", json=body)

    def who(self) -> str | None:
        """The subject that this browser is signed in as, by either strategy."""
        login = self.get("/auth/session").json["login"]
        return None if login is None else login["subject"]

    def token(self) -> str | None:
        """An access token, in the token strategy."""
        answer = self.client.post(
            API + "/auth/refresh", headers={"Origin": APP, "X-Requested-With": "XMLHttpRequest"}
        )
        return answer.json.get("access_token")

    def _unsafe(self, method: str, path: str, **kwargs: Any) -> TestResponse:
        headers = {"Origin": APP}
        if self.client.get_cookie("rt", path="/auth") is not None:
            headers["Authorization"] = f"Bearer {self.token()}"
        else:
            headers["X-CSRF-Token"] = self.get("/api/csrf-token").json["csrf"]
        return self.client.open(API + path, method=method, headers=headers, **kwargs)

    @property
    def flows(self) -> dict[str, str]:
        """The cookies of the flows that are under way, by name."""
        kept = self.client._cookies.values()
        return {cookie.key: cookie.value for cookie in kept if "provider-" in cookie.key}


def query_of(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


MakeSite = Callable[..., ProviderSite]


@contextmanager
def provider_sites(
    folder: Path, migrated: Path, idp: IdentityProvider, other_idp: IdentityProvider
) -> Iterator[MakeSite]:
    """Give what makes sites below `folder`, on copies of the SQLite file `migrated`.

    `engine=` is a test's own, `newcomers=False` is one without newcomers.
    """
    engines: list[Callable[[], Engine]] = []

    def make(
        *, engine: Callable[[], Engine] | None = None, newcomers: bool = True, **config: Any
    ) -> ProviderSite:
        instance = folder / f"instance{len(engines)}"
        instance.mkdir()
        own = f"sqlite:///{shutil.copy(migrated, instance)}"
        app = Flask(__name__, instance_path=str(instance))
        client = {"client_id": "starter", "client_secret": "starter-secret"}
        app.config.update(
            {
                "DOVETAIL_AUTH_STRATEGY": "session",
                "SECRET_KEY": "a key that is long enough to be one",
                "DOVETAIL_DATABASE_URL": None if engine else own,
                "DOVETAIL_API_ORIGIN": API,
                "DOVETAIL_FRONTEND_ORIGINS": [APP, "http://localhost:5174"],
                "DOVETAIL_AUTH_PROVIDERS": {
                    "starter": {"issuer": idp.issuer, "title": "Example ID", **client},
                    "other": {"issuer": other_idp.issuer, **client},
                    "plain": {
                        "authorize_url": f"{idp.issuer}/authorize",
                        "token_url": f"{idp.issuer}/token",
                        "userinfo_url": f"{idp.issuer}/userinfo",
                        "subject_field": "sub",
                        "scopes": ["email", "profile"],
                        **client,
                    },
                },
                **config,
            }
        )
        app.extensions[state.KEY] = state.State()
        topology = Topology.from_config(app.config)
        state.put(app, topology)
        site = ProviderSite(app)
        engines.append(database.init_app(app, engine))
        contract.init_app(
            app,
            request_id=lambda: None,
            store_of=faults.store_of,
            security_schemes=auth.security_schemes(topology, app.config["DOVETAIL_AUTH_STRATEGY"]),
        )
        auth.init_app(
            app,
            topology=topology,
            authenticate=site.authenticate,
            load_identity=site.load_identity,
            identify_external=site.identify_external if newcomers else None,
            engine=engines[-1],
            valkey=valkey.init_app(app),
            clock=site.clock,
        )
        app.testing = True
        return site

    yield make
    for engine in engines:
        given_engine(engine()).dispose()
