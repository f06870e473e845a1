"""Tell whether a thread holds SQLite's write lock while it is about to wait for it.

An application's session that has written holds the lock until it commits. Any write of Dovetail's
on another connection in the same request waits for it, and the request waits for itself.
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
    """The connections of one engine that are in use, and the changes of each by its last commit.

    `sqlite3.Connection.in_transaction` alone is not enough: some applications begin transactions
    that only read.
    """

    def __init__(self) -> None:
        self._in_use: dict[int, dict[int, tuple[Any, int]]] = {}

    def check_out(self, connection: Any, *_: object) -> None:
        """Note that this thread uses `connection`."""
        if is_opening():
            return  # it becomes one of Dovetail's own
        in_use = self._in_use.setdefault(threading.get_ident(), {})
        in_use[id(connection)] = (connection, connection.total_changes)

    def check_in(self, connection: Any, *_: object) -> None:
        """Note that no thread uses `connection` any more."""
        for thread, held in list(self._in_use.items()):  # another thread may give it back
            if held.pop(id(connection), None) is not None and not held:
                self._in_use.pop(thread, None)

    def end_transaction(self, connection: Connection) -> None:
        """Note that the changes of `connection` up to now are committed or rolled back."""
        raw = connection.connection.dbapi_connection
        if raw is not None:
            self.check_in(raw)
            self.check_out(raw)

    def is_writing(self) -> bool:
        """Return whether this thread has written and not committed."""
        in_use = self._in_use.get(threading.get_ident(), {})
        return any(
            connection.in_transaction and connection.total_changes != changes
            for connection, changes in list(in_use.values())
        )


def watch(engine: Engine) -> None:
    """Begin to note which threads write on an application's engine, which is on SQLite."""
    from sqlalchemy import event

    if engine.dialect.driver != "pysqlite" or engine in _writers:
        return
    writers = _writers[engine] = Writers()
    event.listen(engine, "checkout", writers.check_out)
    for event_name in ("checkin", "invalidate", "soft_invalidate", "detach"):
        event.listen(engine, event_name, writers.check_in)
    event.listen(engine, "commit", writers.end_transaction)
    event.listen(engine, "rollback", writers.end_transaction)


def would_wait_for_itself(engine: Engine) -> bool:
    """Return whether a write on `engine` would wait for this thread's own uncommitted changes."""
    writers = _writers.get(given_engine(engine))
    return writers is not None and given_engine(engine) is not engine and writers.is_writing()
