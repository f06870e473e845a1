"""The app's database: SQLite in a file unless `DATABASE_URL` names a PostgreSQL server."""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import UTC, datetime
from inspect import iscoroutinefunction
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from flask_alembic import Alembic
from flask_sqlalchemy_lite import SQLAlchemy
from sqlalchemy import DateTime, TypeDecorator, event, make_url
from sqlalchemy.orm import DeclarativeBase

from flask_dovetail import engine_options as dovetail_options
from flask_dovetail.problems import NotFound

if TYPE_CHECKING:
    from flask import Flask
    from sqlalchemy import Dialect, Engine


class UtcDateTime(TypeDecorator[datetime]):
    """A moment; SQLite forgets the time zone, so it is written in UTC and read as UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """See `TypeDecorator.process_bind_param`."""
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """See `TypeDecorator.process_result_value`."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """The base of the mapped classes."""

    type_annotation_map = {datetime: UtcDateTime}  # noqa: RUF012 - SQLAlchemy reads it so


Row = TypeVar("Row", bound=Base)

db = SQLAlchemy()
alembic = Alembic(metadatas=Base.metadata, run_mkdir=False)


def init_app(app: Flask) -> None:
    """Make the engine for `app.config["DATABASE_URL"]`, and the `flask db` commands."""
    app.config["SQLALCHEMY_ENGINES"] = {"default": engine_options(app.config["DATABASE_URL"])}
    db.init_app(app)
    _close_nothing_asynchronously(app)
    alembic.init_app(app)
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            _keep_private(db.engine.url.database)
            _prepare_sqlite(db.engine)


def _close_nothing_asynchronously(app: Flask) -> None:
    """Remove the closing of asynchronous sessions, of which there are none.

    Each context would run an event loop for it, and greenlets share a thread, which can have only
    one.
    """
    functions = app.teardown_appcontext_funcs
    functions[:] = [function for function in functions if not iscoroutinefunction(function)]


def find_row(kind: type[Row], row_id: int) -> Row:
    """Return the row with that id.

    Raises:
        NotFound: there is none, or it has been deleted.
    """
    row = db.session.get(kind, row_id)
    if row is None:
        raise NotFound
    return row


def engine_options(address: str) -> dict[str, Any]:
    """Return the arguments of `create_engine` for `postgres://…`, `sqlite:///…` and the like."""
    url = make_url(address.replace("postgres://", "postgresql://", 1))
    if url.drivername == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
    # Texts that people wrote do not belong in errors.
    return {"url": url, "hide_parameters": True, **dovetail_options(url)}


def _keep_private(file: str | None) -> None:
    """Let only the owner read the database.

    SQLite gives its journal the file's own mode.
    """
    if not file or file == ":memory:" or file.startswith("file:"):
        return
    with suppress(OSError):  # another user's file: SQLite reports the error, if there is one
        os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    for each in (file, f"{file}-wal", f"{file}-shm"):
        with suppress(OSError):
            Path(each).chmod(0o600)


def _prepare_sqlite(engine: Engine) -> None:
    """Let readers run beside a writer, let writers wait for each other, and enforce foreign keys.

    After a COMMIT that failed, roll back: SQLite leaves its transaction open, SQLAlchemy takes it
    for ended, and the connection's next user would commit it.
    """

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        for pragma in (
            "journal_mode=WAL",
            "synchronous=NORMAL",
            "foreign_keys=ON",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "checkin")
    def end(connection: Any, _record: object) -> None:
        if connection is not None:  # otherwise it is broken, and closed
            connection.rollback()
