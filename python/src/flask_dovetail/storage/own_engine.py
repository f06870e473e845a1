"""An engine on the application's database, with connections of Dovetail's own.

A request of the application's may hold a connection from its first query to its end. If Dovetail
read on a connection of the same pool during that time, a pool's worth of such requests would wait
for each other until they time out. So Dovetail never takes a connection from the application's
pool, and never holds two of its own.
"""

from __future__ import annotations

import logging
import os
import threading
import weakref
from typing import TYPE_CHECKING, Any

from .given_engine import GIVEN, connect_seconds, is_in_memory, opening

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Engine

    from .limits import Limits

log: logging.Logger = logging.getLogger("flask_dovetail.database")


class OwnEngine:
    """Derives the engine from the application's at the first call, and again after a fork.

    A database in memory is one connection: there it is the application's engine itself.

    Args:
        given: returns the application's engine; asked at each call, in an app context.
        size: connections in the pool.
        limits: how long a place in it, connecting and answers may take.
    """

    def __init__(self, given: Callable[[], Engine], *, size: int, limits: Limits) -> None:
        self._given = given
        self._size = size
        self._limits = limits
        self._lock = threading.Lock()
        self._derived: weakref.WeakKeyDictionary[Engine, Engine] = weakref.WeakKeyDictionary()
        self._pid = 0

    def __call__(self) -> Engine:
        """Return the engine derived from the application's present one."""
        given = self._given()
        if self._pid == os.getpid():
            derived = self._derived.get(given)
            if derived is not None:
                return derived
        with self._lock:
            if self._pid != os.getpid():
                self._derived, self._pid = weakref.WeakKeyDictionary(), os.getpid()
            if given not in self._derived:
                self._derived[given] = self._derive(given)
            return self._derived[given]

    def _derive(self, given: Engine) -> Engine:
        from sqlalchemy import create_engine, event
        from sqlalchemy.pool import NullPool

        from . import self_wait
        from .pool import BoundedPool, engine_options

        if is_in_memory(given):
            return given
        event.listen(given, "do_connect", _connect_in_time)
        options = engine_options(given.url, self._limits) | {
            "poolclass": BoundedPool,
            "pool_size": self._size,
            "max_overflow": 0,
            "one_each": True,
            # The creator may bind an SQLite connection to the thread, as the driver's default does.
            "keeps_none": given.dialect.name == "sqlite" and isinstance(given.pool, NullPool),
            "breaker": given.pool.breaker if isinstance(given.pool, BoundedPool) else None,
        }
        options.pop("connect_args", None)  # connections are made with the application's own
        engine = create_engine(
            given.url,
            creator=_connector(given, self._limits),
            hide_parameters=True,
            execution_options={GIVEN: given},
            **options,
        )
        if given.dialect.name == "postgresql":
            event.listen(engine, "first_connect", _check_room(given, self._size))
        if given.dialect.name == "sqlite":
            self_wait.watch(given)
            event.listen(engine, "checkin", leave_nothing_open)
        pid = os.getpid()
        event.listen(given, "engine_disposed", lambda _: dispose(engine, pid))
        weakref.finalize(self, dispose, engine, pid)
        return engine


def leave_nothing_open(connection: Any, _record: object) -> None:
    """Roll back the transaction that SQLite left open after a COMMIT that failed.

    SQLAlchemy takes it for ended, and the next user of the connection would commit it.
    """
    if connection is not None and connection.in_transaction:
        connection.rollback()


def _check_room(given: Engine, size: int) -> Callable[[Any, object], None]:
    """Make a listener that warns where a process may want more connections than there are."""
    from sqlalchemy.pool import QueuePool

    def check(connection: Any, _record: object) -> None:
        pool = given.pool
        if not isinstance(pool, QueuePool):
            return
        cursor = connection.cursor()
        cursor.execute(
            "SELECT sum(CASE name WHEN 'max_connections' THEN 1 ELSE -1 END * setting::int) "
            "FROM pg_settings WHERE name IN ('max_connections', 'superuser_reserved_connections', "
            "'reserved_connections')"
        )
        room = int(cursor.fetchone()[0])
        cursor.close()
        connection.rollback()
        overflow: int = pool._max_overflow
        if overflow < 0 or pool.size() + overflow + size > room:
            application = "no bound" if overflow < 0 else f"{pool.size() + overflow}"
            log.warning(
                "PostgreSQL has room for %d connections, and this process alone may open more: %s "
                "by the application's pool, %d by Dovetail's. Lower pool_size and max_overflow of "
                "the engine or DOVETAIL_DATABASE_POOL_SIZE, or raise max_connections.",
                room,
                application,
                size,
            )

    return check


def _connector(given: Engine, limits: Limits) -> Callable[[], Any]:
    """Make a function that opens a connection as `given` does, with its arguments and listeners."""

    def connect() -> Any:
        with opening(limits.connect):
            pooled = given.pool.recreate().connect()  # a pool for this one: nobody waits in it
        connection = pooled.dbapi_connection
        pooled.detach()
        return connection

    return connect


def _connect_in_time(dialect: Any, _record: object, args: Any, params: dict[str, Any]) -> Any:
    """Limit the time to connect where the application has not.

    Connections of the application's own stay as they are.
    """
    from .pool import whole_seconds

    seconds = connect_seconds()
    if seconds is None or dialect.name != "postgresql":
        return None
    return dialect.connect(*args, **{"connect_timeout": whole_seconds(seconds), **params})


def dispose(engine: Engine, pid: int) -> None:
    """Dispose of the engine that process `pid` made; a fork of it leaves the sockets open."""
    engine.dispose(close=os.getpid() == pid)
