"""Which outside identity signs in to which account: `dovetail_connections`.

On connections of our own, each step one short transaction. An identity belongs to one account at
most, and whoever comes first decides to which: a claim is a row without a subject, which nobody
else can make meanwhile, so that two tabs of one newcomer make one account.
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
"""After so long, whoever claimed an identity is taken to have died."""
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
        """Whose `account` is. Where nobody's, `decide` says, and it is connected.

        `decide` runs outside every transaction, and for one newcomer at a time. What it raises is
        raised, and nothing is connected.

        Raises:
            ServiceUnavailable: another request has been deciding for five seconds.
        """
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline:
            found = self._find(account)
            if found is not None and found.subject != _UNDECIDED:
                return found.subject
            claim = self._claim(account, stale=found, now=now())
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
        """The outside identities of `subject`, the oldest first."""
        with self._tables.reading() as connection:
            rows = connection.execute(
                select(*_COLUMNS)
                .where(connections.c.subject == subject)
                .order_by(connections.c.connected_at, connections.c.id)
            ).all()
        return [Connection._make(row) for row in rows]

    def end(self, subject: str, connection_id: str) -> bool:
        """Take one identity from `subject`. False: no such connection."""
        mine = delete(connections).where(
            connections.c.id == connection_id, connections.c.subject == subject
        )
        with self._tables.writing() as connection:
            return bool(connection.execute(mine).rowcount)

    def end_external(self, subject: str, account: ExternalAccount) -> None:
        """Take `account` from `subject`, if it is theirs."""
        its = delete(connections).where(
            connections.c.issuer == account.issuer,
            connections.c.external_subject == account.subject,
            connections.c.subject == subject,
        )
        with self._tables.writing() as connection:
            connection.execute(its)

    def end_all(self, subject: str) -> int:
        """Take all identities from `subject`. How many there were."""
        with self._tables.writing() as connection:
            ended = connection.execute(delete(connections).where(connections.c.subject == subject))
            return int(ended.rowcount)

    def sweep(self, *, before: int, limit: int) -> int:
        """Forget claims from before that time: whoever made them has died. How many."""
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
        """The id of a claim that is ours alone; None: another has it, or has just decided."""
        claim = str(uuid.uuid4())
        if stale is not None:
            if now - stale.connected_at <= CLAIM_SECONDS:
                return None
            taken_over = (
                update(connections)
                .where(connections.c.id == stale.id, connections.c.subject == _UNDECIDED)
                .values(id=claim, connected_at=now)
            )
            with self._tables.writing() as connection:
                return claim if connection.execute(taken_over).rowcount else None
        made = Connection(claim, account.issuer, account.subject, account.provider, _UNDECIDED, now)
        try:
            with self._tables.writing() as connection:
                connection.execute(insert(connections).values(made._asdict()))
        except IntegrityError:
            return None
        return claim

    def _complete(self, claim: str, subject: str, *, now: int) -> bool:
        """False: it took so long that another has taken the claim over."""
        mine = (
            update(connections)
            .where(connections.c.id == claim, connections.c.subject == _UNDECIDED)
            .values(subject=subject, connected_at=now)
        )
        with self._tables.writing() as connection:
            return bool(connection.execute(mine).rowcount)

    def _release(self, claim: str) -> None:
        with self._tables.writing() as connection:
            connection.execute(
                delete(connections).where(
                    connections.c.id == claim, connections.c.subject == _UNDECIDED
                )
            )
