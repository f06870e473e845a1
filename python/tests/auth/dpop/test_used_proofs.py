"""A proof of possession counts once: in a process, or in all of them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from valkey import Valkey

from flask_dovetail.auth.dpop.rules import FRESH_SECONDS, LIFE_SECONDS, NONCE_SECONDS
from flask_dovetail.auth.dpop.used_proofs import LocalUsedProofs, SharedUsedProofs, UsedProofs
from support.processor_time import least_seconds

NOW = 1_800_000_000


@pytest.fixture(params=["here", "everywhere"])
def used(request: pytest.FixtureRequest) -> Iterator[UsedProofs]:
    if request.param == "here":
        yield LocalUsedProofs()
        return
    with Valkey.from_url(request.getfixturevalue("valkey_url")) as client:
        yield SharedUsedProofs(lambda: client)


def test_each_counts_once(used: UsedProofs) -> None:
    assert used.spend("a", now=NOW)
    assert used.spend("b", now=NOW)
    assert not used.spend("a", now=NOW)
    assert not used.spend("b", now=NOW + 1)


def test_of_many_at_once_one_counts(used: UsedProofs) -> None:
    ready = threading.Barrier(8)

    def spend(_: int) -> bool:
        ready.wait()
        return used.spend("a", now=NOW)

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(spend, range(8))) == 1


def test_used_proof_is_remembered_while_any_worker_could_accept_it() -> None:
    """Their clocks are up to 30 s apart, and so is one of the future."""
    assert LIFE_SECONDS >= NONCE_SECONDS + 2 * 30
    assert LIFE_SECONDS >= 2 * FRESH_SECONDS + 2 * 30
    used = LocalUsedProofs()
    used.spend("a", now=NOW)
    assert not used.spend("a", now=NOW + LIFE_SECONDS - 1)
    assert used.spend("a", now=NOW + LIFE_SECONDS)


def test_valkey_forgets_by_itself(valkey_url: str) -> None:
    with Valkey.from_url(valkey_url) as client:
        SharedUsedProofs(lambda: client).spend("a", now=NOW)
        assert client.keys() == [b"dovetail:proof:a"]
        assert LIFE_SECONDS - 5 < client.ttl("dovetail:proof:a") <= LIFE_SECONDS


def test_two_workers_at_one_valkey_know_of_each_other(valkey_url: str) -> None:
    with Valkey.from_url(valkey_url) as one, Valkey.from_url(valkey_url) as other:
        assert SharedUsedProofs(lambda: one).spend("a", now=NOW)
        assert not SharedUsedProofs(lambda: other).spend("a", now=NOW)


def test_memory_has_a_limit_beyond_which_the_oldest_are_forgotten() -> None:
    used = LocalUsedProofs(max_remembered=3)
    for name in "abcd":
        assert used.spend(name, now=NOW)
    assert len(used._until) == 3
    assert not used.spend("d", now=NOW)
    assert not used.spend("b", now=NOW)
    assert used.spend("a", now=NOW)


def test_proofs_that_end_together_are_forgotten_in_one_pass() -> None:
    """Each of them must not be looked for among those that were forgotten before it."""

    def full_of_the_past(count: int) -> Callable[[], object]:
        used = LocalUsedProofs(max_remembered=count)
        for number in range(count):
            used.spend(str(number), now=NOW)
        return lambda: used.spend("one more", now=NOW + LIFE_SECONDS + 1)

    def seconds(count: int) -> float:
        return least_seconds(lambda: full_of_the_past(count))

    assert seconds(60_000) < 30 * seconds(6_000)
