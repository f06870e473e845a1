"""The engine of Dovetail's own rows, and the migrations of its `dovetail_*` tables.

The engine comes from the first of these that is there: `Dovetail(engine=...)`,
`DOVETAIL_DATABASE_URL`, or an SQLite file in the instance folder. Only that file is migrated
without being asked, and an SQLite database in memory, which nobody else could migrate.
"""

from __future__ import annotations

import logging
import os
import threading
import weakref
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core import settings, state
from ..core.errors import ConfigurationError
from ..core.settings import setting
from .given_engine import is_private_memory
from .limits import Limits
from .own_engine import OwnEngine, dispose, leave_nothing_open

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask
    from sqlalchemy import URL, Connection, Engine

_MIGRATION_LOCK = 0x_D07E_7A11
"""The PostgreSQL advisory lock under which one process migrates while the others wait."""


@dataclass(frozen=True)
class DatabaseSettings:
    """The database of Dovetail's rows, its connections, and how long a request waits for them."""

    url: str | None = setting(
        "DOVETAIL_DATABASE_URL",
        default=None,
        shown="SQLite: `dovetail.sqlite3` in the instance folder",
        doc="SQLAlchemy URL for Dovetail's own tables; not read with `Dovetail(engine=...)`.",
    )
    pool_size: int = setting(
        "DOVETAIL_DATABASE_POOL_SIZE",
        within=(1, 1000),
        default=5,
        doc="Connections that each process opens for Dovetail's own rows, beside the application's "
        "pool (`docs/database.md` says how many that makes).",
        unit="connections",
        beyond="the request waits for one that becomes free",
    )
    wait_seconds: float = setting(
        "DOVETAIL_DATABASE_WAIT_SECONDS",
        within=(0.1, 60),
        default=Limits().wait,
        doc="How long a request waits for one of these connections.",
        unit="seconds",
        beyond="503 `SERVICE_UNAVAILABLE`",
    )
    connect_seconds: float = setting(
        "DOVETAIL_DATABASE_CONNECT_SECONDS",
        within=(2, 60),
        default=Limits().connect,
        doc="How long a new connection to PostgreSQL may take; whole seconds, 2 at least.",
        unit="seconds",
        beyond="503 `SERVICE_UNAVAILABLE`",
    )
    answer_seconds: float = setting(
        "DOVETAIL_DATABASE_ANSWER_SECONDS",
        within=(0.1, 60),
        default=Limits().answer,
        doc="How long a statement of Dovetail's may take, or wait for a lock.",
        unit="seconds",
        beyond="503 `SERVICE_UNAVAILABLE`",
    )

    @property
    def limits(self) -> Limits:
        """The time limits of one request's waits for the database."""
        return Limits(self.wait_seconds, self.connect_seconds, self.answer_seconds)


log: logging.Logger = logging.getLogger("flask_dovetail.database")


@dataclass(frozen=True)
class Database:
    """The database of one app. Both callables are lazy, and may need an app context.

    Attributes:
        engine: returns the engine that reads and writes Dovetail's rows.
        given: returns the application's engine on the same database; None where it gave none.
        is_for_tests: whether tests may write there: it is in memory, the application gave it, or
            `init_app` saw `TESTING`.
    """

    engine: Callable[[], Engine]
    given: Callable[[], Engine] | None
    is_for_tests: bool


def getter(engine: Engine | Callable[[], Engine] | None) -> Callable[[], Engine] | None:
    """Return a function that returns the engine, whether the app gave an engine or a function.

    Raises:
        ConfigurationError: it is neither, such as a URL; or, when the function is called, it has
            returned no engine.
    """
    if engine is None:
        return None
    if callable(engine):
        return lambda: _require_engine(engine(), "engine= returned")
    _require_engine(engine, "engine= is")
    return lambda: engine


def _require_engine(engine: Engine, subject: str) -> Engine:
    if not hasattr(engine, "connect"):
        raise ConfigurationError(
            f"{subject} a {type(engine).__name__}.",
            key="engine=",
            cure="Give a SQLAlchemy engine, or a function that returns one, such as "
            "lambda: db.engine; or leave it out, and set DOVETAIL_DATABASE_URL.",
        )
    return engine


