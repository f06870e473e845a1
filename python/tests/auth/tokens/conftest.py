"""Tables of signing keys, on every database there is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from flask_dovetail.auth.logins.tables import signing_keys
from flask_dovetail.auth.tokens.keys.ring import DerivedKeys, KeyRing
from support.databases import migrate
from support.key_rings import SECRET, KeyTable


@pytest.fixture(params=["sqlite", "postgresql"])
def keys_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database with the tables made."""
    url: str = (
        f"sqlite:///{tmp_path}/keys.sqlite3"
        if request.param == "sqlite"
        else request.getfixturevalue("postgres_url")
    )
    migrate(url)
    return url


@pytest.fixture
def table(keys_url: str) -> Iterator[KeyTable]:
    """An empty table of signing keys."""
    engine = create_engine(keys_url, pool_size=10, max_overflow=20)
    yield KeyTable(engine)
    engine.dispose()


@pytest.fixture
def sqlite_table() -> Iterator[KeyTable]:
    """An empty table of signing keys in memory, for what does not depend on the database."""
    engine = create_engine("sqlite://")
    signing_keys.create(engine)
    yield KeyTable(engine)
    engine.dispose()


@pytest.fixture(params=["EdDSA", "ES256", "HS256"])
def ring(request: pytest.FixtureRequest, sqlite_table: KeyTable) -> KeyRing:
    """A ring of every algorithm there is."""
    if request.param == "HS256":
        return DerivedKeys([SECRET])
    return sqlite_table.worker(algorithm=request.param)
