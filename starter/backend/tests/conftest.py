"""The app on a database of its own, and a browser's view of it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from flask import Flask

from app import create_app, passwords
from app.database import db
from starter_support.settings import PASSWORD, settings_for
from starter_support.visitor import Visitor


@pytest.fixture(scope="session", autouse=True)
def app_hasher() -> Iterator[PasswordHasher]:
    """The app's hasher. The tests, which sign in six hundred times, get one with the least work."""
    own = passwords._hasher
    passwords._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    yield own
    passwords._hasher = own


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder that `flask prepare` has been through."""
    folder = tmp_path_factory.mktemp("prepared")
    app = create_app(settings_for(folder))
    outcome = app.test_cli_runner().invoke(args=["prepare"])
    assert outcome.exit_code == 0, outcome.output
    with app.app_context():
        db.engine.dispose()
    return folder


@pytest.fixture
def strategy() -> str:
    """Parametrised by modules whose promises hold in both."""
    return "session"


@pytest.fixture
def app(prepared: Path, tmp_path: Path, strategy: str) -> Iterator[Flask]:
    shutil.copytree(prepared, tmp_path, dirs_exist_ok=True)
    app = create_app(settings_for(tmp_path, strategy))
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def visitor(app: Flask) -> Visitor:
    """Somebody who is not signed in."""
    return Visitor(app)


@pytest.fixture
def member(app: Flask) -> Visitor:
    """Somebody who is signed in as demo@example.com."""
    return Visitor(app).sign_in("demo@example.com", PASSWORD)


@pytest.fixture
def staff(app: Flask) -> Visitor:
    return Visitor(app).sign_in("staff@example.com", PASSWORD)
