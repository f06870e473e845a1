"""The engine that Dovetail's own rows are on, and the migrations of its `dovetail_*` tables.

Three ways, first come: `Dovetail(engine=...)`, `DOVETAIL_DATABASE_URL`, or an SQLite file in the
instance folder, which is the only one that is migrated without being asked.
"""

from __future__ import annotations

import os
import threading
import weakref
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import settings, state
from ..errors import ConfigurationError
from ..settings import setting

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask
    from sqlalchemy import Connection, Engine

BUSY_TIMEOUT_MS = 5000
_MIGRATION_LOCK = 0x_D07E_7A11
"""The PostgreSQL advisory lock under which one process migrates while the others wait."""


@dataclass(frozen=True)
class DatabaseSettings:
    """Where Dovetail's rows are kept when the application gives no engine."""

    url: str | None = setting(
        "DOVETAIL_DATABASE_URL",
        default=None,
        shown="SQLite: `dovetail.sqlite3` in the instance folder",
        doc="SQLAlchemy URL for Dovetail's own tables; not read with `Dovetail(engine=...)`.",
    )


@dataclass(frozen=True)
class Database:
    """The database of one app. `engine()` is lazy, and may need an app context."""

    engine: Callable[[], Engine]


def init_app(app: Flask, engine: Callable[[], Engine] | None) -> Callable[[], Engine]:
    """Keep, and return, what gives this app's engine. Opens nothing."""
    if engine is None:
        url = settings.read(DatabaseSettings, app.config).url
        if url is not None and "://" not in url:
            raise _refused("is not a URL")
        engine = _Own(url, Path(app.instance_path) / "dovetail.sqlite3")
    state.put(app, Database(engine))
    return engine


def checks(engine: Callable[[], Engine]) -> dict[str, Callable[[], None]]:
    """The readiness check: raises when the database is away, or its tables have not been made."""

    def database() -> None:
        with engine().connect() as connection:
            connection.exec_driver_sql("SELECT version_num FROM dovetail_alembic_version")

    return {"database": database}


def upgrade(engine: Engine) -> None:
    """Bring the `dovetail_*` tables to the newest revision, in one transaction.

    Safe to call from several processes at once: one works, the others wait and find it done.
    """
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "flask_dovetail:migrations")
    with engine.begin() as connection:
        _lock(connection)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _lock(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})")
    elif connection.dialect.name == "sqlite":
        raw: Any = connection.connection.dbapi_connection
        if not raw.in_transaction:  # the driver begins none for DDL
            connection.exec_driver_sql("BEGIN IMMEDIATE")


class _Own:
    """An engine of Dovetail's own, made at the first call and again in a forked process."""

    def __init__(self, url: str | None, embedded: Path) -> None:
        self._url = url
        self._embedded = embedded
        self._lock = threading.Lock()
        self._engine: Engine | None = None
        self._pid = 0

    def __call__(self) -> Engine:
        if self._engine is None or self._pid != os.getpid():
            with self._lock:
                if self._engine is None or self._pid != os.getpid():
                    self._engine, self._pid = self._make(), os.getpid()
                    weakref.finalize(self, _dispose, self._engine, self._pid)
        return self._engine

    def _make(self) -> Engine:
        from sqlalchemy import URL, create_engine, event
        from sqlalchemy.exc import ArgumentError

        if self._url is not None:
            try:
                engine = create_engine(self._url, pool_pre_ping=True, hide_parameters=True)
            except (ArgumentError, ModuleNotFoundError) as error:
                raise _refused(f"cannot be used ({error})") from None
        else:
            self._embedded.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            keep_private(self._embedded)
            url = URL.create("sqlite", database=str(self._embedded))
            engine = create_engine(url, hide_parameters=True)
        if engine.dialect.name == "sqlite":
            event.listen(engine, "connect", _tune_sqlite)
            event.listen(engine, "checkin", _leave_nothing_open)
        if self._url is None:
            upgrade(engine)
        return engine


def _dispose(engine: Engine, pid: int) -> None:
    if os.getpid() == pid:
        engine.dispose()


def _refused(fact: str) -> ConfigurationError:
    return ConfigurationError(
        f"DOVETAIL_DATABASE_URL {fact}.",
        key="DOVETAIL_DATABASE_URL",
        cure="Write it as postgresql+psycopg://user@host/name, and install the driver it names.",
    )


def keep_private(file: Path) -> None:
    """Let only the owner read an SQLite file. SQLite gives its journal the file's own mode."""
    with suppress(OSError):  # another's file: SQLite says what is wrong, if anything is
        os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    for each in (file, Path(f"{file}-wal"), Path(f"{file}-shm")):
        with suppress(OSError):
            each.chmod(0o600)


def _tune_sqlite(connection: Any, _record: object) -> None:
    """WAL: readers and the writer do not wait for each other. A second writer waits, then fails."""
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = NORMAL")
    cursor.close()


def _leave_nothing_open(connection: Any, _record: object) -> None:
    """A COMMIT that failed leaves its transaction open, which SQLAlchemy takes for ended: whoever
    is given the connection next would commit it.
    """
    if connection is not None and connection.in_transaction:
        connection.rollback()
