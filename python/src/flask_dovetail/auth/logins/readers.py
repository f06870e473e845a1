"""Run the statement that every guarded request waits for on the driver itself.

SQLAlchemy would take four times as long for one row as SQLite or psycopg takes.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import weakref
from contextlib import suppress
from functools import cache
from time import monotonic
from typing import TYPE_CHECKING, Any, Protocol

from ...core import greenlets
from ...storage.given_engine import is_in_memory

if TYPE_CHECKING:
    from sqlalchemy import Engine


_LOST_SECONDS = 0.5
"""A lost connection says so at once. Another one is asked only then.

A server that takes longer to fail would make the request wait as long again.
"""

_CURSOR = "dovetail_cursor"
"""In the pool's `info` of a connection, which goes with the connection."""


class UnreadError(Exception):
    """The connection was lost at once and is dropped; the caller should ask another one."""


class Reader(Protocol):
    """Reads single rows, each in a transaction of its own, so that it never misses a commit."""

    def row(self, statement: str, *values: str) -> Any:
        """Return the first row, or None.

        Args:
            statement: its parameters are written as `?`.

        Raises:
            UnreadError: another connection may be asked.
            sqlalchemy.exc.SQLAlchemyError: the failure as SQLAlchemy would raise it.
        """
        ...


def reader_for(engine: Engine) -> Reader | None:
    """Return the reader for the driver of `engine`; None where SQLAlchemy has to read."""
    if engine.dialect.driver == "psycopg":
        return PsycopgReader(engine)
    # There are as many greenlets as sockets: a connection for each would be too many.
    is_file = engine.dialect.driver == "pysqlite" and not is_in_memory(engine)
    return SqliteReader(engine) if is_file and not greenlets.in_use() else None


@cache
def _for_psycopg(statement: str) -> str:
    return statement.replace("?", "%s")


class PsycopgReader:
    """Reads through a connection of the pool, in autocommit mode."""

    def __init__(self, engine: Engine) -> None:
        import psycopg

        self._engine = engine
        self._error = psycopg.Error

    def row(self, statement: str, *values: str) -> Any:
        """See `Reader.row`."""
        try:
            pooled = self._engine.raw_connection()
        except self._error:  # SQLAlchemy translates it only where it connects itself
            raise UnreadError from None
        connection: Any = pooled.driver_connection
        began = monotonic()
        try:
            cursor = pooled.info.get(_CURSOR)  # making one takes a third of the time of a read
            if cursor is None:
                cursor = pooled.info[_CURSOR] = connection.cursor()
            connection.autocommit = True  # one statement is a transaction anyway
            row = cursor.execute(_for_psycopg(statement), values, prepare=True).fetchone()
            connection.autocommit = False
        except BaseException as error:  # a greenlet's end, too: nobody may get half an answer
            pooled.invalidate()
            if not isinstance(error, self._error):
                raise
            if monotonic() < began + _LOST_SECONDS:
                raise UnreadError from None
            raise _as_sqlalchemy(self._engine, statement, error, self._error) from error
        pooled.close()
        return row


class SqliteReader:
    """Reads through one autocommit connection of each thread and process.

    The connection is made as the engine makes its own, with the application's connect events and
    arguments, but in no pool: no reader waits for a place that a writer holds.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._local = threading.local()

    def row(self, statement: str, *values: str) -> Any:
        """See `Reader.row`."""
        own: _OwnConnection | None = getattr(self._local, "value", None)
        try:
            if own is None or own.pid != os.getpid():  # SQLite forbids a connection after a fork
                own = self._local.value = _OwnConnection(self._engine)
            return own.connection.execute(statement, values).fetchone()
        except sqlite3.Error as error:
            self._local.value = None
            raise _as_sqlalchemy(self._engine, statement, error, sqlite3.Error) from error


def _as_sqlalchemy(
    engine: Engine, statement: str, error: Exception, base: type[Exception]
) -> Exception:
    """Return the exception that SQLAlchemy would raise for this failure: one kind of outage.

    Args:
        base: the class of all errors of the driver.
    """
    from sqlalchemy.exc import DBAPIError

    translated = DBAPIError.instance(
        statement, None, error, base, hide_parameters=True, dialect=engine.dialect
    )
    return translated if isinstance(translated, Exception) else error


class _OwnConnection:
    """A connection in no pool, which is closed with its thread, or with its reader."""

    def __init__(self, engine: Engine) -> None:
        self.pid = os.getpid()
        pooled = engine.pool.recreate().connect()
        self.connection: sqlite3.Connection = pooled.driver_connection  # type: ignore[assignment]
        pooled.detach()
        self.connection.isolation_level = None
        if getattr(self.connection, "autocommit", True) is False:  # possible from Python 3.12 on
            self.connection.autocommit = True  # type: ignore[attr-defined]
        weakref.finalize(self, _close, self.connection, self.pid)


def _close(connection: sqlite3.Connection, pid: int) -> None:
    if os.getpid() == pid:
        with suppress(sqlite3.ProgrammingError):  # bound to a thread that has ended
            connection.close()
