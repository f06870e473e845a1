"""What every store of logins promises, on SQLite, PostgreSQL and Valkey alike."""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, event, text

from flask_dovetail.auth.rules import digest
from flask_dovetail.auth.store import Login, Logins
from flask_dovetail.auth.store_sql import SqlLogins
from flask_dovetail.server.database import upgrade

NOW = 1_800_000_000
WORKER = Path(__file__).with_name("store_worker.py")


def a_login(subject: str = "ada", **changes: Any) -> Login:
    made = Login(
        id=str(uuid.uuid4()),
        subject=subject,
        created_at=NOW,
        last_seen_at=NOW,
        expires_at=NOW + 14 * 86400,
        user_agent='Mozilla/5.0 "quoted" \u00e9',
        address="192.0.2.7",
    )
    return made._replace(**changes)


def a_hash() -> str:
    return digest(secrets.token_urlsafe(32))


def kept(logins: Logins, subject: str = "ada", **changes: Any) -> tuple[Login, str]:
    login, token_hash = a_login(subject, **changes), a_hash()
    logins.create(login, token_hash)
    return login, token_hash


def test_what_is_created_is_found_as_it_was(store: Any) -> None:
    login, token_hash = kept(store.logins)
    assert store.logins.find(token_hash) == login
    assert store.logins.find(a_hash()) is None


def test_creating_ends_the_login_it_replaces_whoever_it_was(store: Any) -> None:
    _, old = kept(store.logins, "bob")
    login, new = a_login(), a_hash()
    store.logins.create(login, new, replaces=[old])
    assert store.logins.find(old) is None
    assert store.logins.of_subject("bob") == []
    assert store.logins.find(new) == login


def test_replacing_what_is_not_there_is_no_error(store: Any) -> None:
    login, token_hash = a_login(), a_hash()
    store.logins.create(login, token_hash, replaces=[a_hash()])
    assert store.logins.find(token_hash) == login


def test_touching_moves_last_seen_forward_only(store: Any) -> None:
    login, token_hash = kept(store.logins)
    assert store.logins.touch(login, token_hash, now=NOW + 60)
    assert store.logins.touch(login, token_hash, now=NOW + 30)
    assert store.logins.find(token_hash) == login._replace(last_seen_at=NOW + 60)


def test_touching_an_ended_login_leaves_it_ended(store: Any) -> None:
    login, token_hash = kept(store.logins)
    assert store.logins.end("ada", login.id)
    assert not store.logins.touch(login, token_hash, now=NOW + 60)
    assert store.logins.find(token_hash) is None
    assert store.logins.of_subject("ada") == []


def test_rotating_moves_the_login_to_its_successor(store: Any) -> None:
    login, old = kept(store.logins)
    new = a_hash()
    assert store.logins.rotate(login, old, successor=new)
    assert store.logins.find(old) is None
    assert store.logins.find(new) == login
    assert store.logins.of_subject("ada") == [login]
    assert not store.logins.touch(login, old, now=NOW + 60)
    assert store.logins.end("ada", login.id)
    assert store.logins.find(new) is None


def test_rotating_an_ended_login_leaves_it_ended(store: Any) -> None:
    login, old = kept(store.logins)
    store.logins.end("ada", login.id)
    new = a_hash()
    assert not store.logins.rotate(login, old, successor=new)
    assert store.logins.find(new) is None
    assert store.logins.of_subject("ada") == []


def test_nobody_ends_the_login_of_another(store: Any) -> None:
    login, token_hash = kept(store.logins, "bob")
    assert not store.logins.end("ada", login.id)
    assert store.logins.find(token_hash) == login
    assert store.logins.end("bob", login.id)
    assert not store.logins.end("bob", login.id)


def test_ending_all_spares_the_one_to_keep_and_other_people(store: Any) -> None:
    mine = [kept(store.logins) for _ in range(3)]
    bobs, bobs_hash = kept(store.logins, "bob")
    assert store.logins.end_all("ada", keep=mine[1][0].id) == 2
    assert [store.logins.find(each) is not None for _, each in mine] == [False, True, False]
    assert store.logins.end_all("ada") == 1
    assert store.logins.end_all("ada") == 0
    assert store.logins.find(bobs_hash) == bobs


