"""The table `dovetail_connections`: which outside identity signs in to which account.

Runs on connections of our own, each step one short transaction. An identity belongs to one account
at most, and the first request decides to which. A claim is a row without a subject. While it is
there nobody else can make it, so that two tabs of one newcomer make one account.
"""

from __future__ import annotations

import time
import uuid
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from ...contract.problems import ServiceUnavailable
from ...core.errors import DovetailError
from ...storage.sql import Tables
from ..logins.tables import connections

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Engine

    from .external import ExternalAccount

CLAIM_SECONDS = 30
"""After so long, the request that claimed an identity is taken to have died."""
WAIT_SECONDS = 5.0
_UNDECIDED = ""


class Connection(NamedTuple):
    """One outside identity of an account. `connected_at` is in Unix seconds."""

    id: str
    issuer: str
    external_subject: str
    provider: str
    subject: str
    connected_at: int


_COLUMNS = [connections.c[name] for name in Connection._fields]


class Connections:
    """Finds, makes and ends connections.

    Args:
        engine: gives the engine; asked at each use, in an app context.
    """

    def __init__(self, engine: Callable[[], Engine]) -> None:
        self._tables = Tables(engine, connections)

    def owner(
        self, account: ExternalAccount, decide: Callable[[], str], *, now: Callable[[], int]
    ) -> str:
        """Return the subject that owns `account`; if there is none, connect it to a new one.

        `decide` returns the new subject. It runs outside every transaction, and for one newcomer at
        a time.
        What it raises is raised, and nothing is connected.

        Raises:
            ServiceUnavailable: another request has been deciding for five seconds.
        """
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline:
            existing = self._find(account)
            if existing is not None and existing.subject != _UNDECIDED:
                return existing.subject
            claim = self._claim(account, stale=existing, now=now())
            if claim is None:
                time.sleep(0.05)
                continue
            try:
                subject = decide()
            except BaseException:
                with suppress(DovetailError):  # its session has written: the claim grows stale
                    self._release(claim)
                raise
            if self._complete(claim, subject, now=now()):
                return subject
        raise ServiceUnavailable(retry_after=CLAIM_SECONDS)

    def of_subject(self, subject: str) -> list[Connection]:
        """Return the outside identities of `subject`, the oldest first."""
        with self._tables.reading() as connection:
            rows = connection.execute(
                select(*_COLUMNS)
                .where(connections.c.subject == subject)
                .order_by(connections.c.connected_at, connections.c.id)
            ).all()
        return [Connection._make(row) for row in rows]

    def end(self, subject: str, connection_id: str) -> bool:
        """Take one identity from `subject`; return False if there is no such connection."""
        statement = delete(connections).where(
            connections.c.id == connection_id, connections.c.subject == subject
        )
        with self._tables.writing() as connection:
            return bool(connection.execute(statement).rowcount)

    def end_external(self, subject: str, account: ExternalAccount) -> None:
        """Take `account` from `subject`, if it is theirs."""
        statement = delete(connections).where(
            connections.c.issuer == account.issuer,
            connections.c.external_subject == account.subject,
            connections.c.subject == subject,
        )
        with self._tables.writing() as connection:
            connection.execute(statement)

    def end_all(self, subject: str) -> int:
        """Take all identities from `subject`; return how many there were."""
        with self._tables.writing() as connection:
            ended = connection.execute(delete(connections).where(connections.c.subject == subject))
            return int(ended.rowcount)

    def sweep(self, *, before: int, limit: int) -> int:
        """Forget claims from before that time, whose requests have died; return how many."""
        dead = (connections.c.subject == _UNDECIDED, connections.c.connected_at < before)
        with self._tables.reading() as connection:  # writing waits for others, on SQLite
            some = connection.scalars(select(connections.c.id).where(*dead).limit(limit)).all()
        if not some:
            return 0
        with self._tables.writing() as connection:
            gone = delete(connections).where(connections.c.id.in_(some), *dead)
            connection.execute(gone)
        return len(some)

    def _find(self, account: ExternalAccount) -> Connection | None:
        with self._tables.reading() as connection:
            row = connection.execute(
                select(*_COLUMNS).where(
                    connections.c.issuer == account.issuer,
                    connections.c.external_subject == account.subject,
                )
            ).first()
        return None if row is None else Connection._make(row)

    def _claim(self, account: ExternalAccount, *, stale: Connection | None, now: int) -> str | None:
        """Return the id of a claim that is ours alone; None if another request is ahead."""
        claim = str(uuid.uuid4())
        if stale is not None:
            if now - stale.connected_at <= CLAIM_SECONDS:
                return None
            take_over = (
                update(connections)
                .where(connections.c.id == stale.id, connections.c.subject == _UNDECIDED)
                .values(id=claim, connected_at=now)
            )
            with self._tables.writing() as connection:
                return claim if connection.execute(take_over).rowcount else None
        row = Connection(claim, account.issuer, account.subject, account.provider, _UNDECIDED, now)
        try:
            with self._tables.writing() as connection:
                connection.execute(insert(connections).values(row._asdict()))
        except IntegrityError:
            return None
        return claim

    def _complete(self, claim: str, subject: str, *, now: int) -> bool:
        """Turn a claim into a connection; return False if another took it over in the meantime."""
        statement = (
            update(connections)
            .where(connections.c.id == claim, connections.c.subject == _UNDECIDED)
            .values(subject=subject, connected_at=now)
        )
        with self._tables.writing() as connection:
            return bool(connection.execute(statement).rowcount)

    def _release(self, claim: str) -> None:
        with self._tables.writing() as connection:
            connection.execute(
                delete(connections).where(
                    connections.c.id == claim, connections.c.subject == _UNDECIDED
                )
            )
