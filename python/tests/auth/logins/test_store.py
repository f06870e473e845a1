"""The promises of every store of logins, on SQLite, PostgreSQL and Valkey alike."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, event, text

from flask_dovetail.auth.logins.sql import SqlLogins
from flask_dovetail.auth.logins.store import (
    Family,
    KeptLogin,
    Logins,
    Rotation,
    read_rotations,
    write_rotations,
)
from flask_dovetail.core.identity import Login
from flask_dovetail.database import upgrade
from support.databases import migrate
from support.login_stores import NOW, a_hash, a_login, advance, found, kept, kept_family, open_store
from support.paths import TESTS
from support.together import together


def test_created_login_is_found_unchanged(store: Any) -> None:
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


def test_replacing_a_missing_login_is_no_error(store: Any) -> None:
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
    assert store.logins.end_all("ada", keep=KeptLogin(mine[1][0].id)) == 2
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


@pytest.fixture
def bounded(store: Any) -> Iterator[Logins]:
    """The same store, which keeps three logins of one person."""
    logins = open_store(store.kind, store.url, per_person=3)
    yield logins
    if isinstance(logins, SqlLogins):
        logins._bound().dispose()


def test_one_login_too_many_ends_the_one_that_was_seen_longest_ago(
    bounded: Logins, caplog: pytest.LogCaptureFixture
) -> None:
    """The limit counts both strategies together; logins of other people stay."""
    caplog.set_level("INFO", "flask_dovetail.auth")
    other, _ = kept(bounded, "bob", last_seen_at=NOW - 999)
    oldest, _ = kept(bounded, last_seen_at=NOW - 3)
    family, _ = kept_family(bounded, last_seen_at=NOW - 2)
    busy, token_hash = kept(bounded, last_seen_at=NOW - 4)
    bounded.touch(busy, token_hash, now=NOW)
    assert not caplog.records
    new, _ = kept(bounded, last_seen_at=NOW - 9)
    assert not bounded.exists("ada", oldest.id)
    assert bounded.of_subject("ada") == [
        busy._replace(last_seen_at=NOW),
        family.login,
        new,
    ]
    assert bounded.of_subject("bob") == [other]
    (told,) = caplog.records
    assert (told.message, told.__dict__["subject"]) == ("logins ended", "ada")
    assert (told.__dict__["reason"], told.__dict__["count"]) == ("too many", 1)


def test_a_login_that_is_replaced_makes_room(bounded: Logins) -> None:
    logins = [kept(bounded) for _ in range(3)]
    new, token_hash = a_login(), a_hash()
    bounded.create(new, token_hash, replaces=[logins[0][1]])
    assert {login.id for login in bounded.of_subject("ada")} == {
        new.id,
        logins[1][0].id,
        logins[2][0].id,
    }


def test_many_logins_of_before_the_limit_end_with_the_next_one(store: Any, bounded: Logins) -> None:
    for _ in range(1200):
        kept(store.logins)
    kept(bounded)
    assert len(bounded.of_subject("ada")) == 3


def test_logins_that_begin_at_once_are_no_more_than_one_person_may_have(bounded: Logins) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: kept(bounded), range(40)))
    assert len(bounded.of_subject("ada")) == 3


@pytest.mark.parametrize("store", ["valkey"], indirect=True)
def test_expired_login_in_valkey_displaces_nothing(store: Any, bounded: Logins) -> None:
    """Its entry in the index may still be there."""
    live, _ = kept(bounded, last_seen_at=NOW - 5)
    dead = [kept(bounded) for _ in range(2)]
    store.logins._bound().delete(*(f"dovetail:login:{token_hash}" for _, token_hash in dead))
    new, _ = kept(bounded)
    assert bounded.of_subject("ada") == [new, live]


def test_a_store_in_reach_answers_a_ping(store: Any) -> None:
    store.logins.ping()


def test_a_family_is_found_as_it_was_with_the_time_of_its_store(store: Any) -> None:
    login, token_hash, refresh_hash = a_login(strategy="token"), a_hash(), a_hash()
    store.logins.create(login, token_hash, refresh_hash=refresh_hash, bound_key="thumbprint")
    family = store.logins.find_family(token_hash)
    assert family[:4] == (login, refresh_hash, (), "thumbprint")
    assert abs(family.read_at / 1000 - time.time()) < 5
    assert store.logins.find_family(a_hash()) is None


def test_a_session_is_no_family(store: Any) -> None:
    _, token_hash = kept(store.logins)
    assert store.logins.find_family(token_hash) is None


def test_a_family_without_a_bound_key_has_none(store: Any) -> None:
    token_hash = a_hash()
    store.logins.create(a_login(strategy="token"), token_hash, refresh_hash=a_hash())
    assert store.logins.find_family(token_hash).bound_key is None


def test_advancing_swaps_the_secret_and_remembers_when_and_by_which_key(store: Any) -> None:
    family, token_hash = kept_family(store.logins)
    successor, kept_too = a_hash(), (Rotation(family.read_at - 5, "k0"), Rotation(7, "k1"))
    before = time.time()
    assert advance(store.logins, family, token_hash, refresh_hash=successor, kept=kept_too)
    after = found(store.logins, token_hash)
    assert after.refresh_hash == successor
    assert after.bound_key == "thumbprint"
    assert after.rotations[:2] == kept_too
    [made] = after.rotations[2:]
    assert made.key == "k1"
    assert before - 2 < made.at / 1000 < time.time() + 2
    assert made.at <= after.read_at
    assert after.login == family.login


def test_thirty_two_rotations_fit(store: Any) -> None:
    family, token_hash = kept_family(store.logins)
    many = tuple(Rotation(1_800_000_000_000 + i, "0123abcd") for i in range(31))
    assert advance(store.logins, family, token_hash, kept=many)
    assert found(store.logins, token_hash).rotations[:31] == many


def test_advance_fails_if_the_family_has_changed(store: Any) -> None:
    family, token_hash = kept_family(store.logins)
    assert advance(store.logins, family, token_hash)
    after = found(store.logins, token_hash)
    assert not advance(store.logins, family, token_hash)
    assert found(store.logins, token_hash)[:4] == after[:4]


def test_advancing_moves_last_seen_forward_only(store: Any) -> None:
    family, token_hash = kept_family(store.logins)
    for now, seen in ((NOW + 60, NOW + 60), (NOW + 30, NOW + 60)):
        assert advance(store.logins, found(store.logins, token_hash), token_hash, now=now)
        assert found(store.logins, token_hash).login == family.login._replace(last_seen_at=seen)


def test_advancing_an_ended_family_leaves_it_ended(store: Any) -> None:
    family, token_hash = kept_family(store.logins)
    assert store.logins.end("ada", family.login.id)
    assert not advance(store.logins, family, token_hash)
    assert store.logins.find_family(token_hash) is None
    assert store.logins.of_subject("ada") == []


def test_a_session_cannot_be_advanced(store: Any) -> None:
    family, _ = kept_family(store.logins)
    login, session_hash = kept(store.logins)
    assert not advance(store.logins, family, session_hash)
    assert store.logins.find(session_hash) == login


def test_creating_ends_a_session_and_a_family_that_it_replaces(store: Any) -> None:
    _, session_hash = kept(store.logins, "bob")
    _, family_hash = kept_family(store.logins)
    _, advanced = kept_family(store.logins)
    assert advance(store.logins, found(store.logins, advanced), advanced)
    login, new = a_login(), a_hash()
    store.logins.create(login, new, replaces=[session_hash, family_hash, advanced, a_hash()])
    assert store.logins.of_subject("ada") == [login]
    assert store.logins.of_subject("bob") == []
    assert store.logins.find(session_hash) is None
    assert store.logins.find_family(family_hash) is None


def test_listing_and_ending_reach_both_strategies(store: Any) -> None:
    session, session_hash = kept(store.logins)
    family, family_hash = kept_family(store.logins, last_seen_at=NOW - 5)
    assert store.logins.of_subject("ada") == [session, family.login]
    assert store.logins.end_all("ada", keep=KeptLogin(family.login.id)) == 1
    assert store.logins.find(session_hash) is None
    assert store.logins.of_subject("ada") == [family.login]
    assert store.logins.end_all("ada") == 1
    assert store.logins.find_family(family_hash) is None


def test_a_login_exists_until_anybody_ends_it(store: Any) -> None:
    def exists(login: Login) -> bool:
        return bool(store.logins.exists(login.subject, login.id))

    (session, session_hash), (rotated, _) = kept(store.logins), kept(store.logins)
    (family, family_hash), (other, _) = kept_family(store.logins), kept_family(store.logins, "bob")
    everyone = [session, family.login, rotated, other.login]
    assert [exists(login) for login in everyone] == [True] * 4
    assert not store.logins.exists("bob", session.id)
    assert not store.logins.exists("nobody", str(uuid.uuid4()))

    new = a_hash()
    assert store.logins.rotate(session, session_hash, successor=new)
    assert advance(store.logins, family, family_hash)
    assert [exists(login) for login in everyone] == [True] * 4

    store.logins.end("bob", other.login.id)
    assert not exists(other.login)
    store.logins.create(a_login(), a_hash(), replaces=[new, family_hash])
    assert [exists(login) for login in everyone] == [False, False, True, False]
    store.logins.end_all("ada")
    assert not exists(rotated)


def named(*logins: Login) -> set[tuple[str, str]]:
    return {(login.subject, login.id) for login in logins}


def test_many_logins_are_found_at_once(store: Any) -> None:
    """Those of both strategies, as they are now; ended, unknown and mistaken ones are left out."""
    (session, token_hash), (ended, _) = kept(store.logins), kept(store.logins)
    family, _ = kept_family(store.logins, "bob")
    store.logins.end("ada", ended.id)
    assert store.logins.touch(session, token_hash, now=NOW + 60)
    asked = named(session, ended, family.login, a_login()) | {("bob", session.id)}
    found = sorted(store.logins.find_all(asked), key=lambda login: login.subject)
    assert found == [session._replace(last_seen_at=NOW + 60), family.login]
    store.logins.end_all("ada")
    assert store.logins.find_all(asked) == [family.login]
    assert store.logins.find_all(set()) == []


def test_more_logins_are_found_than_one_statement_takes(store: Any) -> None:
    logins = [kept(store.logins, f"p{number}")[0] for number in range(0, 1200, 100)]
    others = [a_login(f"p{number}") for number in range(1200)]
    found = store.logins.find_all(named(*logins, *others))
    assert sorted(login.id for login in found) == sorted(login.id for login in logins)


def test_login_rotated_during_the_search_is_found(store: Any) -> None:
    """Otherwise its sockets would be closed."""
    login, token_hash = kept(store.logins)
    done = threading.Event()

    def rotate() -> None:
        current = token_hash
        for _ in range(200):
            successor = a_hash()
            assert store.logins.rotate(login, current, successor=successor)
            current = successor
        done.set()

    def find() -> None:
        while not done.is_set():
            assert [each.id for each in store.logins.find_all(named(login))] == [login.id]

    together(rotate, find)


def test_rotations_are_read_as_they_were_written() -> None:
    some = (Rotation(1_800_000_000_000, "0123abcd"), Rotation(1_800_000_000_001, "k"))
    assert read_rotations(write_rotations(some)) == some
    assert read_rotations(write_rotations(())) == ()


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


def test_exactly_one_racing_rotation_succeeds(store: Any) -> None:
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


def test_exactly_one_racing_advance_succeeds(store: Any) -> None:
    for _ in range(5):
        family, token_hash = kept_family(store.logins)
        successors = [a_hash() for _ in range(6)]

        def swap(new: str, family: Family = family, token_hash: str = token_hash) -> bool:
            return advance(store.logins, family, token_hash, refresh_hash=new)

        won = together(*(lambda new=new: swap(new) for new in successors))  # type: ignore[misc]
        assert sum(won) == 1
        after = found(store.logins, token_hash)
        assert after.refresh_hash == successors[won.index(True)]
        assert len(after.rotations) == 1


def test_a_family_ended_while_it_is_advanced_stays_ended(store: Any) -> None:
    for _ in range(10):
        family, token_hash = kept_family(store.logins)

        def keep_advancing(token_hash: str = token_hash) -> None:
            deadline = time.monotonic() + 30
            while (now := store.logins.find_family(token_hash)) is not None:
                assert time.monotonic() < deadline
                advance(store.logins, now, token_hash)

        def end(family: Family = family) -> bool:
            return bool(store.logins.end("ada", family.login.id))

        assert together(keep_advancing, keep_advancing, end)[-1] is True
        assert store.logins.find_family(token_hash) is None
        assert store.logins.of_subject("ada") == []
        assert not store.logins.exists("ada", family.login.id)


class Process:
    """A second process at the same store."""

    def __init__(self, store: Any, **order: Any) -> None:
        told = json.dumps({"kind": store.kind, "url": store.url, **order})
        self._process = subprocess.Popen(
            [sys.executable, "-m", "support.store_worker", told],
            cwd=TESTS,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
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


def test_exactly_one_rotation_of_racing_processes_succeeds(store: Any) -> None:
    login, old = kept(store.logins)
    successors = [a_hash() for _ in range(3)]
    others = [Process(store, do="rotate", token_hash=old, successor=new) for new in successors]
    start(others)
    won = [other.result() for other in others]
    assert sum(won) == 1
    assert [store.logins.find(new) is not None for new in successors] == won
    assert store.logins.of_subject("ada") == [login]


@pytest.mark.parametrize("store", ["sqlite", "postgresql"], indirect=True)
def test_sweep_forgets_only_logins_that_a_limit_has_ended(store: Any) -> None:
    live, live_hash = kept(store.logins)
    kept(store.logins, expires_at=NOW - 31)
    kept(store.logins, last_seen_at=NOW - 3600 - 31)
    edge, edge_hash = kept(store.logins, expires_at=NOW - 30, last_seen_at=NOW - 3600)
    assert store.logins.sweep(now=NOW, limit=1) == 1
    assert store.logins.sweep(now=NOW) == 1
    assert store.logins.sweep(now=NOW) == 0
    assert store.logins.find(live_hash) == live
    assert store.logins.find(edge_hash) == edge


@pytest.mark.parametrize("store", ["sqlite", "postgresql"], indirect=True)
def test_the_sweep_knows_that_a_family_may_be_idle_for_longer(store: Any) -> None:
    _, resting = kept_family(store.logins, last_seen_at=NOW - 3600 - 31)
    _, gone = kept_family(store.logins, last_seen_at=NOW - 7 * 86400 - 31)
    assert store.logins.sweep(now=NOW) == 1
    assert store.logins.find_family(resting) is not None
    assert store.logins.find_family(gone) is None


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
        assert 3600 < client.ttl(index_key) <= 3630
        client.delete(login_key)
    assert len(store.logins.of_subject("ada")) == 1
    assert store.logins.sweep(now=NOW) == 0


@pytest.mark.parametrize("store", ["valkey"], indirect=True)
def test_valkey_keeps_a_family_for_its_own_idle_limit_or_what_is_left(store: Any) -> None:
    from valkey import Valkey

    with Valkey.from_url(store.url) as client:
        family, token_hash = kept_family(store.logins)
        key = f"dovetail:login:{token_hash}"
        assert 7 * 86400 < client.ttl(key) <= 7 * 86400 + 30
        client.expire(key, 60)
        assert advance(store.logins, family, token_hash, now=NOW + 86400)
        assert 7 * 86400 < client.ttl(key) <= 7 * 86400 + 30
        family = found(store.logins, token_hash)
        assert advance(store.logins, family, token_hash, now=NOW + 13 * 86400)
        assert 86400 < client.ttl(key) <= 86400 + 30


@pytest.mark.parametrize("store", ["valkey"], indirect=True)
def test_valkey_reads_and_ends_what_was_written_before_there_were_families(store: Any) -> None:
    from valkey import Valkey

    login, token_hash = a_login(), a_hash()
    fields = [login.id, "ada", NOW, login.expires_at, login.user_agent, login.address]
    with Valkey.from_url(store.url) as client:
        client.set(f"dovetail:login:{token_hash}", f"{NOW:012d}{json.dumps(fields)}")
        client.hset("dovetail:logins:ada", login.id, token_hash)
    assert store.logins.find(token_hash) == login
    assert store.logins.find_family(token_hash) is None
    assert store.logins.of_subject("ada") == [login]
    store.logins.create(a_login("bob"), a_hash(), replaces=[token_hash])
    assert not store.logins.exists("ada", login.id)


@pytest.mark.parametrize("store", ["valkey"], indirect=True)
def test_asking_valkey_whether_a_login_exists_is_one_command(store: Any) -> None:
    from valkey import Valkey

    login, _ = kept(store.logins)
    with Valkey.from_url(store.url) as client:
        client.config_resetstat()
        assert store.logins.exists("ada", login.id)
        stats = client.info("commandstats")
    asked = {name: told["calls"] for name, told in stats.items()}
    assert asked.pop("cmdstat_config|resetstat", 1) == 1
    assert asked == {"cmdstat_hexists": 1}


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
        list(pool.map(store.logins.find_family, [token_hash] * 200))
        list(pool.map(store.logins.exists, ["ada"] * 200, ["unknown"] * 200))
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


@pytest.mark.parametrize("journal", ["DELETE", "WAL"])
@pytest.mark.parametrize("options", [*CONNECT_ARGS, {"isolation_level": None}])
def test_many_writers_of_sqlite_wait_for_each_other(
    tmp_path: Path, options: dict[str, Any], journal: str
) -> None:
    """However the app opens its connections, nobody is told "database is locked"."""
    engine = create_engine(f"sqlite:///{tmp_path}/app.sqlite3", connect_args=options, pool_size=20)
    migrate(f"sqlite:///{tmp_path}/app.sqlite3")
    with closing(sqlite3.connect(tmp_path / "app.sqlite3")) as connection:
        connection.execute(f"PRAGMA journal_mode = {journal}")
    logins = SqlLogins(lambda: engine, idle_seconds=3600, refresh_idle_seconds=604_800)

    def work() -> int:
        for _ in range(5):
            family, token_hash = kept_family(logins)
            assert advance(logins, family, token_hash)
            logins.touch(family.login, token_hash, now=NOW + 60)
            logins.sweep(now=NOW)
        return len(logins.of_subject("ada"))

    assert max(together(*[work] * 8)) == 40
    engine.dispose()


def test_threads_write_to_sqlite_in_turn(tmp_path: Path) -> None:
    """No thread polls for the lock, and gives up because others were always quicker."""
    url = f"sqlite:///{tmp_path}/app.sqlite3"
    migrate(url)
    with closing(sqlite3.connect(tmp_path / "app.sqlite3")) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
    engine = create_engine(url, connect_args={"timeout": 0}, pool_size=20)
    event.listen(engine, "connect", lambda raw, _: raw.execute("PRAGMA synchronous = OFF"))
    logins = SqlLogins(lambda: engine, idle_seconds=3600, refresh_idle_seconds=604_800)

    def work() -> None:
        for _ in range(20):
            kept(logins)

    work()  # alone at first: opening a WAL takes a lock of its own
    together(*[work] * 8)
    assert len(logins.of_subject("ada")) == 180
    engine.dispose()


@pytest.mark.parametrize("isolation", ["SERIALIZABLE", "REPEATABLE READ", "AUTOCOMMIT"])
def test_the_applications_isolation_level_makes_no_race_an_error(
    postgres_url: str, isolation: str
) -> None:
    engine = create_engine(postgres_url, isolation_level=isolation, pool_size=10)  # type: ignore
    migrate(postgres_url)
    logins = SqlLogins(lambda: engine, idle_seconds=3600, refresh_idle_seconds=604_800)
    for _ in range(5):
        family, token_hash = kept_family(logins)
        jobs = [
            *[lambda family=family, token_hash=token_hash: advance(logins, family, token_hash)] * 4,
            *[lambda family=family, it=token_hash: logins.touch(family.login, it, now=NOW + 9)] * 2,
        ]
        assert sum(together(*jobs)) == 3  # one who advances, two who touch
        assert together(*[lambda family=family: logins.end("ada", family.login.id)] * 4).count(True)
    engine.dispose()
