"""Logins in SQL, on connections of our own: the application's session is never committed.

Every step is one statement, or one short transaction. Reading is what every guarded request does,
so on an SQLite file each thread keeps one connection for it, outside the pool (`_SqliteReader`).
"""

from __future__ import annotations

import os
import sqlite3
import threading
import weakref
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, delete, insert, inspect, or_, select, update
from sqlalchemy.pool import SingletonThreadPool, StaticPool

from ..errors import ConfigurationError
from .rules import CLOCK_SKEW_SECONDS
from .store import Login
from .tables import logins

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection, Engine

_COLUMNS = [logins.c[name] for name in Login._fields]
_FIND = f"SELECT {', '.join(Login._fields)} FROM {logins.name} WHERE token_hash = ?"  # noqa: S608


class SqlLogins:
    """The SQL half of the `Logins` protocol.

    Args:
        engine: gives the engine; asked at the first use, in an app context.
        idle_seconds: the idle limit, for the sweep.
    """

    def __init__(self, engine: Callable[[], Engine], *, idle_seconds: int) -> None:
        self._given = engine
        self._idle_seconds = idle_seconds
        self._pid = 0
        self._engine: Engine
        self._reading: Engine
        self._reader: _SqliteReader | None

    def create(self, login: Login, token_hash: str, *, replaces: str | None = None) -> None:
        with self._bound().begin() as connection:
            if replaces is not None:
                connection.execute(delete(logins).where(logins.c.token_hash == replaces))
            connection.execute(insert(logins).values(token_hash=token_hash, **login._asdict()))

    def find(self, token_hash: str) -> Login | None:
        self._bound()
        if self._reader is not None:
            return self._reader.find(token_hash)
        with self._reading.connect() as connection:
            row = connection.execute(
                select(*_COLUMNS).where(logins.c.token_hash == token_hash)
            ).first()
        return None if row is None else Login._make(row)

    def touch(self, login: Login, token_hash: str, *, now: int) -> bool:
        still_there = and_(logins.c.id == login.id, logins.c.token_hash == token_hash)
        with self._bound().begin() as connection:
            moved = connection.execute(
                update(logins)
                .where(still_there, logins.c.last_seen_at < now)
                .values(last_seen_at=now)
            )
            if moved.rowcount:
                return True
            return connection.execute(select(logins.c.id).where(still_there)).first() is not None

    def rotate(self, login: Login, token_hash: str, *, successor: str) -> bool:
        return bool(
            self._write(
                update(logins)
                .where(logins.c.id == login.id, logins.c.token_hash == token_hash)
                .values(token_hash=successor)
            )
        )

    def end(self, subject: str, login_id: str) -> bool:
        return bool(
            self._write(delete(logins).where(logins.c.id == login_id, logins.c.subject == subject))
        )

    def end_all(self, subject: str, *, keep: str | None = None) -> int:
        mine = delete(logins).where(logins.c.subject == subject)
        return self._write(mine if keep is None else mine.where(logins.c.id != keep))

    def of_subject(self, subject: str) -> list[Login]:
        self._bound()
        with self._reading.connect() as connection:
            rows = connection.execute(
                select(*_COLUMNS)
                .where(logins.c.subject == subject)
                .order_by(logins.c.last_seen_at.desc(), logins.c.id)
            ).all()
        return [Login._make(row) for row in rows]

    def sweep(self, *, now: int, limit: int = 1000) -> int:
        told = now - CLOCK_SKEW_SECONDS
        ended = or_(logins.c.expires_at < told, logins.c.last_seen_at < told - self._idle_seconds)
        # The ids first, so that the delete locks few rows; in a transaction of their own, since
        # SQLite refuses to turn a reading one into a writing one when another has written.
        self._bound()
        with self._reading.connect() as connection:
            ids = connection.scalars(select(logins.c.id).where(ended).limit(limit)).all()
        return self._write(delete(logins).where(logins.c.id.in_(ids), ended)) if ids else 0

    def ping(self) -> None:
        self._bound()
        with self._reading.connect() as connection:
            connection.execute(select(logins.c.id).limit(1))

    def _write(self, statement: Any) -> int:
        with self._bound().begin() as connection:
            return int(connection.execute(statement).rowcount)

    def _bound(self) -> Engine:
        if self._pid != os.getpid():  # the first use, here or in a forked process
            engine = self._given()
            with engine.connect() as connection:
                _require_tables(connection, engine)
            sqlite = engine.dialect.name == "sqlite"
            self._engine = engine
            # One statement is a transaction anyway; on a server this saves BEGIN and ROLLBACK.
            # SQLite's in-memory databases share one connection, whose mode is not ours to change.
            self._reading = (
                engine if sqlite else engine.execution_options(isolation_level="AUTOCOMMIT")
            )
            self._reader = _SqliteReader(engine) if sqlite and _is_file(engine) else None
            self._pid = os.getpid()  # last: another thread must not see half of it
        return self._engine


def _require_tables(connection: Connection, engine: Engine) -> None:
    if not inspect(connection).has_table(logins.name):
        raise ConfigurationError(
            f"The table {logins.name} is missing from "
            f"{engine.url.render_as_string(hide_password=True)}.",
            key="engine= (or DOVETAIL_DATABASE_URL)",
            cure="Run `flask dovetail db upgrade`, or call "
            "flask_dovetail.server.database.upgrade(engine) where you migrate.",
        )


def _is_file(engine: Engine) -> bool:
    """In memory, a second connection would be a second database."""
    return engine.dialect.driver == "pysqlite" and not isinstance(
        engine.pool, (StaticPool, SingletonThreadPool)
    )


class _SqliteReader:
    """One autocommit connection per thread and process, for the one statement of the hot path.

    It comes from the engine, with the application's own connect events and arguments, and is then
    detached, so that the pool does not run dry. Each read is a transaction of its own: nothing that
    another connection has committed is missed.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._kept = threading.local()

    def find(self, token_hash: str) -> Login | None:
        kept: _Kept | None = getattr(self._kept, "value", None)
        if kept is None or kept.pid != os.getpid():  # SQLite forbids a connection after a fork
            kept = self._kept.value = _Kept(self._engine)
        try:
            row = kept.connection.execute(_FIND, (token_hash,)).fetchone()
        except sqlite3.Error as error:
            del self._kept.value
            raise self._as_sqlalchemy(error) from error
        return None if row is None else Login._make(row)

    def _as_sqlalchemy(self, error: sqlite3.Error) -> Exception:
        """The exception that the same failure raises through SQLAlchemy: one kind of outage."""
        from sqlalchemy.exc import DBAPIError

        made = DBAPIError.instance(
            _FIND, None, error, sqlite3.Error, hide_parameters=True, dialect=self._engine.dialect
        )
        return made if isinstance(made, Exception) else error


class _Kept:
    """A detached connection that is closed with its thread, or with its store."""

    def __init__(self, engine: Engine) -> None:
        self.pid = os.getpid()
        pooled = engine.raw_connection()
        self.connection: sqlite3.Connection = pooled.driver_connection  # type: ignore[assignment]
        pooled.detach()
        self.connection.isolation_level = None
        if getattr(self.connection, "autocommit", True) is False:  # Python 3.12, where asked for
            self.connection.autocommit = True  # type: ignore[attr-defined]
        weakref.finalize(self, _close, self.connection, self.pid)


def _close(connection: sqlite3.Connection, pid: int) -> None:
    if os.getpid() == pid:
        connection.close()