def test_logins_are_listed_by_subject_last_seen_first(store: Any) -> None:
    older, _ = kept(store.logins, last_seen_at=NOW - 50)
    newer, _ = kept(store.logins)
    kept(store.logins, "bob")
    assert store.logins.of_subject("ada") == [newer, older]
    assert store.logins.of_subject("nobody") == []


def test_a_store_in_reach_answers_a_ping(store: Any) -> None:
    store.logins.ping()


def together(*jobs: Callable[[], object]) -> list[Any]:
    """Run the jobs in threads that start at once."""
    barrier = threading.Barrier(len(jobs))

    def run(job: Callable[[], object]) -> object:
        barrier.wait()
        return job()

    with ThreadPoolExecutor(len(jobs)) as pool:
        return [done.result() for done in [pool.submit(run, job) for job in jobs]]


def test_a_login_ended_while_threads_touch_it_stays_ended(store: Any) -> None:
    for _ in range(10):
        login, token_hash = kept(store.logins)

        def touch(login: Login = login, token_hash: str = token_hash) -> None:
            for second in range(1, 6):
                store.logins.touch(login, token_hash, now=NOW + second)

        def end(login: Login = login) -> bool:
            return bool(store.logins.end("ada", login.id))

        assert together(touch, touch, touch, end)[-1] is True
        assert store.logins.find(token_hash) is None
        assert store.logins.of_subject("ada") == []


def test_of_many_who_rotate_at_once_exactly_one_wins(store: Any) -> None:
    for _ in range(5):
        login, old = kept(store.logins)
        successors = [a_hash() for _ in range(6)]

        def rotate(new: str, login: Login = login, old: str = old) -> bool:
            return bool(store.logins.rotate(login, old, successor=new))

        won = together(*(lambda new=new: rotate(new) for new in successors))  # type: ignore[misc]
        assert sum(won) == 1
        found = [store.logins.find(each) is not None for each in successors]
        assert found == won
        assert store.logins.find(old) is None


def test_rotation_cannot_escape_the_end_of_all_logins(store: Any) -> None:
    for _ in range(10):
        login, old = kept(store.logins)
        new = a_hash()
        together(
            lambda login=login, old=old, new=new: store.logins.rotate(login, old, successor=new),
            lambda: store.logins.end_all("ada"),
        )
        assert store.logins.find(old) is None
        assert store.logins.find(new) is None
        assert store.logins.of_subject("ada") == []


