"""Refresh families on every store: rotation, the window, reuse, limits, faults."""

from __future__ import annotations

import secrets
import signal
import subprocess
import sys
import time
from typing import Any

import pytest

from flask_dovetail.auth.logins.rules import digest
from flask_dovetail.auth.tokens.refresh.families import Ended, Families, Refreshed, Reused
from flask_dovetail.auth.tokens.refresh.rules import (
    RefreshToken,
    handle_hash,
    secret_hash,
    successor,
)
from flask_dovetail.contract.problems import ServiceUnavailable
from support.aging import age
from support.paths import TESTS
from support.refresh_families import DAY, KEY, NOW, OLD_KEY, Lossy, a_login, families_on, refreshed
from support.refresh_race import open_store
from support.together import together


@pytest.fixture
def families(store: Any) -> Families:
    return families_on(store.logins)


def forged(token: RefreshToken) -> RefreshToken:
    return token._replace(secret=secrets.token_urlsafe(32))


def test_beginning_makes_a_login_of_the_token_strategy(store: Any, families: Families) -> None:
    login = a_login()
    token = families.begin(login, bound_key="thumbprint")
    kept = login._replace(strategy="token")
    assert store.logins.of_subject("ada") == [kept]
    found = families.find(token, now=NOW)
    assert found is not None
    assert (found.login, found.bound_key) == (kept, "thumbprint")


def test_a_token_rotates_and_the_login_goes_on(store: Any, families: Families) -> None:
    login = a_login()
    token = families.begin(login)
    outcome = families.refresh(token, now=NOW + 60)
    assert outcome == Refreshed(
        login._replace(strategy="token", last_seen_at=NOW + 60), successor(KEY, token)
    )
    assert store.logins.of_subject("ada") == [outcome.login]


def test_stored_values_contain_no_token(store: Any, families: Families) -> None:
    first = families.begin(a_login())
    second = refreshed(families, first)
    if store.kind == "valkey":
        client = store.logins._bound()
        everything = repr([client.get(key) for key in client.scan_iter("dovetail:login:*")])
        everything += repr(list(client.scan_iter("*"))) + repr(
            client.hgetall("dovetail:logins:ada")
        )
    else:
        with store.logins._bound().connect() as connection:
            everything = repr(connection.exec_driver_sql("SELECT * FROM dovetail_logins").all())
    assert handle_hash(first.handle) in everything
    assert secret_hash(second.secret) in everything
    for secret in {*first, *second}:
        assert secret not in everything


def test_a_handle_sent_as_a_session_id_finds_nothing(store: Any, families: Families) -> None:
    token = families.begin(a_login())
    for part in (*token, token.text()):
        assert store.logins.find(digest(part)) is None


def test_the_same_token_again_gets_the_same_successor(families: Families) -> None:
    token = families.begin(a_login())
    assert {refreshed(families, token) for _ in range(5)} == {successor(KEY, token)}


def test_however_late_in_the_window_the_current_token_is_given(families: Families) -> None:
    chain = [families.begin(a_login())]
    for _ in range(6):
        chain.append(refreshed(families, chain[-1]))
    age(families._logins(), chain[0], 9)
    assert [refreshed(families, late) for late in chain[:-1]] == [chain[-1]] * 6


def test_a_replay_after_the_window_ends_the_family_and_says_so_once(
    store: Any, families: Families
) -> None:
    token = families.begin(a_login())
    current = refreshed(families, token)
    other = families.begin(a_login())
    age(store.logins, token, 10)
    outcome = families.refresh(token, now=NOW)
    assert isinstance(outcome, Reused)
    assert not store.logins.exists("ada", outcome.login.id)
    assert families.refresh(token, now=NOW) == Ended()
    assert families.refresh(current, now=NOW) == Ended()
    assert refreshed(families, other)


def test_rotating_in_the_window_does_not_prolong_it(store: Any, families: Families) -> None:
    first = families.begin(a_login())
    second = refreshed(families, first)
    age(store.logins, first, 8)
    third = refreshed(families, second)
    assert refreshed(families, first) == third
    age(store.logins, first, 3)
    assert refreshed(families, second) == third
    assert isinstance(families.refresh(first, now=NOW), Reused)


def test_without_a_window_the_first_replay_ends_the_family(store: Any) -> None:
    strict = families_on(store.logins, grace_seconds=0)
    token = strict.begin(a_login())
    current = refreshed(strict, token)
    assert refreshed(strict, current)
    assert isinstance(strict.refresh(current, now=NOW), Reused)


@pytest.mark.parametrize("grace_seconds", [0, 10])
def test_a_guess_at_the_secret_ends_the_family(store: Any, grace_seconds: int) -> None:
    families = families_on(store.logins, grace_seconds=grace_seconds)
    token = families.begin(a_login())
    assert isinstance(families.refresh(forged(token), now=NOW), Reused)
    assert families.refresh(token, now=NOW) == Ended()


