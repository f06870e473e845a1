"""Login cutoffs in SQL: a sign-in that began before a person's logins were ended begins no login.

A sign-in is a check of a password or an identity, and then a row. The password may be changed in
between. Ending logins therefore writes a row with the moment, and the sign-in is compared with it
when it writes its own row, under a lock of that person.

A person's row is used for an hour, which is longer than any sign-in may take. The next call that
ends logins deletes it then.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, case, cast, delete, extract, func, literal, select

from ...storage.sql import dialect_insert
from .rules import SIGN_IN_MS, UNCOMMITTED_MS
from .store import OutdatedProof
from .tables import cutoffs

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import ColumnElement, Connection

SERVER_CLOCK: ColumnElement[int] = cast(extract("epoch", func.clock_timestamp()) * 1000, BigInteger)
"""PostgreSQL's time of day in ms; `now()` would be that of the transaction's start."""

_SWEPT = 100
"""The most old rows that one call deletes: more than the one that it makes."""


def judge(
    connection: Connection, subject: str, proved_at: int, *, now_ms: Callable[[], int]
) -> None:
    """Refuse a proof from before `subject`'s cutoff, and lock the cutoff until the commit.

    Args:
        proved_at: when the proof began, in ms of the store's clock.
        now_ms: that clock where the database has none. On SQLite the transaction has to be a
            writing one already.

    Raises:
        OutdatedProof: the logins of `subject` were ended since, or it took more than an hour.
    """
    lock(connection, subject)
    stored = select(cutoffs.c.not_before).where(cutoffs.c.subject == subject).scalar_subquery()
    if _is_server(connection):
        not_before, now = connection.execute(select(stored, SERVER_CLOCK)).one()
    else:
        not_before, now = connection.execute(select(stored)).scalar(), now_ms()
    if not_before is not None and not_before >= proved_at:
        raise OutdatedProof(not_before + 1)
    if now - proved_at > SIGN_IN_MS:
        raise OutdatedProof(now)


def set_cutoff(
    connection: Connection, subject: str, *, now_ms: Callable[[], int], commits_later: bool
) -> None:
    """Outdate every proof of `subject` that has begun by now, from the commit on.

    Args:
        commits_later: whether the transaction is the application's, which commits when it likes.
            The cutoff is then a minute ahead, so that it is later than the commit.
    """
    lock(connection, subject)
    clock: Any = SERVER_CLOCK if _is_server(connection) else literal(now_ms(), BigInteger)
    row = dialect_insert(connection)(cutoffs).values(
        subject=subject, not_before=clock + (UNCOMMITTED_MS if commits_later else 0)
    )
    wanted = row.excluded.not_before
    former = cutoffs.c.not_before
    connection.execute(
        row.on_conflict_do_update(
            index_elements=[cutoffs.c.subject],
            set_={"not_before": case((former >= wanted, former + 1), else_=wanted)},
        )
    )
    old = select(cutoffs.c.subject).where(cutoffs.c.not_before < clock - SIGN_IN_MS).limit(_SWEPT)
    # Rows that another transaction is about to use or delete are left to it: cleaning up waits for
    # no one.
    old = old.with_for_update(skip_locked=True)
    connection.execute(delete(cutoffs).where(cutoffs.c.subject.in_(old.scalar_subquery())))


def lock(connection: Connection, subject: str) -> None:
    """Let one transaction at a time change a person's logins. SQLite has one writer anyway."""
    if not _is_server(connection):
        return
    name = hashlib.sha256(b"dovetail login cutoff:" + subject.encode()).digest()
    key = int.from_bytes(name[:8], "big", signed=True)
    connection.execute(select(func.pg_advisory_xact_lock(literal(key, BigInteger))))


def _is_server(connection: Connection) -> bool:
    return connection.dialect.name != "sqlite"
