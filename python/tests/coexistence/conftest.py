"""The same app twice: as it was, and with `init_app` before or after its other extensions."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from flask_dovetail import Credentials, Dovetail, Identity

SECRET = "a secret of at least thirty-two bytes"
PASSWORD = "correct horse"
HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
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


@pytest.fixture(params=["before", "after"])
def order(request: pytest.FixtureRequest) -> str:
    """When `init_app` is called: before the app's extensions and views, or after them."""
    return str(request.param)


@pytest.fixture(params=[False, True], ids=["production", "testing"])
def testing(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


class Apps:
    """`was` is the app of before; `now` is the same with Dovetail."""

    def __init__(self, folder: Path, migrated: Path, order: str, testing: bool) -> None:
        self._folder, self._migrated = folder, migrated
        self._order, self._testing = order, testing

    def build(self, build: Build, **config: Any) -> tuple[Flask, Flask]:
        return self._make("was", build, None, config), self._make(
            "now", build, Dovetail(authenticate=check_password, load_identity=load_user), config
        )

    def _make(self, name: str, build: Build, dovetail: Dovetail | None, config: Any) -> Flask:
        folder = self._folder / name
        folder.mkdir()
        shutil.copy(self._migrated, folder / "dovetail.sqlite3")
        app = Flask("existing", instance_path=str(folder))
        app.config.update(SECRET_KEY=SECRET, TESTING=self._testing, **config)
        if dovetail is not None and self._order == "before":
            dovetail.init_app(app)
        build(app)
        if dovetail is not None and self._order == "after":
            dovetail.init_app(app)
        return app


@pytest.fixture
def apps(tmp_path: Path, migrated: Path, order: str, testing: bool) -> Apps:
    return Apps(tmp_path, migrated, order, testing)


def same(was: TestResponse, now: TestResponse) -> None:
    """Both answers have the same status, body and headers, but for what the page lists."""
    assert now.status_code == was.status_code
    assert now.data == was.data
    kept = [(k, v) for k, v in now.headers if k.lower() not in ADDED]
    assert sorted(kept) == sorted(was.headers)
    assert "X-Request-Id" in now.headers


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
