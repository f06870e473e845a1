"""Logins in SQL, on connections of our own: the application's session is never committed.

Every step is one statement, or one short transaction. Every guarded request reads, so on an SQLite
file each thread has one connection for reading, outside the pool (`SqliteReader`).
"""

from __future__ import annotations

import os
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    String,
    Text,
    and_,
    bindparam,
    case,
    cast,
    delete,
    func,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy.exc import DBAPIError, UnboundExecutionError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from ...core.errors import DeclarationError, DovetailError
from ...core.identity import Login
from ...storage.given_engine import given_engine
from ...storage.sql import batches, lock_sqlite, refuse_self_wait, require
from . import cutoffs, readers
from .rules import CLOCK_SKEW_SECONDS
from .store import Family, KeptLoginEnded, Rotation, log_displaced, read_rotations, write_rotations
from .tables import cutoffs as cutoffs_table
from .tables import logins
from .transactions import when_over

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from sqlalchemy import Connection, Engine
    from sqlalchemy.orm import Session

    from .store import KeptLogin

_TURN_SECONDS = 2.5
"""The wait for another thread, and then for SQLite's lock. A place in the pool takes as long."""
_TOUCH_SECONDS = 0.25
"""The wait for SQLite's one writer: the next request tries to write `last_seen_at` again."""
_FAMILY_FIELDS = ("refresh_hash", "rotations", "bound_key")
_COLUMNS = [logins.c[name] for name in Login._fields]
_FAMILY_COLUMNS = [*_COLUMNS, *(logins.c[name] for name in _FAMILY_FIELDS)]

# Built once: composing the hot statements would take longer than PostgreSQL's answer.
_SENT = logins.c.token_hash == bindparam("sent")
_FIND = select(*_COLUMNS).where(_SENT)
_FIND_FAMILY = select(*_FAMILY_COLUMNS).where(_SENT)
_FIND_FAMILY_AND_TIME = select(*_FAMILY_COLUMNS, cutoffs.SERVER_CLOCK).where(_SENT)
_EXISTS = select(literal(1)).where(
    logins.c.id == bindparam("login_id"), logins.c.subject == bindparam("owner")
)
_ADVANCE = (
    update(logins)
    .where(_SENT, logins.c.refresh_hash == bindparam("former"))
    .values(
        refresh_hash=bindparam("next"),
        last_seen_at=case(
            (logins.c.last_seen_at < bindparam("now"), bindparam("now")),
            else_=logins.c.last_seen_at,
        ),
        rotations=bindparam("kept"),
        bound_key=func.coalesce(bindparam("bind", type_=String), logins.c.bound_key),
    )
)
_ADVANCE_AT_TIME = _ADVANCE.values(
    rotations=bindparam("kept", type_=Text)
    + cast(cutoffs.SERVER_CLOCK, Text)
    + bindparam("key", type_=Text)
)

# The same statements for the drivers themselves.
_RAW_FIND = f"SELECT {', '.join(Login._fields)} FROM {logins.name} WHERE token_hash = ?"  # noqa: S608
_RAW_FIND_FAMILY = _RAW_FIND.replace(" FROM ", f", {', '.join(_FAMILY_FIELDS)} FROM ")
_RAW_FIND_FAMILY_AND_TIME = _RAW_FIND_FAMILY.replace(
    " FROM ", ", (extract(epoch FROM clock_timestamp()) * 1000)::bigint FROM ", 1
)
_RAW_EXISTS = f"SELECT 1 FROM {logins.name} WHERE id = ? AND subject = ?"  # noqa: S608


