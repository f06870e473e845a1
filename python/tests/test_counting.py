"""Counting attempts: by which address, and exactly, in memory that does not grow."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from types import SimpleNamespace

import pytest
from limits import RateLimitItemPerSecond
from limits.strategies import FixedWindowRateLimiter

from flask_dovetail import address_key, counting
from flask_dovetail.counting import BoundedMemory
from support.clock import Clock
from support.processor_time import least_seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(counting, "time", SimpleNamespace(time=clock))
    return clock


@pytest.fixture
def hasty() -> Iterator[None]:
    """Threads change places as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        (None, "unknown"),
        ("not an address", "unknown"),
    ],
)
def test_an_ipv6_customer_is_counted_as_one(address: str | None, key: str) -> None:
    assert address_key(address) == key


@pytest.mark.usefixtures("hasty")
def test_threads_that_race_for_a_new_key_are_all_counted() -> None:
    for _ in range(100):
        memory, barrier = BoundedMemory(), Barrier(8)

        def hit(_number: int, memory: BoundedMemory = memory, barrier: Barrier = barrier) -> int:
            barrier.wait(30)
            return memory.incr("key", 60)

        with ThreadPoolExecutor(8) as pool:
            assert sorted(pool.map(hit, range(8))) == list(range(1, 9))


def test_a_window_ends_and_another_begins(clock: Clock) -> None:
    memory = BoundedMemory()
    rate = RateLimitItemPerSecond(2, 60)
    limiter = FixedWindowRateLimiter(memory)
    assert [limiter.hit(rate, "key") for _ in range(3)] == [True, True, False]
    assert memory.get_expiry(rate.key_for("key")) == clock.now + 60
    clock.now += 60
    assert memory.get(rate.key_for("key")) == 0
    assert [limiter.hit(rate, "key") for _ in range(3)] == [True, True, False]
    limiter.clear(rate, "key")
    assert limiter.hit(rate, "key")


def test_ever_new_keys_take_no_more_memory_than_the_bound(clock: Clock) -> None:
    """Windows that are over go first, then those that began first."""
    memory = BoundedMemory(max_keys=100)
    for number in range(1000):
        memory.incr(f"stranger {number}", 60)
        assert len(memory._windows) <= 100
    assert memory.get("stranger 999") == 1
    assert memory.get("stranger 1") == 0
    clock.now += 61
    memory.incr("somebody", 60)
    assert memory.reset() == 1


def test_whoever_is_counted_again_keeps_the_place_in_the_queue(clock: Clock) -> None:
    memory = BoundedMemory(max_keys=3)
    for key in ("a", "b", "a", "c", "d"):
        memory.incr(key, 60)
    assert [memory.get(key) for key in "abcd"] == [0, 1, 1, 1]
    assert clock.now


def test_windows_that_end_together_are_forgotten_in_one_pass(clock: Clock) -> None:
    """Each of them must not be looked for among those that were forgotten before it."""

    def full_of_the_past(count: int) -> Callable[[], object]:
        memory = BoundedMemory()
        for number in range(count):
            memory.incr(str(number), 1)
        clock.advance(2)

        def count_one_more() -> None:
            memory.incr("one more", 1)
            assert memory.reset() == 1

        return count_one_more

    def seconds(count: int) -> float:
        return least_seconds(lambda: full_of_the_past(count))

    assert seconds(60_000) < 30 * seconds(6_000)
