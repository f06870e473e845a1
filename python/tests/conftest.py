"""Real services for tests, out of wheels: PostgreSQL and Valkey, one server per test worker.

`postgres_url` and `valkey_url` are a fresh database each; `postgres` and `valkey_server` are the
servers themselves, for tests that stop and start them.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import has_app_context
from flask.globals import _cv_app
from hypothesis import settings

from support.databases import migrate
from support.servers import Postgres, Valkey, running

# The same examples in every run: what fails for one fails for all, and a busy machine is no fault.
settings.register_profile("the same for all", derandomize=True, deadline=None)
settings.load_profile("the same for all")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One server per test worker. A test that stops it starts it again."""
    with running(Postgres()) as server:
        yield server


@pytest.fixture
def postgres_url(postgres: Postgres) -> Iterator[str]:
    """The SQLAlchemy URL of a database that only this test uses."""
    url = postgres.create_database()
    yield url
    postgres.drop_database(url)


@pytest.fixture(scope="session")
def valkey_server() -> Iterator[Valkey]:
    """One server per test worker. A test that stops it starts it again."""
    with running(Valkey()) as server:
        yield server


@pytest.fixture
def valkey_url(valkey_server: Valkey) -> str:
    """The URL of an empty Valkey."""
    import valkey

    with valkey.Valkey.from_url(valkey_server.url) as client:
        client.flushall()
    return valkey_server.url


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with our tables: making them anew for each site would be most of the work."""
    path = tmp_path_factory.mktemp("migrated") / "dovetail.sqlite3"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(autouse=True)
def no_context_is_left_behind() -> Iterator[None]:
    """Every app and request context that a test or the library opens is closed again."""
    yield
    left = []
    while has_app_context():
        left.append(repr(_cv_app.get()))
        _cv_app.get().pop()
    assert left == []


@pytest.fixture(autouse=True)
def the_logger_of_the_library_is_as_it_was() -> Iterator[None]:
    """A whole app masks what is logged, for every test that follows in this process."""
    logger = logging.getLogger("flask_dovetail")
    handlers, level = list(logger.handlers), logger.level
    yield
    logger.handlers[:] = handlers
    logger.setLevel(level)
