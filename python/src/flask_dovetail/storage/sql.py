"""SQLAlchemy helpers for features with tables of their own, on connections of our own."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import Table, inspect

from ..core.errors import ConfigurationError, DovetailError
from .pool import BoundedPool
from .self_wait import would_wait_for_itself

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy import Connection, Engine

T = TypeVar("T")

_AT_ONCE = 500
"""The values in one statement: SQLite once took 999 parameters at most."""


def require(table: Table, connection: Connection) -> None:
    """Check that `table` has been made.

    Raises:
        ConfigurationError: `table` is missing.
    """
    if not inspect(connection).has_table(table.name):
        raise ConfigurationError(
            f"The table {table.name} is missing from "
            f"{connection.engine.url.render_as_string(hide_password=True)}.",
            key="engine= (or DOVETAIL_DATABASE_URL)",
            cure="Run `flask dovetail db upgrade`, or call "
            "flask_dovetail.database.upgrade(engine) where you migrate.",
        )


def batches(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """Yield the values in batches, each as large as one statement takes."""
    for first in range(0, len(values), _AT_ONCE):
        yield values[first : first + _AT_ONCE]


def dialect_insert(connection: Connection) -> Any:
    """Return the `insert` that knows ON CONFLICT, for the two databases that we test.

    Raises:
        DovetailError: it is another database.
    """
    name = connection.dialect.name
    if name == "postgresql":
        from sqlalchemy.dialects import postgresql

        return postgresql.insert
    if name == "sqlite":
        from sqlalchemy.dialects import sqlite

        return sqlite.insert
    raise DovetailError(f"Dovetail keeps these rows on SQLite or PostgreSQL, not on {name}.")


class Tables:
    """The tables of one feature, checked to be there at the first use in each process.

    Args:
        engine: gives the engine; asked at each use, in an app context.
        table: one of them, made with the others.
    """

    def __init__(self, engine: Callable[[], Engine], table: Table) -> None:
        self._get_engine = engine
        self._table = table
        self._pid = 0

    def engine(self) -> Engine:
        """Return the engine, once the tables are known to be there.

        Raises:
            ConfigurationError: the tables are missing.
        """
        engine = self._get_engine()
        if self._pid != os.getpid():
            with engine.connect() as connection:
                require(self._table, connection)
            self._pid = os.getpid()
        return engine

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a connection to read."""
        with self.engine().connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Open a short transaction, whatever isolation level the application chose.

        Raises:
            DovetailError: on SQLite, this thread's own session holds the lock.
        """
        engine = self.engine()
        refuse_self_wait(engine)
        if engine.dialect.name != "sqlite":
            engine = engine.execution_options(isolation_level="READ COMMITTED")
        with engine.begin() as connection:
            if engine.dialect.name == "sqlite":
                lock_sqlite(connection, self._table)
            yield connection


def refuse_self_wait(engine: Engine) -> None:
    """Refuse a write that would wait for itself.

    Raises:
        DovetailError: this thread's own session holds SQLite's write lock, so that a write on
            `engine` would wait for itself.
    """
    if would_wait_for_itself(engine):
        raise DovetailError(
            "Dovetail was asked to write while the session of this very request holds SQLite's "
            "write lock: it would wait for itself. Commit the session first, or pass session= "
            "where the function takes it."
        )


def lock_sqlite(connection: Connection, table: Table, *, wait_seconds: float | None = None) -> None:
    """Begin the transaction with SQLite's write lock.

    A transaction that reads first is refused at once when another has written in the meantime,
    however long the timeout.

    Args:
        table: one that is there.
        wait_seconds: how long to wait for the lock; None: as long as the pool says.
    """
    raw: Any = connection.connection.dbapi_connection
    pool = connection.engine.pool
    if isinstance(pool, BoundedPool):  # otherwise it is the application's own connection
        seconds = pool.limits.answer if wait_seconds is None else wait_seconds
        raw.execute(f"PRAGMA busy_timeout = {int(seconds * 1000)}")
    has_begun = raw.in_transaction  # by the driver, without the lock
    nothing = f"DELETE FROM {table.name} WHERE 0"  # noqa: S608
    connection.exec_driver_sql(nothing if has_begun else "BEGIN IMMEDIATE")
