"""Limit the time of every answer of PostgreSQL, on this side of the connection.

`statement_timeout` is the server's own limit, which a server that hangs does not apply. libpq has
no limit of its own for answers: without one, a request waits for a stopped server for ever.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Generator

    from .breaker import CircuitBreaker

GRACE_SECONDS = 0.5
"""The time after the server's own limit, which ends a statement that is merely slow."""

HANGING_SECONDS = 0.25
"""The limit of an answer while the server hangs for others.

A request that has waited for one connection may hold another one, whose transaction it rolls back
in the end. It must not wait as long again.
"""


def limit_answers(
    connection: Any, *, seconds: float, is_own: bool, breaker: CircuitBreaker
) -> None:
    """Give a new DBAPI connection to PostgreSQL its time limits.

    Statements end on the server after `seconds`. With psycopg 3, an answer that has not come
    `GRACE_SECONDS` later trips the breaker, closes the connection and raises
    `psycopg.OperationalError`; so does one that is awaited for `HANGING_SECONDS` while the breaker
    is open. Other drivers cannot be interrupted, and have only the server's limit.

    Args:
        is_own: whether the connection is Dovetail's own, which keeps a `statement_timeout` of its
            role or its arguments if it is shorter. Other connections keep a longer one, too, and
            have as much time.
    """
    is_limited = hasattr(connection, "pgconn")
    if is_limited:
        _limit_waiting(connection, seconds + GRACE_SECONDS, breaker)
    cursor = connection.cursor()
    cursor.execute("SELECT setting::int FROM pg_settings WHERE name = 'statement_timeout'")
    configured = cursor.fetchone()[0] / 1000
    limit = configured or seconds
    if is_own:
        limit = min(limit, seconds)
    if limit != configured:
        milliseconds = str(int(limit * 1000))
        cursor.execute("SELECT set_config('statement_timeout', %s, false)", (milliseconds,))
    cursor.close()
    connection.commit()
    if is_limited and limit > seconds:
        _limit_waiting(connection, limit + GRACE_SECONDS, breaker)


def _limit_waiting(connection: Any, seconds: float, breaker: CircuitBreaker) -> None:
    """Replace `connection.wait`, through which psycopg 3 waits for everything after connecting."""
    from psycopg import OperationalError

    vars(connection).pop("wait", None)  # set by the pool that made the connection for this one
    wait_without_limit = connection.wait

    def limited(operation: Generator[Any, Any, Any]) -> Generator[Any, Any, Any]:
        """Pass the operation's waits on; psycopg returns without a result every 0.1 s."""
        deadline = monotonic() + (HANGING_SECONDS if breaker.refuses_caller else seconds)
        try:
            waits_for = next(operation)
            while True:
                ready = yield waits_for
                if not ready and monotonic() >= deadline:
                    breaker.trip()
                    connection.pgconn.finish()  # half an answer may come: nobody may read it
                    raise OperationalError("the server did not answer in time")
                waits_for = operation.send(ready)
        except StopIteration as finished:
            return finished.value

    def wait(operation: Generator[Any, Any, Any], *args: Any, **options: Any) -> Any:
        return wait_without_limit(limited(operation), *args, **options)

    connection.wait = wait
