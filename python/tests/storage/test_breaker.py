"""Requests that fail fast while a store hangs."""

from __future__ import annotations

import threading

import pytest

from flask_dovetail.storage.breaker import LONGEST_PROBE_SECONDS, CircuitBreaker
from support.clock import Clock


class Hangs(Exception):  # noqa: N818
    pass


@pytest.fixture
def clock() -> Clock:
    return Clock(0.0)


@pytest.fixture
def breaker(clock: Clock) -> CircuitBreaker:
    return CircuitBreaker(Hangs, probe_seconds=1, clock=clock)


def refused_elsewhere(breaker: CircuitBreaker) -> bool:
    """Return what another thread meets."""
    met: list[bool] = []

    def ask() -> None:
        try:
            breaker.check()
        except Hangs:
            met.append(True)
        else:
            met.append(False)

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    return met[0]


def test_a_closed_breaker_lets_everybody_through(breaker: CircuitBreaker) -> None:
    breaker.check()
    assert not breaker.is_open


def test_an_open_breaker_refuses_until_it_is_time_to_probe(
    breaker: CircuitBreaker, clock: Clock
) -> None:
    breaker.trip()
    with pytest.raises(Hangs):
        breaker.check()
    clock.now = 0.99
    with pytest.raises(Hangs):
        breaker.check()


def test_one_caller_at_a_time_probes(breaker: CircuitBreaker, clock: Clock) -> None:
    breaker.trip()
    clock.now = 1.0
    breaker.check()
    assert refused_elsewhere(breaker)
    breaker.check()  # the prober goes on: from the pool to the connection
    clock.now = 3.0
    assert refused_elsewhere(breaker)  # however long it waits
    clock.now = 1.0 + LONGEST_PROBE_SECONDS
    assert not refused_elsewhere(breaker)  # it was lost


def test_a_prober_that_gives_up_lets_another_one_probe(
    breaker: CircuitBreaker, clock: Clock
) -> None:
    breaker.trip()
    clock.now = 1.0
    breaker.check()
    breaker.give_up()
    assert refused_elsewhere(breaker)
    clock.now = 2.0
    assert not refused_elsewhere(breaker)


def test_a_probe_that_fails_waits_for_its_turn_again(breaker: CircuitBreaker, clock: Clock) -> None:
    breaker.trip()
    clock.now = 1.0
    breaker.check()
    breaker.trip()
    with pytest.raises(Hangs):
        breaker.check()


def test_a_probe_that_is_answered_lets_everybody_through(
    breaker: CircuitBreaker, clock: Clock
) -> None:
    breaker.trip()
    clock.now = 1.0
    breaker.check()
    breaker.reset()
    assert not refused_elsewhere(breaker)
