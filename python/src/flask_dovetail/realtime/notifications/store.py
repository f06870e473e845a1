"""Notifications in SQL: numbered for each person, without a gap, in the order of their commits.

A number is taken by raising the person's head, which stays locked until the transaction ends: so
nobody sees 7 before 6 has been committed, and what is rolled back gives its number back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import delete, func, insert, select, tuple_, update

from ...storage import sql
from .tables import heads, notifications

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from sqlalchemy import Connection, Engine


class Kept(NamedTuple):
    """A notification as it is kept. Times are Unix seconds; `data` is JSON."""

    seq: int
    event: str
    data: str
    created_at: int
    read_at: int | None


class Standing(NamedTuple):
    """How things are for one person: the number of the newest, and how many are not read."""

    seq: int
    unread: int


_KEPT = [notifications.c[name] for name in Kept._fields]


class Notifications:
    """
    Args:
        engine: gives the engine; asked at each use, in an app context.
        keep_events: so many of one person are kept.
    """

    def __init__(self, engine: Callable[[], Engine], *, keep_events: int) -> None:
        self.tables = sql.Tables(engine, notifications)
        self._keep_events = keep_events

    def add(self, connection: Connection, subject: str, event: str, data: str, *, now: int) -> None:
        """Write one, in the transaction of `connection`."""
        self.tables.engine()  # the tables are there
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
            over = notifications.c.seq <= seq - self._keep_events
            connection.execute(delete(notifications).where(_of(subject), over))

    def after(self, subject: str, seq: int, *, limit: int) -> list[Kept]:
        """Those later than `seq`, in order."""
        later = (
            select(*_KEPT)
            .where(_of(subject), notifications.c.seq > seq)
            .order_by(notifications.c.seq)
            .limit(limit)
        )
        with self.tables.reading() as connection:
            return [Kept._make(row) for row in connection.execute(later)]

    def page(
        self, subject: str, *, before: int | None, unread: bool, limit: int
    ) -> tuple[list[Kept], Standing]:
        """The newest, or those older than `before`; and how things are, read with them."""
        found = select(*_KEPT).where(_of(subject))
        if before is not None:
            found = found.where(notifications.c.seq < before)
        if unread:
            found = found.where(notifications.c.read_at.is_(None))
        found = found.order_by(notifications.c.seq.desc()).limit(limit)
        with self.tables.reading() as connection:
            standing = _standing(connection, subject)
            return [Kept._make(row) for row in connection.execute(found)], standing

    def standing(self, subject: str) -> Standing:
        with self.tables.reading() as connection:
            return _standing(connection, subject)

    def oldest(self, subject: str) -> int | None:
        """The number of the oldest that is kept."""
        with self.tables.reading() as connection:
            found: int | None = connection.execute(
                select(func.min(notifications.c.seq)).where(_of(subject))
            ).scalar_one()
        return found

    def newest(self, subjects: Collection[str]) -> dict[str, int]:
        """The number of the newest, for each who has any: one read for many people."""
        found: dict[str, int] = {}
        with self.tables.reading() as connection:
            for some in sql.batches(list(subjects)):
                theirs = select(heads).where(heads.c.subject.in_(some))
                found |= {row.subject: row.last_seq for row in connection.execute(theirs)}
        return found

    def mark(self, subject: str, *, seq: int, now: int) -> Standing | None:
        """Mark one read. None: there is none of that number."""
        this = notifications.c.seq == seq
        with self.tables.writing() as connection:
            there = connection.execute(select(1).where(_of(subject), this)).first()
            _mark(connection, subject, this, now)
            return None if there is None else _standing(connection, subject)

    def mark_up_to(self, subject: str, *, seq: int, now: int) -> Standing:
        """Mark all up to that one read."""
        with self.tables.writing() as connection:
            _mark(connection, subject, notifications.c.seq <= seq, now)
            return _standing(connection, subject)

    def sweep(self, *, before: int, limit: int = 1000) -> int:
        """Forget those that are older, at most `limit`. How many."""
        key = tuple_(notifications.c.subject, notifications.c.seq)
        over = notifications.c.created_at < before
        some = select(notifications.c.subject, notifications.c.seq).where(over).limit(limit)
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


def _standing(connection: Connection, subject: str) -> Standing:
    seq = select(heads.c.last_seq).where(heads.c.subject == subject).scalar_subquery()
    unread = select(func.count()).where(_of(subject), notifications.c.read_at.is_(None))
    row = connection.execute(select(func.coalesce(seq, 0), unread.scalar_subquery())).one()
    return Standing(*row)