def init_app(app: Flask, engine: Callable[[], Engine] | None) -> Callable[[], Engine]:
    """Store and return the function that returns the engine for Dovetail's rows. Opens nothing."""
    own_settings = settings.read(DatabaseSettings, app.config)
    own: Callable[[], Engine]
    is_memory = False
    if engine is None:
        if own_settings.url is not None and "://" not in own_settings.url:
            raise _refusal("is not a URL")
        own = _Standalone(own_settings, Path(app.instance_path) / "dovetail.sqlite3")
        is_memory = own_settings.url is not None and _is_memory(own_settings.url)
        if is_memory and not app.testing:
            log.warning(
                "Dovetail's rows are in memory: logins end with the process, and another process "
                "does not know them.\n"
                "  key:  DOVETAIL_DATABASE_URL\n"
                "  cure: leave it out for an SQLite file in the instance folder, or give the URL "
                "of a database."
            )
    else:
        own = OwnEngine(engine, size=own_settings.pool_size, limits=own_settings.limits)
    is_for_tests = engine is not None or is_memory or app.testing
    state.put(app, Database(own, engine, is_for_tests))
    return own


def checks(
    engine: Callable[[], Engine], *others: Callable[[], Engine]
) -> dict[str, Callable[[], None]]:
    """Return the readiness check: it raises when the database is away, or its tables are missing.

    Where a pool is exhausted, it waits as long as that pool lets a caller wait.

    Args:
        engine: the one that has the tables.
        others: engines with pools of their own that requests take connections from, too.
    """

    def database() -> None:
        with engine().connect() as connection:
            connection.exec_driver_sql("SELECT version_num FROM dovetail_alembic_version")
        for other in others:
            with other().connect() as connection:
                connection.exec_driver_sql("SELECT 1")

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


class _Standalone:
    """Makes an engine where the application gives none, at the first call and after a fork."""

    def __init__(self, own_settings: DatabaseSettings, embedded: Path) -> None:
        self._settings = own_settings
        self._embedded = embedded
        self._lock = threading.Lock()
        self._engine: Engine | None = None
        self._pid = 0

    def __call__(self) -> Engine:
        if self._engine is None or self._pid != os.getpid():
            with self._lock:
                if self._engine is None or self._pid != os.getpid():
                    self._engine, self._pid = self._make(), os.getpid()
                    weakref.finalize(self, dispose, self._engine, self._pid)
        return self._engine

    def _make(self) -> Engine:
        from sqlalchemy import URL, event
        from sqlalchemy.exc import ArgumentError

        if self._settings.url is not None:
            try:
                engine = self._create(self._settings.url)
            except (ArgumentError, ModuleNotFoundError) as error:
                raise _refusal(f"cannot be used ({error})") from None
        else:
            self._embedded.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            keep_private(self._embedded)
            engine = self._create(URL.create("sqlite", database=str(self._embedded)))
        if engine.dialect.name == "sqlite":
            event.listen(engine, "connect", _tune_sqlite)
            event.listen(engine, "checkin", leave_nothing_open)
        if self._settings.url is None or is_private_memory(engine.url):
            upgrade(engine)
        return engine

    def _create(self, url: str | URL) -> Engine:
        from sqlalchemy import create_engine, make_url

        from .pool import engine_options

        options = engine_options(url, self._settings.limits)
        if options:
            options |= {"pool_size": self._settings.pool_size, "max_overflow": 0, "one_each": True}
        elif is_private_memory(make_url(url)):
            options = _one_connection(self._settings.limits)
        return create_engine(url, hide_parameters=True, **options)


def _one_connection(limits: Limits) -> dict[str, Any]:
    """Return options for SQLite in memory: all threads take turns with the one connection."""
    from sqlalchemy import QueuePool

    return {
        "poolclass": QueuePool,
        "pool_size": 1,
        "max_overflow": 0,
        "pool_timeout": limits.wait,
        "connect_args": {"check_same_thread": False},
    }


def _is_memory(url: str) -> bool:
    """Return `is_private_memory` of a URL, without an import of SQLAlchemy."""
    kind, _, rest = url.partition("://")
    is_sqlite = kind.partition("+")[0] == "sqlite"
    return is_sqlite and rest.partition("?")[0] in ("", "/", "/:memory:")


def _refusal(fact: str) -> ConfigurationError:
    return ConfigurationError(
        f"DOVETAIL_DATABASE_URL {fact}.",
        key="DOVETAIL_DATABASE_URL",
        cure="Write it as postgresql+psycopg://user@host/name, and install the driver it names.",
    )


def keep_private(file: Path) -> None:
    """Let only the owner read an SQLite file. SQLite gives its journal the file's own mode."""
    with suppress(OSError):  # it belongs to another user: SQLite reports what fails
        os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    for each in (file, Path(f"{file}-wal"), Path(f"{file}-shm")):
        with suppress(OSError):
            each.chmod(0o600)


def _tune_sqlite(connection: Any, _record: object) -> None:
    """Use WAL, so that readers and the writer do not wait for each other.

    A second writer waits, then fails.
    """
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = NORMAL")
    cursor.close()
