"""What every feature with tables of its own needs of SQLAlchemy, on connections of our own."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import Table, inspect

from .errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Engine


def require(table: Table, connection: Connection) -> None:
    """
    Raises:
        ConfigurationError: `table` has not been made.
    """
    if not inspect(connection).has_table(table.name):
        raise ConfigurationError(
            f"The table {table.name} is missing from "
            f"{connection.engine.url.render_as_string(hide_password=True)}.",
            key="engine= (or DOVETAIL_DATABASE_URL)",
            cure="Run `flask dovetail db upgrade`, or call "
            "flask_dovetail.server.database.upgrade(engine) where you migrate.",
        )


@contextmanager
def writing(engine: Engine, table: Table) -> Iterator[Connection]:
    """A short transaction, whatever the isolation level that the application chose.

    On SQLite it begins with the lock: one that reads first is refused at once when another has
    written meanwhile, however long the timeout.

    Args:
        table: any that is there.
    """
    if engine.dialect.name != "sqlite":
        engine = engine.execution_options(isolation_level="READ COMMITTED")
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            raw: Any = connection.connection.dbapi_connection
            begun = raw.in_transaction  # by the driver, without the lock
            connection.exec_driver_sql(
                f"DELETE FROM {table.name} WHERE 0" if begun else "BEGIN IMMEDIATE"  # noqa: S608
            )
        yield connection