class SqlLogins:
    """The SQL implementation of `Logins`.

    Args:
        engine: gives the engine; asked at the first use, in an app context.
        idle_seconds: the idle limit of sessions, for the sweep.
        refresh_idle_seconds: the same of token logins.
        per_person: how many logins one person may have; None: any number.
        clock: Unix seconds, for rotations where the database has no clock of its own (SQLite).
    """

    def __init__(
        self,
        engine: Callable[[], Engine],
        *,
        idle_seconds: int,
        refresh_idle_seconds: int,
        per_person: int | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._get_engine = engine
        self._idle_seconds = {"session": idle_seconds, "token": refresh_idle_seconds}
        self._per_person = per_person
        self._clock = clock
        self._pid = 0
        self._locked: set[tuple[int, str]] = set()
        self._sqlite: bool
        self._turn: threading.Lock
        self._engine: Engine
        self._single: Engine
        self._several: Engine
        self._reader: readers.Reader | None

    def now_ms(self) -> int:
        """See `Logins.now_ms`."""
        self._bound()
        if self._sqlite:
            return self._now_ms()
        with self._single.connect() as connection:
            return int(connection.execute(select(cutoffs.SERVER_CLOCK)).scalar_one())

    def create(
        self,
        login: Login,
        token_hash: str,
        *,
        proved_at: int | None = None,
        replaces: Collection[str] = (),
        refresh_hash: str | None = None,
        bound_key: str | None = None,
    ) -> None:
        """See `Logins.create`."""
        displaced = 0
        with self._writing() as connection:
            if proved_at is None:
                cutoffs.lock(connection, login.subject)
            else:
                cutoffs.judge(connection, login.subject, proved_at, now_ms=self._now_ms)
            if replaces:
                connection.execute(delete(logins).where(logins.c.token_hash.in_(replaces)))
            if self._per_person is not None:
                seen_last = (
                    select(logins.c.id)
                    .where(logins.c.subject == login.subject)
                    .order_by(logins.c.last_seen_at.desc(), logins.c.id)
                )
                too_many = connection.scalars(seen_last.offset(self._per_person - 1)).all()
                for some in batches(too_many):
                    gone = connection.execute(delete(logins).where(logins.c.id.in_(some)))
                    displaced += gone.rowcount
            connection.execute(
                insert(logins).values(
                    token_hash=token_hash,
                    refresh_hash=refresh_hash,
                    bound_key=bound_key,
                    **login._asdict(),
                )
            )
        log_displaced(login.subject, displaced)

    def find(self, token_hash: str) -> Login | None:
        """See `Logins.find`."""
        row = self._row(_RAW_FIND, _FIND, sent=token_hash)
        return None if row is None else Login._make(row)

    def find_family(self, token_hash: str) -> Family | None:
        """See `Logins.find_family`."""
        self._bound()
        if self._sqlite:
            row = self._row(_RAW_FIND_FAMILY, _FIND_FAMILY, sent=token_hash)
        else:
            row = self._row(_RAW_FIND_FAMILY_AND_TIME, _FIND_FAMILY_AND_TIME, sent=token_hash)
        if row is None:
            return None
        fields = len(Login._fields)
        refresh_hash, rotations, bound_key, *at = row[fields:]
        if refresh_hash is None:
            return None
        return Family(
            login=Login._make(row[:fields]),
            refresh_hash=refresh_hash,
            rotations=read_rotations(rotations),
            bound_key=bound_key,
            read_at=at[0] if at else self._now_ms(),
        )

    def exists(self, subject: str, login_id: str) -> bool:
        """See `Logins.exists`."""
        return self._row(_RAW_EXISTS, _EXISTS, login_id=login_id, owner=subject) is not None

    def _row(self, raw: str, statement: Any, **values: str) -> Any:
        """Return one row, by the driver itself where we know it.

        `values` are in the order of the statement's parameters.
        """
        self._bound()
        if self._reader is not None:
            try:
                return self._reader.row(raw, *values.values())
            except readers.UnreadError:  # a connection was lost: SQLAlchemy makes another
                pass
        with self._single.connect() as connection:
            return connection.execute(statement, values).first()

    def find_all(self, named: Collection[tuple[str, str]]) -> list[Login]:
        """See `Logins.find_all`."""
        self._bound()
        wanted = set(named)
        ids = list({login_id for _, login_id in wanted})
        candidates: list[Login] = []
        with self._single.connect() as connection:
            for some in batches(ids):
                rows = connection.execute(select(*_COLUMNS).where(logins.c.id.in_(some))).all()
                candidates += [Login._make(row) for row in rows]
        return [login for login in candidates if (login.subject, login.id) in wanted]

    def touch(self, login: Login, token_hash: str, *, now: int) -> bool:
        """See `Logins.touch`."""
        still_there = and_(logins.c.id == login.id, logins.c.token_hash == token_hash)
        self._bound()
        try:
            with self._writing(wait_seconds=_TOUCH_SECONDS) as connection:
                moved = connection.execute(
                    update(logins)
                    .where(still_there, logins.c.last_seen_at < now)
                    .values(last_seen_at=now)
                )
                if moved.rowcount:
                    return True
                there = select(logins.c.id).where(still_there)
                return connection.execute(there).first() is not None
        except (DovetailError, DBAPIError, PoolTimeout):
            if not self._sqlite:
                raise
            present = self.find(token_hash)  # a reader waits for no writer
            return present is not None and present.id == login.id

    def rotate(self, login: Login, token_hash: str, *, successor: str) -> bool:
        """See `Logins.rotate`."""
        return bool(
            self._write(
                update(logins)
                .where(logins.c.id == login.id, logins.c.token_hash == token_hash)
                .values(token_hash=successor)
            )
        )

    def rotate_family(self, login: Login, token_hash: str, *, refresh_hash: str) -> bool:
        """See `Logins.rotate_family`."""
        return bool(
            self._write(
                update(logins)
                .where(
                    logins.c.id == login.id,
                    logins.c.subject == login.subject,
                    logins.c.refresh_hash.is_not(None),
                )
                .values(token_hash=token_hash, refresh_hash=refresh_hash, rotations="")
            )
        )

    def advance(
        self,
        family: Family,
        token_hash: str,
        *,
        refresh_hash: str,
        kept: tuple[Rotation, ...],
        key: str,
        now: int,
        bind: str | None = None,
    ) -> bool:
        """See `Logins.advance`."""
        values = {
            "sent": token_hash,
            "former": family.refresh_hash,
            "next": refresh_hash,
            "now": now,
            "bind": bind,
        }
        self._bound()
        if not self._sqlite:
            values |= {"kept": f"{write_rotations(kept)} ", "key": f".{key}"}
            return bool(self._write(_ADVANCE_AT_TIME, values))
        with self._writing() as connection:  # the time is read once the lock is held
            values["kept"] = write_rotations((*kept, Rotation(self._now_ms(), key)))
            return bool(connection.execute(_ADVANCE, values).rowcount)

    def end(self, subject: str, login_id: str) -> bool:
        """See `Logins.end`."""
        self._refuse_lock_wait(subject)
        return bool(
            self._write(delete(logins).where(logins.c.id == login_id, logins.c.subject == subject))
        )

    def end_all(self, subject: str, *, keep: KeptLogin | None = None) -> int:
        """See `Logins.end_all`."""
        self._refuse_lock_wait(subject)
        with self._writing() as connection:
            return self._end_all(connection, subject, keep, commits_later=False)

    def end_all_within(
        self, session: Session, subject: str, *, keep: KeptLogin | None = None
    ) -> int:
        """See `Logins.end_all_within`."""
        self._bound()
        try:
            bind = session.get_bind(clause=delete(logins))
        except UnboundExecutionError:
            bind = None
        if bind is None or bind.engine.pool is not given_engine(self._get_engine()).pool:
            raise DeclarationError(
                "end_logins(session=...): the session is not on Dovetail's engine, so the two "
                "could not be one transaction. Give Dovetail(engine=...) the one that the session "
                "has."
            )
        session.flush()  # locks the application's rows first: the same order for everybody
        connection = session.connection(bind_arguments={"bind": bind})
        locked = (threading.get_ident(), subject)
        if not self._sqlite and locked not in self._locked:
            self._locked.add(locked)
            when_over(session, lambda: self._locked.discard(locked))
        return self._end_all(connection, subject, keep, commits_later=True)

    def _refuse_lock_wait(self, subject: str) -> None:
        """Refuse what would wait for the lock that this thread's own session has on the person.

        Raises:
            DovetailError: `end_logins(subject, session=)` has not been committed. (On SQLite it is
                refused when the write begins.)
        """
        if (threading.get_ident(), subject) in self._locked:
            raise DovetailError(
                "The session of this very request has ended this person's logins and is not "
                "committed: what was asked now would wait for it. Commit the session first, or "
                "pass session= where the function takes it."
            )

    def _end_all(
        self, connection: Connection, subject: str, keep: KeptLogin | None, *, commits_later: bool
    ) -> int:
        cutoffs.set_cutoff(connection, subject, now_ms=self._now_ms, commits_later=commits_later)
        statement = delete(logins).where(logins.c.subject == subject)
        if keep is not None:
            current_hash = select(logins.c.token_hash).where(
                logins.c.id == keep.login_id, logins.c.subject == subject
            )
            token_hash = connection.execute(current_hash).scalar()
            if token_hash is None or keep.token_hash not in (None, token_hash):
                raise KeptLoginEnded
            statement = statement.where(logins.c.id != keep.login_id)
        return int(connection.execute(statement).rowcount)

    def of_subject(self, subject: str) -> list[Login]:
        """See `Logins.of_subject`."""
        self._bound()
        with self._single.connect() as connection:
            rows = connection.execute(
                select(*_COLUMNS)
                .where(logins.c.subject == subject)
                .order_by(logins.c.last_seen_at.desc(), logins.c.id)
            ).all()
        return [Login._make(row) for row in rows]

    def sweep(self, *, now: int, limit: int = 1000) -> int:
        """See `Logins.sweep`."""
        earliest_now = now - CLOCK_SKEW_SECONDS
        idle = [
            and_(logins.c.strategy == strategy, logins.c.last_seen_at < earliest_now - seconds)
            for strategy, seconds in self._idle_seconds.items()
        ]
        # One limit after the other: each uses an index, and an `OR` of them would use none. The ids
        # are read first, so that the delete locks few rows, and in a transaction of their own,
        # since SQLite refuses to turn a reading transaction into a writing one when another has
        # written.
        self._bound()
        for ended in (logins.c.expires_at < earliest_now, *idle):
            while ids := self._some_ids(ended, limit):
                forgotten = self._write(delete(logins).where(logins.c.id.in_(ids), ended))
                if forgotten:  # otherwise another process has forgotten the same ones
                    return forgotten
        return 0

    def _some_ids(self, ended: Any, limit: int) -> Sequence[str]:
        with self._single.connect() as connection:
            return connection.scalars(select(logins.c.id).where(ended).limit(limit)).all()

    def ping(self) -> None:
        """See `Logins.ping`."""
        self._bound()
        with self._single.connect() as connection:
            connection.execute(select(logins.c.id).limit(1))

    def _write(self, statement: Any, values: Mapping[str, Any] | None = None) -> int:
        self._bound()
        if self._sqlite:
            with self._writing() as connection:
                return int(connection.execute(statement, values).rowcount)
        with self._single.connect() as connection:
            return int(connection.execute(statement, values).rowcount)

    @contextmanager
    def _writing(self, *, wait_seconds: float = _TURN_SECONDS) -> Iterator[Connection]:
        """Open a short transaction, whatever isolation level the application chose.

        On SQLite, threads wait for their turn here and not at the lock, where each would look now
        and then whether it is free, and an unlucky one would give up. `wait_seconds` limits both.
        """
        self._bound()
        if not self._sqlite:
            with self._several.begin() as connection:
                yield connection
            return
        refuse_self_wait(self._engine)
        deadline = time.monotonic() + wait_seconds
        turn = self._turn
        if not turn.acquire(timeout=wait_seconds):
            raise PoolTimeout("another thread has waited for SQLite's lock for too long")
        try:
            with self._several.begin() as connection:
                left = max(0.0, deadline - time.monotonic())
                lock_sqlite(connection, logins, wait_seconds=left)
                yield connection
        finally:
            turn.release()

    def _now_ms(self) -> int:
        return int(self._clock() * 1000)

    def _bound(self) -> Engine:
        if self._pid != os.getpid():  # the first use, here or in a forked process
            engine = self._get_engine()
            with engine.connect() as connection:
                require(logins, connection)
                require(cutoffs_table, connection)
            sqlite = self._sqlite = engine.dialect.name == "sqlite"
            self._engine = engine
            # One statement is a transaction anyway; on a server this saves BEGIN and ROLLBACK.
            # SQLite's in-memory databases share one connection, whose mode is not ours to change.
            self._single = self._several = engine
            if not sqlite:
                self._single = engine.execution_options(isolation_level="AUTOCOMMIT")
                self._several = engine.execution_options(isolation_level="READ COMMITTED")
            self._turn = threading.Lock()
            self._reader = readers.reader_for(engine)
            self._pid = os.getpid()  # last: another thread must not see half of this
        return self._engine