def test_the_secret_of_one_family_is_worth_nothing_in_another(families: Families) -> None:
    mine, theirs = families.begin(a_login()), families.begin(a_login("bob"))
    mixed = RefreshToken(mine.handle, theirs.secret)
    assert isinstance(families.refresh(mixed, now=NOW), Reused)
    assert refreshed(families, theirs)


def test_a_handle_that_nobody_has_ends_nothing(families: Families) -> None:
    token = families.begin(a_login())
    unknown = RefreshToken(secrets.token_urlsafe(32), token.secret)
    assert families.refresh(unknown, now=NOW) == Ended()
    assert families.find(unknown, now=NOW) is None
    assert families.end(unknown) is None
    assert refreshed(families, token)


def test_rotation_never_moves_the_absolute_limit(families: Families) -> None:
    token = families.begin(a_login())
    for day in (5, 10, 14):
        token = refreshed(families, token, NOW + day * DAY)
    assert refreshed(families, token, NOW + 14 * DAY + 30)
    assert families.find(token, now=NOW + 14 * DAY + 31) is None
    assert families.refresh(token, now=NOW + 14 * DAY + 31) == Ended()


def test_a_family_ends_when_it_has_not_rotated_for_the_idle_limit(families: Families) -> None:
    token = families.begin(a_login())
    assert families.refresh(token, now=NOW + 7 * DAY + 31) == Ended()
    again = refreshed(families, token, NOW + 7 * DAY + 30)  # as a clock 30 s behind would say it
    assert families.refresh(again, now=NOW + 14 * DAY) != Ended()


def test_presenting_a_replaced_token_keeps_nothing_alive(store: Any, families: Families) -> None:
    token = families.begin(a_login())
    refreshed(families, token)
    refreshed(families, token, NOW + 100)
    assert store.logins.of_subject("ada")[0].last_seen_at == NOW


def test_finding_writes_nothing(store: Any, families: Families) -> None:
    first = families.begin(a_login())
    second = refreshed(families, first)
    before = store.logins.find_family(handle_hash(first.handle))
    for token in (first, second):
        found = families.find(token, now=NOW)
        assert found is not None
        assert found[:4] == before[:4]
    age(store.logins, first, 11)
    for token in (first, forged(first)):
        assert families.find(token, now=NOW) is None
    assert families.find(second, now=NOW) is not None
    assert refreshed(families, second) == successor(KEY, second)


def test_any_of_its_tokens_ends_a_family_when_logging_out(store: Any, families: Families) -> None:
    for old in (True, False):
        login = a_login(strategy="token")
        token = families.begin(login)
        current = refreshed(families, token)
        age(store.logins, token, 11)
        assert families.end(token if old else current) == login
        assert families.end(current) is None
        assert families.refresh(current, now=NOW) == Ended()
        assert not store.logins.exists("ada", login.id)


def test_signing_in_again_replaces_the_family_and_a_session(store: Any, families: Families) -> None:
    former = families.begin(a_login())
    session = a_login("bob")
    store.logins.create(session, digest("a session"))
    token = families.begin(
        a_login(), replaces=[handle_hash(former.handle), digest("a session"), digest("none")]
    )
    assert families.refresh(former, now=NOW) == Ended()
    assert store.logins.find(digest("a session")) is None
    assert refreshed(families, token)


def test_ending_all_logins_ends_families(store: Any, families: Families) -> None:
    mine, theirs = families.begin(a_login()), families.begin(a_login("bob"))
    assert store.logins.end_all("ada") == 1
    assert families.refresh(mine, now=NOW) == Ended()
    assert refreshed(families, theirs)


def test_a_retry_after_a_lost_answer_gets_the_same_successor(
    store: Any, families: Families
) -> None:
    token = families.begin(a_login())
    with pytest.raises(ConnectionError):
        families_on(Lossy(store.logins, lambda: None)).refresh(token, now=NOW)
    assert refreshed(families, token) == successor(KEY, token)
    assert len(store.logins.find_family(handle_hash(token.handle)).rotations) == 1


def test_postgresql_killed_between_swap_and_answer_gives_the_retry_the_same_successor(
    postgres: Any, postgres_url: str
) -> None:
    from flask_dovetail.database import upgrade

    logins: Any = open_store("postgresql", postgres_url)
    upgrade(logins._get_engine())
    families = families_on(logins)
    token = families.begin(a_login())
    try:
        with pytest.raises(ConnectionError):
            families_on(Lossy(logins, postgres.stop)).refresh(token, now=NOW)
    finally:
        postgres.start()
    logins._bound().dispose()
    assert refreshed(families, token) == successor(KEY, token)
    assert len(logins.find_family(handle_hash(token.handle)).rotations) == 1
    logins._bound().dispose()


KILLED = """
import os, signal, sys
from support.refresh_families import KEY, Lossy, NOW, families_on
from support.refresh_race import open_store
from flask_dovetail.auth.tokens.refresh.rules import parse

logins = open_store(sys.argv[1], sys.argv[2])
lossy = Lossy(logins, lambda: os.kill(os.getpid(), signal.SIGKILL))
families_on(lossy).refresh(parse(sys.argv[3]), now=NOW)
"""


