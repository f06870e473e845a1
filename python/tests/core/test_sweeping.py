"""What grows is swept: beside requests of any kind and by one command, which agree."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from flask_dovetail import Dovetail, FilePolicy, Identity
from flask_dovetail.core import state, sweeping
from flask_dovetail.core.errors import ConfigurationError
from flask_dovetail.core.outages import Outages, OutageSettings
from flask_dovetail.core.sweeping import Sweeping, SweepSettings, Swept
from flask_dovetail.storage import outage_errors
from flask_dovetail.storage.database import Database
from support.clock import Clock
from support.whole_app import make_whole_app


class Heap:
    """A heap of things that are over."""

    def __init__(self, things: int, *, batch: int = 1000, seconds: float = 0.0) -> None:
        self.things = things
        self.batch = batch
        self.seconds = seconds
        self.clock: Clock | None = None

    def sweep(self) -> Iterator[Swept]:
        while self.things:
            some = min(self.batch, self.things)
            self.things -= some
            if self.clock is not None:
                self.clock.now += self.seconds
            yield Swept(some)


class Beside:
    """A `Sweeping` whose thread is the test's."""

    def __init__(self, **given: int) -> None:
        self.clock = Clock(1000.0)
        self.waiting: list[Callable[[], None]] = []
        app = Flask("sweeping")
        app.extensions[state.KEY] = state.State()
        state.put(app, Outages(app, OutageSettings(), outage_errors.store_of))
        self.app = app
        self.sweeping = Sweeping(
            app,
            SweepSettings(**given),
            clock=self.clock,
            start=self.waiting.append,
            pause=self.clock.advance,
        )

    def heap(self, name: str, things: int, **given: Any) -> Heap:
        made = Heap(things, **given)
        made.clock = self.clock
        self.sweeping.register(name, made.sweep)
        return made

    def after(self, seconds: float) -> None:
        """A request comes so many seconds later; what it begins runs to its end."""
        self.clock.now += seconds
        self.sweeping.kick()
        while self.waiting:
            self.waiting.pop()()


def test_the_first_sweep_comes_a_minute_or_two_after_the_first_request() -> None:
    beside = Beside()
    heap = beside.heap("logins", 5000)
    beside.after(0)
    beside.after(59)
    assert heap.things == 5000
    beside.after(62)
    assert heap.things == 0


def test_a_sweep_goes_on_until_nothing_is_left() -> None:
    """By amount: not a thousand rows in ten minutes."""
    beside = Beside()
    heap = beside.heap("logins", 1_000_000)
    beside.after(0)
    beside.after(121)
    assert heap.things == 0


def test_a_sweep_ends_with_its_budget_and_goes_on_soon() -> None:
    beside = Beside(budget_seconds=60)
    heap = beside.heap("logins", 100_000, seconds=2.0)
    beside.after(0)
    beside.after(121)
    left = heap.things
    assert 0 < left < 100_000
    beside.after(30)
    assert heap.things == left
    beside.after(40)
    assert heap.things < left


def test_between_two_batches_the_lock_is_free_for_as_long_as_it_was_held() -> None:
    beside = Beside(budget_seconds=1000)
    beside.heap("logins", 10_000, seconds=2.0)
    beside.after(0)
    began = beside.clock.now + 121
    beside.after(121)
    assert beside.clock.now - began >= 10 * (2.0 + 2.0) - 0.001  # sums of fractions


def test_much_of_one_thing_does_not_keep_the_others_waiting() -> None:
    beside = Beside(budget_seconds=10)
    beside.heap("logins", 1_000_000, seconds=1.0)
    files = beside.heap("files", 10)
    beside.after(0)
    beside.after(121)
    assert files.things == 0


def test_two_sweeps_never_run_at_once_in_one_process() -> None:
    beside = Beside()
    beside.heap("logins", 1)
    beside.sweeping.kick()
    for _ in range(20):
        beside.clock.now += 700
        beside.sweeping.kick()
    assert len(beside.waiting) == 1


def test_zero_leaves_sweeping_to_the_command() -> None:
    beside = Beside(every_seconds=0)
    heap = beside.heap("logins", 5)
    beside.after(0)
    beside.after(1e6)
    assert heap.things == 5
    with beside.app.app_context():
        assert beside.sweeping.run() == {"logins": (5, 0)}


