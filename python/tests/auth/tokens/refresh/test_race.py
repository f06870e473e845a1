"""A race logs nobody out: real threads and processes, on SQLite, PostgreSQL and Valkey."""

from __future__ import annotations

import time
from typing import Any

import pytest

from support.refresh_race import Counting, Race

pytestmark = pytest.mark.long

FAMILIES, ROUNDS = 20, 5


@pytest.mark.parametrize("processes", [0, 2], ids=["threads", "processes"])
def test_racing_refreshes_get_one_successor_and_a_late_replay_ends_the_family(
    store: Any, processes: int
) -> None:
    """Eight presenters, some of them late, their clocks half a minute apart."""
    with Race(store.kind, store.url, presenters=8, processes=processes) as race:
        counts = race.run(families=FAMILIES, rounds=ROUNDS, window=1)
    assert counts.fair(), counts
    assert counts.rotations == FAMILIES * ROUNDS
    assert counts.answers == FAMILIES * ROUNDS * 8
    assert counts.lost_swaps, "nobody raced"


class Careless(Counting):
    """Reads, compares and writes in three steps, as libraries without a compare-and-swap do."""

    def advance(self, family: Any, token_hash: str, **kwargs: Any) -> bool:
        now = self._logins.find_family(token_hash)
        fresh = now is not None and now.refresh_hash == family.refresh_hash
        time.sleep(0.001)
        again = self._logins.find_family(token_hash)
        return bool(fresh and super().advance(again, token_hash, **kwargs))


@pytest.mark.parametrize("store", ["valkey"], indirect=True)
def test_the_race_notices_a_store_that_swaps_carelessly(store: Any) -> None:
    with Race(store.kind, store.url, wrap=Careless) as race:
        counts = race.run(families=5, rounds=5, window=1)
    assert not counts.fair()
