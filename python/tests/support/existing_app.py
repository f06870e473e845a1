"""The same app twice: as it was, and with `init_app` before or after its other extensions."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from flask_dovetail import Credentials, Dovetail, Identity

SECRET = "a secret of at least thirty-two bytes"
PASSWORD = "correct horse"
HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
ACCEPTED: list[dict[str, str]] = [{}, HTML, {"Accept": "application/json"}]
ADDED = {
    "x-request-id",
    "x-content-type-options",
    "referrer-policy",
    "content-security-policy",
}
"""The headers that docs/adopting.md lists for the app's views."""

Build = Callable[[Flask], None]


def check_password(credentials: Credentials) -> Identity | None:
    known = credentials.password.get_secret_value() == PASSWORD
    return Identity("1", scopes=("posts:write",)) if known else None


def load_user(subject: str) -> Identity | None:
    return Identity(subject, scopes=("posts:write",))


class Apps:
    """`was` is the app of before; `now` is the same with Dovetail."""

    def __init__(self, folder: Path, migrated: Path, order: str, testing: bool) -> None:
        self._folder, self._migrated = folder, migrated
        self._order, self._testing = order, testing

    def build(
        self, build: Build, *, dovetail: Dovetail | None = None, **config: Any
    ) -> tuple[Flask, Flask]:
        """Build both; `dovetail` is one that is more than a sign-in."""
        if dovetail is None:
            dovetail = Dovetail(authenticate=check_password, load_identity=load_user)
        return self._make("was", build, None, config), self._make("now", build, dovetail, config)

    def _make(self, name: str, build: Build, dovetail: Dovetail | None, config: Any) -> Flask:
        folder = self._folder / name
        folder.mkdir()
        shutil.copy(self._migrated, folder / "dovetail.sqlite3")
        app = Flask(__name__, instance_path=str(folder))
        app.config.update(SECRET_KEY=SECRET, TESTING=self._testing, **config)
        if dovetail is not None and self._order == "before":
            dovetail.init_app(app)
        build(app)
        if dovetail is not None and self._order == "after":
            dovetail.init_app(app)
        return app


def same(was: TestResponse, now: TestResponse) -> None:
    """Both answers have the same status, body and headers, but for what the page lists."""
    assert now.status_code == was.status_code
    assert now.data == was.data
    kept = [(k, v) for k, v in now.headers if k.lower() not in ADDED]
    assert sorted(kept) == sorted(was.headers)
    assert "X-Request-Id" in now.headers


def same_for_all(
    was: FlaskClient, now: FlaskClient, requests: list[tuple[str, str]], **kwargs: Any
) -> list[TestResponse]:
    """Ask both apps the same, and return the answers, which have to be the same."""
    answers = []
    for method, path in requests:
        answers.append(now.open(path, method=method, buffered=True, **kwargs))
        same(was.open(path, method=method, buffered=True, **kwargs), answers[-1])
    return answers


def sign_in(client: FlaskClient) -> str:
    """Sign in to Dovetail, and return the CSRF token of the login."""
    token = client.get("/api/csrf-token").json["csrf"]
    answer = client.post(
        "/auth/login",
        json={"email": "a@example.com", "password": PASSWORD},
        headers={"X-CSRF-Token": token},
    )
    assert answer.status_code == 200, answer.text
    return str(answer.json["csrf"])


def has_guarded_resources(client: FlaskClient) -> None:
    """Require that the guards of `/rest/guarded` and `/rest/all-guarded` answer as they should.

    Those of a library's resources: with their status and code, under testing and in production.
    """
    guarded = ("/rest/guarded", "/rest/all-guarded")
    for path in guarded:
        refused = client.post(path)
        assert (refused.status_code, refused.json["code"]) == (401, "UNAUTHENTICATED")
    evil = {"Origin": "https://evil.example"}
    for path in ("/rest/guarded", "/rest/things/1"):
        refused = client.post(path, headers=evil)
        assert (refused.status_code, refused.json["code"]) == (403, "ORIGIN_NOT_ALLOWED")
    token = sign_in(client)
    for path in guarded:
        refused = client.post(path)
        assert (refused.status_code, refused.json["code"]) == (403, "CSRF_FAILED")
        assert client.post(path, headers={"X-CSRF-Token": token}).json == {"guarded": True}
    assert client.get("/rest/guarded").json == {"guarded": True}
