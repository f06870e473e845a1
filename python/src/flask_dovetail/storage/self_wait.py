"""SQLite has one writer: does this very thread hold the lock that it is about to wait for?

An application's session that has written holds the lock until it commits. Whatever Dovetail would
write on another connection in the same request waits for it, and the request waits for itself.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from .given_engine import given_engine, is_opening

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

_writers: WeakKeyDictionary[Engine, Writers] = WeakKeyDictionary()


class Writers:
    """The connections of one engine that are in use, and what each had written by its last commit.

    `sqlite3.Connection.in_transaction` alone says too much: some applications begin transactions
    that only read.
    """

    def __init__(self) -> None:
        self._in_use: dict[int, dict[int, tuple[Any, int]]] = {}

    def check_out(self, connection: Any, *_: object) -> None:
        if is_opening():
            return  # it becomes one of Dovetail's own
        mine = self._in_use.setdefault(threading.get_ident(), {})
        mine[id(connection)] = (connection, connection.total_changes)

    def check_in(self, connection: Any, *_: object) -> None:
        for thread, held in list(self._in_use.items()):  # another thread may give it back
            if held.pop(id(connection), None) is not None and not held:
                self._in_use.pop(thread, None)

    def end_transaction(self, connection: Connection) -> None:
        raw = connection.connection.dbapi_connection
        if raw is not None:
            self.check_in(raw)
            self.check_out(raw)

    def is_writing(self) -> bool:
        """Whether this thread has written and not committed."""
        mine = self._in_use.get(threading.get_ident(), {})
        return any(
            connection.in_transaction and connection.total_changes != changes
            for connection, changes in list(mine.values())
        )


def watch(engine: Engine) -> None:
    """Begin to note who writes on an application's engine, which is on SQLite."""
    from sqlalchemy import event

    if engine.dialect.driver != "pysqlite" or engine in _writers:
        return
    writers = _writers[engine] = Writers()
    event.listen(engine, "checkout", writers.check_out)
    for ended in ("checkin", "invalidate", "soft_invalidate", "detach"):
        event.listen(engine, ended, writers.check_in)
    event.listen(engine, "commit", writers.end_transaction)
    event.listen(engine, "rollback", writers.end_transaction)


def would_wait_for_itself(engine: Engine) -> bool:
    """Whether writing on `engine` would wait for what this thread has not committed yet."""
    writers = _writers.get(given_engine(engine))
    return writers is not None and given_engine(engine) is not engine and writers.is_writing()
