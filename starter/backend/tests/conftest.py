"""The app on a database of its own, and a browser's view of it."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

BACKEND = Path(__file__).parents[1]
sys.path[:0] = [str(BACKEND), str(Path(__file__).parent)]

from visitor import Visitor

from app import create_app
from app.config import from_environment
from app.database import db

PASSWORD = "correct horse battery"


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


def settings_for(folder: Path, strategy: str = "session") -> dict[str, object]:
    return {
        **from_environment({"STARTER_DATA_FOLDER": str(folder), "STARTER_AUTH": strategy}),
        "TESTING": True,
        "STARTER_DEMO_PASSWORD": PASSWORD,
        "DOVETAIL_DELIVERY_SPA_FOLDER": None,
        "DOVETAIL_LOGS_FORMAT": "off",
    }


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