def test_a_worker_killed_between_swap_and_answer_is_replaced_by_any_other(
    store: Any, families: Families
) -> None:
    token = families.begin(a_login())
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, store.kind, store.url, token.text()],
        cwd=TESTS,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL
    assert len(store.logins.find_family(handle_hash(token.handle)).rotations) == 1
    assert refreshed(families, token) == successor(KEY, token)


def test_a_store_that_forgets_a_rotation_logs_nobody_out(store: Any) -> None:
    """A replica took over that had not heard of it: the browser is ahead of the store."""
    families = families_on(store.logins)
    first = families.begin(a_login())
    second = successor(KEY, first)  # given by the one that is gone
    third = refreshed(families, second)
    assert third == successor(KEY, second)
    assert [refreshed(families, late) for late in (first, second)] == [third, third]


def test_the_key_may_be_rotated_while_families_live(store: Any) -> None:
    before, after = families_on(store.logins, (OLD_KEY,)), families_on(store.logins, (KEY, OLD_KEY))
    first = before.begin(a_login())
    second = refreshed(before, first)
    assert refreshed(after, first) == second  # made with the former key
    third = refreshed(after, second)
    assert third == successor(KEY, second)
    assert refreshed(after, first) == third
    age(store.logins, first, 11)
    without = families_on(store.logins, (KEY,))
    assert refreshed(without, third) == successor(KEY, third)


def test_a_worker_without_the_new_key_ends_nobodys_login(store: Any) -> None:
    """While a new SECRET_KEY is rolled out, workers with and without it answer in turns."""
    before, after = families_on(store.logins, (OLD_KEY,)), families_on(store.logins, (KEY, OLD_KEY))
    first = before.begin(a_login())
    second = refreshed(after, first)
    for ask in (before.refresh, before.find):
        with pytest.raises(ServiceUnavailable):
            ask(first, now=NOW)
    assert refreshed(after, first) == second
    third = refreshed(before, second)
    assert third == successor(OLD_KEY, second)
    assert [refreshed(after, late) for late in (first, second)] == [third, third]
    age(store.logins, first, 11)
    assert isinstance(before.refresh(first, now=NOW), Reused)


def test_a_family_that_rotates_without_end_slows_down_rather_than_forget(store: Any) -> None:
    """A client that was held up for the whole time still gets the current token."""
    families = families_on(store.logins)
    first = token = families.begin(a_login())
    for _ in range(40):
        token = refreshed(families, token)
    assert refreshed(families, token) == token
    assert refreshed(families, first) == token
    age(store.logins, first, 11)
    assert refreshed(families, token) == successor(KEY, token)


def test_a_store_that_never_swaps_is_out_of_reach_rather_than_asked_for_ever(store: Any) -> None:
    class Stuck(Lossy):
        def advance(self, *args: Any, **kwargs: Any) -> bool:
            return False

    token = families_on(store.logins).begin(a_login())
    with pytest.raises(ServiceUnavailable):
        families_on(Stuck(store.logins, lambda: None)).refresh(token, now=NOW)
    assert refreshed(families_on(store.logins), token)


@pytest.mark.parametrize("way", ["logout", "end", "end_all", "replace"])
def test_a_family_that_is_ended_while_others_refresh_it_stays_ended(store: Any, way: str) -> None:
    families = families_on(store.logins)
    for _ in range(6):
        login = a_login()
        token = families.begin(login)
        ends = {
            "logout": lambda token=token: families.end(token),
            "end": lambda login=login: store.logins.end("ada", login.id),
            "end_all": lambda: store.logins.end_all("ada"),
            "replace": lambda token=token: store.logins.create(
                a_login("bob"), digest(token.secret), replaces=[handle_hash(token.handle)]
            ),
        }

        def keep_refreshing(token: RefreshToken = token) -> object:
            deadline = time.monotonic() + 30
            while isinstance(outcome := families.refresh(token, now=NOW), Refreshed):
                assert time.monotonic() < deadline
                token = outcome.token
            return outcome

        outcomes = together(keep_refreshing, keep_refreshing, keep_refreshing, ends[way])
        assert outcomes[:3] == [Ended()] * 3
        assert families.find(token, now=NOW) is None
        assert store.logins.of_subject("ada") == []
        assert not store.logins.exists("ada", login.id)


def test_racing_replays_end_the_family_once(store: Any) -> None:
    families = families_on(store.logins)
    for _ in range(5):
        token = families.begin(a_login())
        current = refreshed(families, token)
        age(store.logins, token, 11)
        outcomes = together(
            *[lambda token=token: families.refresh(token, now=NOW)] * 5,
            lambda current=current: families.refresh(current, now=NOW),
        )
        assert [type(outcome) for outcome in outcomes].count(Reused) == 1
        assert families.find(current, now=NOW) is None
        assert store.logins.of_subject("ada") == []