def test_one_store_that_is_away_does_not_keep_the_others_from_being_swept(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """And it is told once, however often it is tried."""
    beside = Beside()

    def away() -> Iterator[Swept]:
        raise faults_error()
        yield

    beside.sweeping.register("logins", away)
    files = beside.heap("files", 5000)
    beside.after(0)
    beside.after(121)
    assert files.things == 0
    with beside.app.app_context():
        assert beside.sweeping.run()["logins"] == (0, 1)
    assert [record.getMessage() for record in caplog.records] == ["store out of reach"]
    assert vars(caplog.records[0])["during"] == "sweep of logins"


def faults_error() -> OperationalError:
    import psycopg

    return OperationalError("SELECT 1", None, psycopg.errors.AdminShutdown())


def test_a_thread_that_cannot_be_started_fails_no_request(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """And the next sweep comes in its time."""
    beside = Beside()
    heap = beside.heap("logins", 5)
    beside.after(0)

    def fail(_: object) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(beside.sweeping, "_start", fail)
        beside.after(121)
    assert [record.getMessage() for record in caplog.records] == ["background work failed"]
    assert heap.things == 5
    beside.after(661)
    assert heap.things == 0


def test_a_fault_of_ours_is_logged_with_its_traceback(caplog: pytest.LogCaptureFixture) -> None:
    beside = Beside()

    def wrong() -> Iterator[Swept]:
        raise ZeroDivisionError
        yield

    beside.sweeping.register("logins", wrong)
    beside.after(0)
    beside.after(121)
    (record,) = caplog.records
    assert record.exc_info is not None
    assert record.exc_info[0] is ZeroDivisionError


@pytest.mark.parametrize(
    ("key", "value"),
    [("EVERY_SECONDS", -1), ("EVERY_SECONDS", 100_000), ("BUDGET_SECONDS", 0)],
)
def test_settings_that_cannot_work_are_refused(key: str, value: int, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=f"DOVETAIL_SWEEP_{key}"):
        make_app(tmp_path, **{f"DOVETAIL_SWEEP_{key}": value})


def make_app(folder: Path, **config: Any) -> Flask:
    dovetail = Dovetail(
        authenticate=lambda _: None,
        load_identity=Identity,
        files={"file": FilePolicy()},
        notifications=[],
    )
    return make_whole_app(folder, dovetail, **config)


def test_a_request_of_any_kind_sweeps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also one that finds nothing: no sign-in and no upload has to come first."""
    app = make_app(tmp_path)
    known = sweeping.of(app)
    began: list[Callable[[], None]] = []
    clock = Clock(1000.0)
    monkeypatch.setattr(known, "_clock", clock)
    monkeypatch.setattr(known, "_start", began.append)
    app.test_client().get("/nothing")
    clock.now += 121
    app.test_client().get("/nothing")
    assert len(began) == 1


def test_no_thread_is_started_by_an_import_or_a_command(tmp_path: Path) -> None:
    before = {thread.name for thread in threading.enumerate()}
    app = make_app(tmp_path)
    assert app.test_cli_runner().invoke(args=["dovetail", "topology"]).exit_code == 0
    assert {thread.name for thread in threading.enumerate()} <= before


def test_one_command_sweeps_everything_and_prints_a_table(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    with app.app_context(), state.get(Database).engine().begin() as connection:
        insert_ended_logins(connection, 2500)
    told = app.test_cli_runner().invoke(args=["dovetail", "sweep"])
    assert told.exit_code == 0, told.output
    assert [line.split() for line in told.stdout.splitlines()] == [
        ["name", "dropped", "failed"],
        ["logins", "2500", "0"],
        ["uploads", "0", "0"],
        ["files", "0", "0"],
        ["notifications", "0", "0"],
    ]


def insert_ended_logins(connection: Any, count: int) -> None:
    statement = text(
        "INSERT INTO dovetail_logins (id, token_hash, subject, created_at, last_seen_at, "
        "expires_at, user_agent, address) VALUES (:id, :id, 'ada', 1, 1, 1, '', '')"
    )
    connection.execute(statement, [{"id": f"login-{number}"} for number in range(count)])


def test_nobody_waits_long_for_sqlite_while_it_is_swept(tmp_path: Path) -> None:
    """Batches are short, and between two of them others get their turn."""
    app = make_app(tmp_path)
    with app.app_context():
        engine = state.get(Database).engine()
        with engine.begin() as connection:
            insert_ended_logins(connection, 20_000)
        sweep = threading.Thread(target=sweeping.of(app)._sweep_beside_requests)
        sweep.start()
        written = 0
        with closing(sqlite3.connect(engine.url.database, timeout=2)) as other:  # type: ignore[arg-type]
            while sweep.is_alive():
                with other:  # raises where it cannot have the lock within two seconds
                    other.execute("UPDATE dovetail_alembic_version SET version_num = version_num")
                written += 1
                time.sleep(0.002)
        sweep.join()
        assert written > 10
        with engine.connect() as connection:
            assert connection.scalar(text("SELECT count(*) FROM dovetail_logins")) == 0
        engine.dispose()


def test_the_command_exits_with_1_when_something_failed(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/gone/app.sqlite3"
    app = make_app(tmp_path, DOVETAIL_DATABASE_URL=url)
    told = app.test_cli_runner().invoke(args=["dovetail", "sweep"])
    assert told.exit_code == 1
    assert ["logins", "0", "1"] in [line.split() for line in told.stdout.splitlines()]


def test_everything_that_dovetail_keeps_is_swept_or_is_said_to_stay(tmp_path: Path) -> None:
    """A new table needs a sweep of its own, or a reason here."""
    swept = {
        "dovetail_logins": "logins",
        "dovetail_uploads": "uploads",
        "dovetail_files": "files",
        "dovetail_notifications": "notifications",
    }
    stays = {
        "dovetail_alembic_version": "one row",
        "dovetail_signing_keys": "retired ones go when a new one is made",
        "dovetail_connections": "of accounts; those half made are swept where there are providers",
        "dovetail_login_cutoffs": "those of the last hour; whoever ends logins drops older ones",
        "dovetail_notification_heads": "one for each person: no number is given twice",
    }
    app = make_app(tmp_path)
    with app.app_context():
        engine = state.get(Database).engine()
        with engine.connect() as connection:
            names = connection.exec_driver_sql(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'dovetail%'"
            ).scalars()
            assert set(names) == swept.keys() | stays.keys()
        engine.dispose()
    assert set(sweeping.of(app).names) >= set(swept.values())
