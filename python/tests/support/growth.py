"""People who keep signing in and never sign out, by a clock that is moved by hand.

What a store keeps of them is counted at every step, so that growth shows.
"""

from __future__ import annotations

import uuid
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from flask import Flask
from sqlalchemy import create_engine, func, insert, select
from valkey import Valkey

from flask_dovetail import outages, state
from flask_dovetail.auth.identity import Login
from flask_dovetail.auth.rules import CLOCK_SKEW_SECONDS
from flask_dovetail.auth.store_sql import SqlLogins
from flask_dovetail.auth.store_valkey import ValkeyLogins
from flask_dovetail.auth.tables import logins as table
from flask_dovetail.server.faults import store_of
from flask_dovetail.sweeping import BATCH, Sweeping, SweepSettings, Swept

BEGAN = 1_800_000_000
IDLE_SECONDS = 3600
ABSOLUTE_SECONDS = 14 * 86_400
STEP_SECONDS = 60


class Count(NamedTuple):
    """At one moment: logins that no limit has ended, and what is kept of all."""

    sign_ins: int
    live: int
    kept: int


class Store(NamedTuple):
    """A store in which to sign people in, and how much it keeps."""

    sign_in: Callable[[list[Login]], None]
    pass_time: Callable[[int], None]
    count: Callable[[], int]


def grow(store: Store, *, sign_ins: int, people: int, per_second: int) -> Iterator[Count]:
    """Sign people in, one after the other, over and over; what is kept after each minute."""
    began: deque[int] = deque()
    done, now = 0, BEGAN
    while done < sign_ins:
        now += STEP_SECONDS
        some = min(per_second * STEP_SECONDS, sign_ins - done)
        store.pass_time(now)
        store.sign_in([_login(f"person-{(done + i) % people}", now) for i in range(some)])
        began.extend([now] * some)
        while began[0] + IDLE_SECONDS + CLOCK_SKEW_SECONDS < now:
            began.popleft()
        done += some
        yield Count(done, len(began), store.count())


@contextmanager
def in_sql(url: str) -> Iterator[Store]:
    """Rows, swept by the device as beside requests."""
    engine = create_engine(url)
    logins = SqlLogins(lambda: engine, idle_seconds=IDLE_SECONDS, refresh_idle_seconds=86_400 * 7)
    now = [BEGAN]

    def sweep() -> Iterator[Swept]:
        while forgotten := logins.sweep(now=now[0], limit=BATCH):
            yield Swept(forgotten)

    app = Flask("growth")
    app.extensions[state.KEY] = state.State()
    outages.init_app(app, store_of)
    sweeping = Sweeping(
        app,
        SweepSettings(),
        clock=lambda: float(now[0]),
        start=lambda work: work(),
        pause=lambda _: None,
    )
    sweeping.register("logins", sweep)

    def pass_time(then: int) -> None:
        now[0] = then
        sweeping.kick()

    def sign_in(some: list[Login]) -> None:
        rows: list[dict[str, Any]] = [
            {"token_hash": uuid.uuid4().hex, **login._asdict()} for login in some
        ]
        with engine.begin() as connection:
            connection.execute(insert(table), rows)

    def count() -> int:
        with engine.connect() as connection:
            return connection.execute(select(func.count()).select_from(table)).scalar_one()

    yield Store(sign_in, pass_time, count)
    engine.dispose()


@contextmanager
def in_valkey(url: str) -> Iterator[Store]:
    """Keys, and entries of indexes. The server's clock cannot be moved: keys expire by hand."""
    with Valkey.from_url(url) as client:
        logins = ValkeyLogins(
            lambda: client, idle_seconds=IDLE_SECONDS, refresh_idle_seconds=86_400 * 7
        )
        waiting: deque[tuple[int, str]] = deque()

        def sign_in(some: list[Login]) -> None:
            for login in some:
                token_hash = uuid.uuid4().hex
                logins.create(login, token_hash)
                expires_at = login.created_at + IDLE_SECONDS + CLOCK_SKEW_SECONDS
                waiting.append((expires_at, f"dovetail:login:{token_hash}"))

        def pass_time(now: int) -> None:
            over = []
            while waiting and waiting[0][0] < now:
                over.append(waiting.popleft()[1])
            if over:
                client.delete(*over)

        def count() -> int:
            with client.pipeline(transaction=False) as pipeline:
                for index in client.scan_iter("dovetail:logins:*", count=1000):
                    pipeline.hlen(index)
                return sum(pipeline.execute())

        yield Store(sign_in, pass_time, count)


def _login(subject: str, now: int) -> Login:
    return Login(
        id=str(uuid.uuid4()),
        subject=subject,
        created_at=now,
        last_seen_at=now,
        expires_at=now + ABSOLUTE_SECONDS,
        user_agent="Mozilla/5.0",
        address="192.0.2.7",
    )
