"""Connection pools whose every wait ends: for a place, for a connection, for an answer."""

from __future__ import annotations

import logging
import threading
from math import ceil
from time import monotonic
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from sqlalchemy import make_url
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import QueuePool

from ..core.errors import DovetailError
from .breaker import CircuitBreaker
from .deadline import limit_answers
from .limits import Limits

if TYPE_CHECKING:
    from sqlalchemy import URL
    from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection


DEFAULT_LIMITS = Limits()
CONNECTIONS = 15
TRUSTED_SECONDS = 1.0
"""A connection used within this time is not pinged: each ping costs a crowd a round trip."""


def engine_options(url: str | URL, limits: Limits = DEFAULT_LIMITS) -> dict[str, Any]:
    """Return options for `create_engine` with which no request waits for the database without end.

        create_engine(url, **engine_options(url))
        app.config["SQLALCHEMY_ENGINES"] = {"default": {"url": url, **engine_options(url)}}

    The pool keeps 15 connections, to SQLite files 30. By default a request waits at most 5 s for a
    place in the pool, 2 s for a connection to PostgreSQL, and 5 s for the answer to a statement or
    for a lock; on SQLite 2.5 s for a place and 2.5 s for the lock. What takes longer fails as an
    outage, which is answered with 503; while a server hangs, requests fail at once. A PostgreSQL
    server that hangs is noticed with psycopg 3 only: other drivers wait for it.

    Options of your own come after: `{**engine_options(url), "pool_size": 20}`. For databases in
    memory there are none.
    """
    parsed = make_url(url)
    backend = parsed.get_backend_name()
    in_memory = parsed.database in (None, "", ":memory:") or parsed.query.get("mode") == "memory"
    if backend == "sqlite" and in_memory:
        return {}
    options = {
        "poolclass": BoundedPool,
        # As many as SQLAlchemy's default, but kept open: of its 5 + 10, a crowd would open and
        # close ten all the time.
        "pool_size": CONNECTIONS,
        "max_overflow": 0,
    }
    if backend == "sqlite":
        # One writer at a time: a request may wait for a place that waiting writers hold, and then
        # for the lock. Both together are one answer's time.
        limits = limits._replace(wait=limits.wait / 2, answer=limits.answer / 2)
        options["pool_size"] = 2 * CONNECTIONS  # so that readers need not wait for those writers
    else:
        options["pool_pre_ping"] = True  # recovers by itself when the server was restarted
    if backend == "postgresql":
        options["connect_args"] = {"connect_timeout": whole_seconds(limits.connect)}
    return {**options, "pool_timeout": limits.wait, "limits": limits}


def whole_seconds(seconds: float) -> int:
    """Return the seconds in the form that libpq takes as `connect_timeout`."""
    return max(2, ceil(seconds))


class BoundedPool(QueuePool):
    """SQLAlchemy's default pool, whose connections are made and answer in time, or not at all.

    Args:
        creator: opens a DBAPI connection.
        limits: how long connections and answers may take.
        breaker: shared with the other pools of the same database.
        one_each: whether a thread that has a connection may take no second one, since a few such
            threads could wait for each other.
        keeps_none: whether each connection is closed after its use, by the thread that used it.
        **options: those of `QueuePool`.

    `create_engine` passes arguments on by their names, but no keyword-only ones.
    """

    def __init__(
        self,
        creator: Any,
        limits: Limits | None = None,
        breaker: CircuitBreaker | None = None,
        one_each: bool = False,
        keeps_none: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(creator, **options)
        if options.get("echo") is None:  # people look for a pool's lines there
            self.logger = logging.getLogger("sqlalchemy.pool.impl.QueuePool")
        self.limits: Limits = limits or Limits()
        self.breaker: CircuitBreaker = breaker or CircuitBreaker(refusal)
        self._one_each = one_each
        self._keeps_none = keeps_none
        self._is_disposed = False
        self._holders: dict[ConnectionPoolEntry, int] = {}
        self._returned_at: WeakKeyDictionary[ConnectionPoolEntry, float] = WeakKeyDictionary()
        connect = self._invoke_creator
        self._invoke_creator = lambda record: self._connect(connect, record)

    def recreate(self) -> BoundedPool:
        """Return a pool with the same limits, breaker and rules."""
        pool = super().recreate()
        assert isinstance(pool, BoundedPool)
        pool.limits, pool.breaker = self.limits, self.breaker
        pool._one_each, pool._keeps_none = self._one_each, self._keeps_none
        return pool

    def dispose(self) -> None:
        """Close idle connections now, and each connection in use when it comes back."""
        self._is_disposed = True  # a connection in use is closed when it comes back
        super().dispose()

    def connect(self) -> PoolProxiedConnection:
        """Return a connection, and close the breaker: the database has answered."""
        connection = super().connect()
        self.breaker.reset()  # where it was open, the connection is new, or has been pinged
        return connection

    def _connect(self, connect: Any, record: ConnectionPoolEntry) -> Any:
        self.breaker.check()
        began = monotonic()
        try:
            connection = connect(record)
        except Exception:
            if monotonic() - began >= self.limits.connect * 0.9:  # a refusal comes at once
                self.breaker.trip()
            self.breaker.give_up()
            raise
        try:
            self._limit(connection)
        except BaseException:  # the server died in between: nobody else would close it
            connection.close()
            raise
        return connection

    def _limit(self, connection: Any) -> None:
        """Give a new connection its time limits."""
        dialect = getattr(self._dialect, "name", None)
        if dialect == "postgresql":
            limit_answers(
                connection,
                seconds=self.limits.answer,
                is_own=self._one_each,
                breaker=self.breaker,
            )
        elif dialect == "sqlite":
            connection.execute(f"PRAGMA busy_timeout = {int(self.limits.answer * 1000)}")

    def _do_get(self) -> ConnectionPoolEntry:
        thread = threading.get_ident()
        if self._one_each and thread in self._holders.values():
            raise DovetailError(
                "Dovetail asked for a second connection while it held one, so that requests could "
                "wait for each other. This is a fault of Dovetail's: please report it."
            )
        self.breaker.check()
        try:
            record = super()._do_get()
        except BaseException:
            self.breaker.give_up()
            raise
        try:
            self.breaker.check()  # it may have opened while this thread waited for its place
        except BaseException:
            super()._do_return_conn(record)
            raise
        self._holders[record] = thread
        returned_at = self._returned_at.get(record, 0.0)
        if not self.breaker.is_open and monotonic() - returned_at < TRUSTED_SECONDS:
            record.fresh = True  # type: ignore[attr-defined]  # not pinged
        return record

    def _do_return_conn(self, record: ConnectionPoolEntry) -> None:
        self._holders.pop(record, None)
        self._returned_at[record] = monotonic()
        if self._keeps_none or self._is_disposed:
            record.close()
        super()._do_return_conn(record)


def refusal() -> Exception:
    """Make the exception of a caller that is refused while the database hangs; it is an outage."""
    return PoolTimeout("the database did not answer a moment ago")
