"""Notifications in SQL: numbered for each person, without a gap, in the order of their commits.

A notification gets its number by raising the person's head, which stays locked until the
transaction ends: so nobody sees 7 before 6 is committed, and a rollback gives the number back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import and_, delete, func, insert, select, tuple_, update

from ...storage import sql
from .tables import heads, notifications

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from sqlalchemy import Connection, Engine


class StoredNotification(NamedTuple):
    """A stored notification. Times are Unix seconds; `data` is JSON."""

    seq: int
    event: str
    data: str
    created_at: int
    read_at: int | None


class Standing(NamedTuple):
    """A person's latest notification number, and the count of unread ones that can be listed."""

    seq: int
    unread: int


_COLUMNS = [notifications.c[name] for name in StoredNotification._fields]


class Notifications:
    """The rows of notifications.

    Args:
        engine: returns the engine; called at each use, in an app context.
        keep_events: the number of notifications stored for one person.
        is_listed: takes an event's name and payload; False if the app no longer knows such events,
            which are then not counted.
    """

    def __init__(
        self,
        engine: Callable[[], Engine],
        *,
        keep_events: int,
        is_listed: Callable[[str, str], bool],
    ) -> None:
        self.tables: sql.Tables = sql.Tables(engine, notifications)
        self._keep_events = keep_events
        self._is_listed = is_listed

    def add(self, connection: Connection, subject: str, event: str, data: str, *, now: int) -> None:
        """Write a notification in the transaction of `connection`."""
        self.tables.engine()  # checks that the tables exist
        raised = sql.dialect_insert(connection)(heads).values(subject=subject, last_seq=1)
        raised = raised.on_conflict_do_update(
            index_elements=[heads.c.subject], set_={"last_seq": heads.c.last_seq + 1}
        ).returning(heads.c.last_seq)
        seq: int = connection.execute(raised).scalar_one()
        connection.execute(
            insert(notifications).values(
                subject=subject, seq=seq, event=event, data=data, created_at=now
            )
        )
        if seq > self._keep_events and seq % 16 == 0:
            surplus = notifications.c.seq <= seq - self._keep_events
            connection.execute(delete(notifications).where(_of(subject), surplus))

    def after(self, subject: str, seq: int, *, limit: int) -> list[StoredNotification]:
        """Return the notifications after `seq`, in order."""
        later = (
            select(*_COLUMNS)
            .where(_of(subject), notifications.c.seq > seq)
            .order_by(notifications.c.seq)
            .limit(limit)
        )
        with self.tables.reading() as connection:
            return [StoredNotification._make(row) for row in connection.execute(later)]

    def page(
        self, subject: str, *, before: int | None, unread: bool, limit: int
    ) -> tuple[list[StoredNotification], Standing]:
        """Return the newest notifications, or those before `before`, with the current counts."""
        query = select(*_COLUMNS).where(_of(subject))
        if before is not None:
            query = query.where(notifications.c.seq < before)
        if unread:
            query = query.where(notifications.c.read_at.is_(None))
        query = query.order_by(notifications.c.seq.desc()).limit(limit)
        with self.tables.reading() as connection:
            standing = self._standing(connection, subject)
            return [StoredNotification._make(row) for row in connection.execute(query)], standing

    def standing(self, subject: str) -> Standing:
        """Return the latest number and the unread count of a person."""
        with self.tables.reading() as connection:
            return self._standing(connection, subject)

    def oldest(self, subject: str) -> int | None:
        """Return the number of the oldest stored notification."""
        with self.tables.reading() as connection:
            oldest: int | None = connection.execute(
                select(func.min(notifications.c.seq)).where(_of(subject))
            ).scalar_one()
        return oldest

    def newest(self, subjects: Collection[str]) -> dict[str, int]:
        """Return the latest number of each person who has any, in one read."""
        newest: dict[str, int] = {}
        with self.tables.reading() as connection:
            for some in sql.batches(list(subjects)):
                theirs = select(heads).where(heads.c.subject.in_(some))
                newest |= {row.subject: row.last_seq for row in connection.execute(theirs)}
        return newest

    def mark(self, subject: str, *, seq: int, now: int) -> Standing | None:
        """Mark a notification read; None if there is no such number."""
        this = notifications.c.seq == seq
        with self.tables.writing() as connection:
            there = connection.execute(select(1).where(_of(subject), this)).first()
            _mark(connection, subject, this, now)
            return None if there is None else self._standing(connection, subject)

    def mark_up_to(self, subject: str, *, seq: int, now: int) -> Standing:
        """Mark all notifications up to that number read."""
        with self.tables.writing() as connection:
            _mark(connection, subject, notifications.c.seq <= seq, now)
            return self._standing(connection, subject)

    def _standing(self, connection: Connection, subject: str) -> Standing:
        """Count in Python: the database cannot tell which payloads are listed."""
        is_unread = and_(
            notifications.c.subject == heads.c.subject, notifications.c.read_at.is_(None)
        )
        query = (
            select(heads.c.last_seq, notifications.c.event, notifications.c.data)
            .select_from(heads.outerjoin(notifications, is_unread))
            .where(heads.c.subject == subject)
        )
        last_seq = unread = 0
        for row in connection.execute(query):  # one at a time: all of them may be 16 MiB
            last_seq = row.last_seq
            unread += row.event is not None and self._is_listed(row.event, row.data)
        return Standing(last_seq, unread)

    def sweep(self, *, before: int, limit: int = 1000) -> int:
        """Delete at most `limit` notifications older than that, and return how many."""
        key = tuple_(notifications.c.subject, notifications.c.seq)
        expired = notifications.c.created_at < before
        some = select(notifications.c.subject, notifications.c.seq).where(expired).limit(limit)
        with self.tables.reading() as connection:
            keys = [tuple(row) for row in connection.execute(some)]
        if not keys:
            return 0
        with self.tables.writing() as connection:
            return connection.execute(delete(notifications).where(key.in_(keys))).rowcount


def _of(subject: str) -> Any:
    return notifications.c.subject == subject


def _mark(connection: Connection, subject: str, which: Any, now: int) -> None:
    not_read = notifications.c.read_at.is_(None)
    connection.execute(
        update(notifications).where(_of(subject), which, not_read).values(read_at=now)
    )