class Process:
    """A second process at the same store."""

    def __init__(self, store: Any, **order: Any) -> None:
        told = json.dumps({"kind": store.kind, "url": store.url, **order})
        self._process = subprocess.Popen(
            [sys.executable, WORKER, told], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def wait(self) -> None:
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "ready\n"

    def go(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write("go\n")
        self._process.stdin.flush()

    def result(self) -> Any:
        said, _ = self._process.communicate(timeout=30)
        assert self._process.returncode == 0
        return json.loads(said)


def start(processes: list[Process]) -> None:
    """Let them go together, once all are ready."""
    for process in processes:
        process.wait()
    for process in processes:
        process.go()


def test_a_login_ended_while_processes_touch_it_stays_ended(store: Any) -> None:
    login, token_hash = kept(store.logins)
    others = [Process(store, do="touch", token_hash=token_hash) for _ in range(2)]
    start(others)
    deadline = time.monotonic() + 30
    while store.logins.find(token_hash).last_seen_at < NOW + 20:
        assert time.monotonic() < deadline
    assert store.logins.end("ada", login.id)
    assert sum([other.result() for other in others]) >= 20
    assert store.logins.find(token_hash) is None
    assert store.logins.of_subject("ada") == []


def test_of_processes_that_rotate_at_once_exactly_one_wins(store: Any) -> None:
    login, old = kept(store.logins)
    successors = [a_hash() for _ in range(3)]
    others = [Process(store, do="rotate", token_hash=old, successor=new) for new in successors]
    start(others)
    won = [other.result() for other in others]
    assert sum(won) == 1
    assert [store.logins.find(new) is not None for new in successors] == won
    assert store.logins.of_subject("ada") == [login]


@pytest.mark.parametrize("store", ["sqlite", "postgresql"], indirect=True)
def test_the_sweep_forgets_what_a_limit_has_ended_and_nothing_else(store: Any) -> None:
    live, live_hash = kept(store.logins)
    kept(store.logins, expires_at=NOW - 31)
    kept(store.logins, last_seen_at=NOW - 3600 - 31)
    edge, edge_hash = kept(store.logins, expires_at=NOW - 30, last_seen_at=NOW - 3600)
    assert store.logins.sweep(now=NOW, limit=1) == 1
    assert store.logins.sweep(now=NOW) == 1
    assert store.logins.sweep(now=NOW) == 0
    assert store.logins.find(live_hash) == live
    assert store.logins.find(edge_hash) == edge


@pytest.mark.parametrize("store", ["valkey"], indirect=True)
def test_valkey_forgets_by_itself_and_the_index_with_it(store: Any) -> None:
    from valkey import Valkey

    kept(store.logins, expires_at=NOW + 100)
    with Valkey.from_url(store.url) as client:
        login_key = next(iter(client.scan_iter("dovetail:login:*")))
        index_key = next(iter(client.scan_iter("dovetail:logins:*")))
        assert 0 < client.ttl(login_key) <= 130
        assert 0 < client.ttl(index_key) <= 130
        kept(store.logins)
        assert client.ttl(index_key) > 13 * 86400
        client.delete(login_key)
    assert len(store.logins.of_subject("ada")) == 1
    assert store.logins.sweep(now=NOW) == 0


@pytest.mark.parametrize("store", ["sqlite", "postgresql"], indirect=True)
def test_a_committed_end_is_seen_by_every_thread_at_once(store: Any) -> None:
    """Each thread of an SQLite store reads on a connection of its own."""
    login, token_hash = kept(store.logins)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(store.logins.find, [token_hash] * 8))
        assert found == [login] * 8
        store.logins.end("ada", login.id)
        assert list(pool.map(store.logins.find, [token_hash] * 8)) == [None] * 8


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_reading_threads_do_not_drain_the_pool(store: Any) -> None:
    _, token_hash = kept(store.logins)
    with ThreadPoolExecutor(20) as pool:
        list(pool.map(store.logins.find, [token_hash] * 200))
        assert isinstance(store.logins, SqlLogins)
        assert store.logins._bound().pool.checkedout() == 0  # type: ignore[attr-defined]


CONNECT_ARGS: list[dict[str, Any]] = [{}, {"isolation_level": "IMMEDIATE"}]
if sys.version_info >= (3, 12):
    CONNECT_ARGS.append({"autocommit": False})


@pytest.mark.parametrize("connect_args", CONNECT_ARGS)
def test_no_reader_of_sqlite_stays_in_the_past(
    tmp_path: Path, connect_args: dict[str, Any]
) -> None:
    """However the app opens its connections, WAL included, each read sees what is committed."""
    engine = create_engine(f"sqlite:///{tmp_path}/app.sqlite3", connect_args=connect_args)

    @event.listens_for(engine, "connect")
    def _wal(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        if getattr(connection, "autocommit", True) is False:
            connection.autocommit = True
        connection.execute("PRAGMA journal_mode = WAL")
        connection.isolation_level = connect_args.get("isolation_level", "")
        if "autocommit" in connect_args:
            connection.autocommit = False

    upgrade(engine)
    logins = SqlLogins(lambda: engine, idle_seconds=3600, refresh_idle_seconds=604_800)
    login, token_hash = kept(logins)
    assert logins.find(token_hash) == login
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM dovetail_logins"))
    assert logins.find(token_hash) is None
    engine.dispose()
