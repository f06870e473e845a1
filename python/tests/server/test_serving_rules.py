"""The parts of the worker that need no server: turns, threads, descriptors, addresses, settings."""

from __future__ import annotations

import threading
from queue import SimpleQueue
from typing import Any

import pytest

from flask_dovetail import ConfigurationError
from flask_dovetail.server.config import ServerSettings
from flask_dovetail.server.gunicorn import descriptors
from flask_dovetail.server.gunicorn.threads import RequestThreads
from flask_dovetail.server.gunicorn.turns import Turns
from flask_dovetail.settings import read
from flask_dovetail.topology import TrustedProxies


def drained(turns: Turns[str]) -> list[str]:
    taken = []
    while (item := turns.next()) is not None:
        taken.append(item)
    return taken


def test_addresses_take_turns_however_many_wait_of_each() -> None:
    turns: Turns[str] = Turns(at_once=9)
    for item in ("a1", "a2", "a3", "b1", "c1", "c2"):
        turns.wait(item[0], 0.0, item)
    assert drained(turns) == ["a1", "b1", "c1", "a2", "c2", "a3"]
    assert turns.is_empty


def test_an_address_at_its_bound_waits_while_others_go_on() -> None:
    turns: Turns[str] = Turns(at_once=1)
    turns.start("a")
    for item in ("a1", "a2", "b1"):
        turns.wait(item[0], 0.0, item)
    assert drained(turns) == ["b1"]
    turns.end("a")
    assert turns.next() == "a1"


def test_who_is_not_counted_has_no_bound() -> None:
    turns: Turns[str] = Turns(at_once=1)
    turns.start(None)
    assert turns.may_start(None)


def test_who_has_waited_too_long_is_taken_out() -> None:
    turns: Turns[str] = Turns(at_once=1)
    for at, item in enumerate(("a0", "b1", "a2", "b3")):
        turns.wait(item[0], float(at), item)
    assert sorted(turns.expire(1.0)) == ["a0", "b1"]
    assert drained(turns) == ["a2", "b3"]


def test_the_thread_that_was_idle_last_is_used_first() -> None:
    """And one that raises, whatever it is, serves on."""
    done: SimpleQueue[tuple[Any, str]] = SimpleQueue()

    def serve(item: int) -> int:
        if item % 2:
            raise SystemExit
        return item

    threads = RequestThreads(
        serve, lambda _item, result: done.put((result, threading.current_thread().name))
    )
    names = set()
    for item in range(6):
        threads.start(item)
        result, name = done.get(timeout=10)
        assert result == (None if item % 2 else item)
        names.add(name)
    assert len(names) == 1
    threads.shutdown()
    with pytest.raises(RuntimeError):
        threads.start(0)


def test_each_item_has_a_thread_at_once_and_none_is_left() -> None:
    gate = threading.Barrier(9)
    threads = RequestThreads(lambda _item: gate.wait(10), lambda *_: None, idle_seconds=0.05)
    before = threading.active_count()
    for item in range(8):
        threads.start(item)
    assert threading.active_count() == before + 8
    left = [thread for thread in threading.enumerate() if "request" in thread.name]
    gate.wait(10)
    for thread in left:
        thread.join(10)
    assert threading.active_count() == before


@pytest.mark.parametrize("limit", [64, 128, 256, 1024, 65_536])
def test_what_is_admitted_finds_its_descriptors(limit: int) -> None:
    threads = descriptors.threads_for(limit, 256)
    connections = descriptors.connections_for(limit, threads)
    assert 4 <= threads <= connections
    assert connections + threads * descriptors.PER_THREAD <= limit


@pytest.mark.parametrize(
    ("proxies", "peer", "share"),
    [
        ([], "198.51.100.7", "198.51.100.7"),
        ([], "::ffff:198.51.100.7", "198.51.100.7"),
        ([], "2001:db8::1", "2001:db8::/64"),
        ([], "127.0.0.1", None),
        ([], "::1", None),
        ([], "", None),
        (["10.0.0.0/8"], "10.1.2.3", None),
        (["10.0.0.0/8"], "127.0.0.1", "127.0.0.1"),
        (["unix"], "", None),
    ],
)
def test_who_is_counted_by_an_address(proxies: list[str], peer: str, share: str | None) -> None:
    """Nobody is counted who comes through a proxy of ours, or from where one may be."""
    assert TrustedProxies.parse(proxies).share_of(peer) == share


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("RECEIVE_SECONDS", 0),
        ("SEND_SECONDS", 0),
        ("MIN_BYTES_PER_SECOND", 0),
        ("QUEUE_SECONDS", -1),
        ("REQUESTS_PER_ADDRESS", 0),
        ("CONNECTIONS_PER_ADDRESS", 0),
    ],
)
def test_a_setting_that_cannot_work_is_refused(key: str, value: int) -> None:
    with pytest.raises(ConfigurationError, match=key):
        read(ServerSettings, {f"DOVETAIL_SERVER_{key}": value})
