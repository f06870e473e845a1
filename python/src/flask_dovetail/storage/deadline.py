"""A time limit for every answer of PostgreSQL, kept on this side of the connection.

`statement_timeout` is the server's own limit, and a server that hangs keeps none. libpq has no
limit of its own for answers: without one, a request waits for a stopped server for ever.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

GRACE_SECONDS = 0.5
"""So much later than the server's own limit: a statement that is merely slow ends by that one."""


def limit_answers(
    connection: Any, *, seconds: float, is_own: bool, on_timeout: Callable[[], None]
) -> None:
    """Give a new DBAPI connection to PostgreSQL its time limits.

    Statements end on the server after `seconds`. With psycopg 3, an answer that has not come
    `GRACE_SECONDS` later closes the connection and raises `psycopg.OperationalError`; `on_timeout`
    is called before. Other drivers cannot be interrupted, and have the server's limit alone.

    Args:
        is_own: whether it is one of Dovetail's, which keeps a shorter `statement_timeout` of its
            role or its arguments. Others keep a longer one, too, and are waited for as long.
    """
    is_limited = hasattr(connection, "pgconn")
    if is_limited:
        _limit_waiting(connection, seconds + GRACE_SECONDS, on_timeout)
    cursor = connection.cursor()
    cursor.execute("SELECT setting::int FROM pg_settings WHERE name = 'statement_timeout'")
    theirs = cursor.fetchone()[0] / 1000
    lasts = theirs or seconds
    if is_own:
        lasts = min(lasts, seconds)
    if lasts != theirs:
        milliseconds = str(int(lasts * 1000))
        cursor.execute("SELECT set_config('statement_timeout', %s, false)", (milliseconds,))
    cursor.close()
    connection.commit()
    if is_limited and lasts > seconds:
        _limit_waiting(connection, lasts + GRACE_SECONDS, on_timeout)


def _limit_waiting(connection: Any, seconds: float, on_timeout: Callable[[], None]) -> None:
    """Replace `connection.wait`, through which psycopg 3 waits for everything after connecting."""
    from psycopg import OperationalError

    vars(connection).pop("wait", None)  # of the pool that has made the connection for this one
    wait_without_limit = connection.wait

    def limited(operation: Generator[Any, Any, Any]) -> Generator[Any, Any, Any]:
        """Pass the operation's waits on; psycopg comes back empty-handed every 0.1 s."""
        deadline = monotonic() + seconds
        try:
            waits_for = next(operation)
            while True:
                ready = yield waits_for
                if not ready and monotonic() >= deadline:
                    on_timeout()
                    connection.pgconn.finish()  # half of an answer may come: nobody may read it
                    raise OperationalError("the server did not answer in time")
                waits_for = operation.send(ready)
        except StopIteration as finished:
            return finished.value

    def wait(operation: Generator[Any, Any, Any], *args: Any, **options: Any) -> Any:
        return wait_without_limit(limited(operation), *args, **options)

    connection.wait = wait
