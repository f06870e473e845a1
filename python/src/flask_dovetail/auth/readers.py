"""The statement that every guarded request waits for, by the driver itself.

SQLAlchemy would take four times as long for one row as SQLite or psycopg takes.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import weakref
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol

from .. import greenlets
from ..storage.given_engine import is_in_memory

if TYPE_CHECKING:
    from sqlalchemy import Engine


class UnreadError(Exception):
    """The connection was lost, and is dropped: to be asked again by another one."""


class Reader(Protocol):
    """Reads single rows, each in a transaction of its own: what is committed is never missed."""

    def row(self, statement: str, *values: str) -> Any:
        """Return the first row, or None.

        Args:
            statement: its parameters are written as `?`.

        Raises:
            UnreadError: another connection may be asked.
            sqlalchemy.exc.SQLAlchemyError: as SQLAlchemy says it.
        """
        ...


def reader_for(engine: Engine) -> Reader | None:
    """Return the reader for the driver of `engine`; None where SQLAlchemy has to read."""
    if engine.dialect.driver == "psycopg":
        return PsycopgReader(engine)
    # Of greenlets there are as many as sockets: a connection for each would be too many.
    is_file = engine.dialect.driver == "pysqlite" and not is_in_memory(engine)
    return SqliteReader(engine) if is_file and not greenlets.in_use() else None


class PsycopgReader:
    """Reads by a connection of the pool, in autocommit mode."""

    def __init__(self, engine: Engine) -> None:
        import psycopg

        self._engine = engine
        self._error = psycopg.Error

    def row(self, statement: str, *values: str) -> Any:
        try:
            pooled = self._engine.raw_connection()
        except self._error:  # as SQLAlchemy says it only where it connects itself
            raise UnreadError from None
        connection: Any = pooled.driver_connection
        try:
            connection.autocommit = True  # one statement is a transaction anyway
            row = connection.execute(statement.replace("?", "%s"), values, prepare=True).fetchone()
            connection.autocommit = False
        except BaseException as error:  # also a greenlet's end: nobody may get half of an answer
            pooled.invalidate()
            if isinstance(error, self._error):
                raise UnreadError from None
            raise
        pooled.close()
        return row


class SqliteReader:
    """Reads by one autocommit connection of each thread and process.

    It is made as the engine makes its own, with the application's connect events and arguments, but
    in no pool: no reader waits for a place that a writer holds.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._kept = threading.local()

    def row(self, statement: str, *values: str) -> Any:
        kept: _Kept | None = getattr(self._kept, "value", None)
        try:
            if kept is None or kept.pid != os.getpid():  # SQLite forbids a connection after a fork
                kept = self._kept.value = _Kept(self._engine)
            return kept.connection.execute(statement, values).fetchone()
        except sqlite3.Error as error:
            self._kept.value = None
            raise self._as_sqlalchemy(statement, error) from error

    def _as_sqlalchemy(self, statement: str, error: sqlite3.Error) -> Exception:
        """The exception that the same failure raises through SQLAlchemy: one kind of outage."""
        from sqlalchemy.exc import DBAPIError

        made = DBAPIError.instance(
            statement,
            None,
            error,
            sqlite3.Error,
            hide_parameters=True,
            dialect=self._engine.dialect,
        )
        return made if isinstance(made, Exception) else error


class _Kept:
    """A connection in no pool, that is closed with its thread, or with its reader."""

    def __init__(self, engine: Engine) -> None:
        self.pid = os.getpid()
        pooled = engine.pool.recreate().connect()
        self.connection: sqlite3.Connection = pooled.driver_connection  # type: ignore[assignment]
        pooled.detach()
        self.connection.isolation_level = None
        if getattr(self.connection, "autocommit", True) is False:  # Python 3.12, where asked for
            self.connection.autocommit = True  # type: ignore[attr-defined]
        weakref.finalize(self, _close, self.connection, self.pid)


def _close(connection: sqlite3.Connection, pid: int) -> None:
    if os.getpid() == pid:
        with suppress(sqlite3.ProgrammingError):  # bound to a thread that has ended
            connection.close()
