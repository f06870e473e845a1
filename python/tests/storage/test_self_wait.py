"""SQLite's one writer: a request never waits for the lock that it holds itself."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, event, text

from flask_dovetail import DovetailError
from flask_dovetail.files.tables import files
from flask_dovetail.storage import database
from flask_dovetail.storage.limits import Limits
from flask_dovetail.storage.own_engine import OwnEngine
from flask_dovetail.storage.self_wait import _writers
from flask_dovetail.storage.sql import Tables


@pytest.fixture
def given(tmp_path: Path) -> Iterator[Engine]:
    engine = create_engine(f"sqlite:///{tmp_path}/app.sqlite3")
    database.upgrade(engine)
    with engine.begin() as connection:
        connection.execute(text("PRAGMA journal_mode = WAL"))
        connection.execute(text("CREATE TABLE things (id INTEGER)"))
    yield engine
    engine.dispose()


@pytest.fixture
def tables(given: Engine) -> Tables:
    own = OwnEngine(lambda: given, size=2, limits=Limits(answer=20))
    found = Tables(own, files)
    found.engine()  # as in a process that has served a request
    return found


def write(tables: Tables) -> None:
    with tables.writing():
        pass


def test_a_write_beside_an_uncommitted_one_of_its_own_is_refused_at_once(
    given: Engine, tables: Tables
) -> None:
    with given.begin() as connection:
        connection.execute(text("INSERT INTO things VALUES (1)"))
        began = time.monotonic()
        with pytest.raises(DovetailError, match="wait for itself"):
            write(tables)
        assert time.monotonic() - began < 10  # the lock would have been waited for 20 s


def test_finished_transaction_does_not_block_a_write(given: Engine, tables: Tables) -> None:
    with given.connect() as connection:
        connection.execute(text("INSERT INTO things VALUES (1)"))
        connection.commit()
        write(tables)
        connection.execute(text("INSERT INTO things VALUES (2)"))
        connection.rollback()
        write(tables)


def test_a_transaction_that_only_reads_is_no_hindrance(given: Engine, tables: Tables) -> None:
    """Applications that follow SQLAlchemy's recipe for SQLite begin such transactions."""

    @event.listens_for(given, "begin")
    def begin(connection: object) -> None:
        connection.exec_driver_sql("BEGIN")  # type: ignore[attr-defined]

    with given.connect() as connection:
        connection.execute(text("INSERT INTO things VALUES (1)"))
        connection.commit()
        connection.execute(text("SELECT * FROM things"))
        write(tables)


def test_nothing_is_noted_of_connections_that_are_not_in_use(given: Engine, tables: Tables) -> None:
    """Neither of Dovetail's own, which are opened as the application's, nor of lost ones."""
    write(tables)
    given.connect().invalidate()
    detached = given.connect()
    detached.detach()
    assert _writers[given]._in_use == {}
    detached.close()


def test_a_write_of_another_thread_is_waited_for(given: Engine, tables: Tables) -> None:
    with given.begin() as connection:
        connection.execute(text("INSERT INTO things VALUES (1)"))
        with ThreadPoolExecutor(1) as other:
            waiting = other.submit(write, tables)
            time.sleep(0.1)
            assert not waiting.done()
            connection.commit()
            waiting.result()
