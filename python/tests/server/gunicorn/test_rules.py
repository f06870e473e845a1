"""The parts of the worker that need no server: turns, threads, descriptors, addresses, settings."""

from __future__ import annotations

import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from types import SimpleNamespace
from typing import Any

import pytest

from flask_dovetail import ConfigurationError
from flask_dovetail.core.settings import read
from flask_dovetail.server.config import ServerSettings
from flask_dovetail.server.gunicorn import descriptors, heads
from flask_dovetail.server.gunicorn.client_socket import Bounds, ClientSocket, ReceiveTimeout
from flask_dovetail.server.gunicorn.fair_queue import Turns
from flask_dovetail.server.gunicorn.pressure import Transfer, choose_transfers
from flask_dovetail.server.gunicorn.threads import RequestThreads, _Thread
from flask_dovetail.server.gunicorn.worker import ProblemWorker
from flask_dovetail.topology import TrustedProxies
from support.waiting import until


def drained(turns: Turns[str], free: int = 1) -> list[str]:
    taken = []
    while (item := turns.next(free)) is not None:
        taken.append(item)
    return taken


def test_addresses_take_turns_however_many_wait_of_each() -> None:
    turns: Turns[str] = Turns(at_once=9, kept=1)
    for item in ("a1", "a2", "a3", "b1", "c1", "c2"):
        turns.wait(item[0], 0.0, item)
    assert drained(turns) == ["a1", "b1", "c1", "a2", "c2", "a3"]
    assert turns.is_empty


def test_an_address_at_its_bound_waits_while_others_go_on() -> None:
    turns: Turns[str] = Turns(at_once=1, kept=1)
    turns.start("a")
    for item in ("a1", "a2", "b1"):
        turns.wait(item[0], 0.0, item)
    assert drained(turns) == ["b1"]
    turns.end("a")
    assert turns.next(1) == "a1"


def test_an_address_at_its_bound_goes_on_while_enough_threads_are_free_for_others() -> None:
    """After those of addresses that run less."""
    turns: Turns[str] = Turns(at_once=1, kept=2)
    turns.start("a")
    for item in ("a1", "b1", "a2"):
        turns.wait(item[0], 0.0, item)
    assert not turns.may_start("a", free=2)
    assert turns.may_start("a", free=3)
    assert turns.next(0) is None
    assert [turns.next(free) for free in (3, 3, 2)] == ["b1", "a1", None]


def test_those_that_have_waited_for_too_long_are_found_by_their_addresses() -> None:
    turns: Turns[str] = Turns(at_once=1, kept=1)
    for at, item in enumerate(("a0", "b1", "a2", "b3")):
        turns.wait(item[0], float(at), item)
    assert turns.waiting_since(2.0) == ["a", "a", "b"]


def chosen(
    waiting: list[str | None], slow: dict[str, float], ending: int = 0, **running: int
) -> list[str]:
    """The transfers that end; the first letter of each is its address."""
    transfers = [Transfer(name, name[0], rate) for name, rate in slow.items()]
    return choose_transfers(
        waiting, ending, transfers, lambda address: running.get(address or "", 0)
    )


def test_the_slowest_transfer_ends_one_for_each_request_that_waits() -> None:
    slow = {"a1": 30.0, "b1": 10.0, "c1": 20.0}
    assert chosen(["d", "e"], slow, a=1, b=1, c=1) == ["b1", "c1"]
    assert chosen(["d", "e"], slow, ending=1, a=1, b=1, c=1) == ["b1"]
    assert chosen(["d"] * 9, slow, a=1, b=1, c=1) == ["b1", "c1", "a1"]
    assert chosen(["d"], {}) == []


def test_the_address_with_the_most_threads_gives_its_slow_transfers_first() -> None:
    """Until it has no more than others."""
    slow = {"a1": 30.0, "a2": 40.0, "b1": 10.0, "b2": 20.0}
    assert chosen(["d"] * 3, slow, a=3, b=2) == ["a1", "b1", "a2"]


def test_an_address_takes_no_thread_from_one_that_has_fewer() -> None:
    """But from itself, and for others first."""
    slow = {"a1": 30.0, "b1": 10.0}
    assert chosen(["a"], slow, a=5, b=1) == ["a1"]
    assert chosen(["a", "d"], slow, a=5, b=1) == ["a1"]
    assert chosen(["a"], {"b1": 10.0}, a=5, b=1) == []


def test_those_who_are_not_counted_take_and_give_like_people_with_one_request() -> None:
    transfers = [Transfer("x", None, 9.0), Transfer("y", None, 3.0)]
    assert choose_transfers([None], 0, transfers, lambda _address: 0) == ["y"]


HEAD = b"POST / HTTP/1.1\r\nHost: a\r\n%b\r\n"


@pytest.mark.parametrize(
    ("data", "wanted"),
    [
        (b"", 0),
        (b"GET / HTTP/1.1\r\nContent-Length: 5\r\n", 0),
        (b"x" * 4000, 0),
        (b"x" * 4001, 4001),
        (HEAD % b"", 0),
        (HEAD % b"content-LENGTH: \t700 \r\n", 700),
        (HEAD % b"Content-Length: 700\r\n" + b"some of it", 700),
        (HEAD % b"Content-Length: 99999\r\n", 0),
        (HEAD % b"Content-Length: 999999999\r\n", 0),
        (HEAD % b"Content-Length: 7x\r\n", 0),
        (HEAD % b"Content-Length: 7\r\nExpect: 100-continue\r\n", 0),
        (HEAD % b"Content-Length: 7\r\nTransfer-Encoding: chunked\r\n", 0),
        (HEAD % b"X-Content-Length: 7\r\n", 0),
    ],
)
def test_a_thread_is_given_when_the_head_and_a_short_body_are_there(
    data: bytes, wanted: int
) -> None:
    """Where it is not short, or more than its length matters, the head is enough."""
    end = data.find(b"\r\n\r\n")
    assert heads.count_wanted(data, longest=4000) == wanted + (end + 4 if end >= 0 else 0)


@pytest.mark.parametrize(
    ("data", "too_long"),
    [
        (b"x" * 4000, False),
        (b"x" * 4001, True),
        (b"x" * 3996 + b"\r\n\r\n" + b"body" * 9000, False),
        (b"x" * 3997 + b"\r\n\r\n", True),
    ],
)
def test_a_head_is_too_long_by_itself_and_not_with_its_body(data: bytes, too_long: bool) -> None:
    assert heads.is_too_long(data, 4000) is too_long


def test_a_thread_that_does_not_wait_is_not_ended() -> None:
    """Where the client was slow, and the app works now: its next wait is judged anew."""
    ours, theirs = socket.socketpair()
    bounds = Bounds(10, 10, 1)
    with theirs, ClientSocket(ours, bounds, bounds.tick()) as sock:
        sock.end_wait()
        assert not sock.is_ending
        assert sock.rate is None
        theirs.sendall(b"x")
        assert sock.recv(5) == b"x"


def test_a_wait_that_is_ended_is_over_at_its_tick() -> None:
    """And what the loop sees of it: a rate after two seconds, then that it is ending."""
    ours, theirs = socket.socketpair()
    bounds = Bounds(10, 10, 1)
    with theirs, ClientSocket(ours, bounds, bounds.tick()) as sock, ThreadPoolExecutor(1) as pool:
        theirs.sendall(b"x" * 3000)
        assert len(sock.recv(3000)) == 3000
        received = pool.submit(sock.recv, 1)
        until(lambda: sock.rate is not None, 20)
        assert 500 < (sock.rate or 0) < 1600
        sock.end_wait()
        assert sock.is_ending
        with pytest.raises(ReceiveTimeout):
            received.result(5)


def test_answers_of_earlier_requests_are_no_progress_of_this_one() -> None:
    ours, theirs = socket.socketpair()
    bounds = Bounds(10, 10, 1)
    with theirs, ClientSocket(ours, bounds, bounds.tick()) as sock, ThreadPoolExecutor(1) as pool:
        sock.sendall(bytes(50_000))
        assert sock.is_behind
        assert len(theirs.recv(50_000, socket.MSG_WAITALL)) == 50_000
        assert not sock.is_behind
        sock.begin()
        received = pool.submit(sock.recv, 1)
        until(lambda: sock.rate is not None, 20)
        assert sock.rate == 0
        theirs.sendall(b"x")
        assert received.result(5) == b"x"


def test_uncounted_clients_have_no_limit() -> None:
    turns: Turns[str] = Turns(at_once=1, kept=1)
    turns.start(None)
    assert turns.may_start(None, free=1)


def test_requests_that_waited_too_long_expire() -> None:
    turns: Turns[str] = Turns(at_once=1, kept=1)
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
        serve,
        lambda _item, result: done.put((result, threading.current_thread().name)),
        lambda _item: None,
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
    threads = RequestThreads(
        lambda _item: gate.wait(10), lambda *_: None, lambda _: None, idle_seconds=0.05
    )
    before = threading.active_count()
    for item in range(8):
        threads.start(item)
    gate.wait(10)
    until(lambda: threading.active_count() == before + 1)  # the one that starts the others
    threads.shutdown()
    assert threading.active_count() == before


def test_caller_does_not_wait_for_new_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """But for an item that is to be served now, which waits for none of the others."""
    may_start, served = threading.Event(), threading.Semaphore(0)
    start = _Thread.start

    def start_late(self: _Thread[int]) -> None:
        if threading.current_thread().name == "dovetail-starter":
            may_start.wait(10)
        start(self)

    monkeypatch.setattr(_Thread, "start", start_late)
    threads = RequestThreads(lambda _item: None, lambda *_: served.release(), lambda _: None)
    for item in range(3):
        threads.start(item)
    threads.start(3, now=True)
    assert served.acquire(timeout=10)
    assert not served.acquire(blocking=False)
    may_start.set()
    for _ in range(3):
        assert served.acquire(timeout=10)
    threads.shutdown()


def test_item_without_a_thread_is_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: object) -> None:
        raise RuntimeError("can't start new thread")

    unserved: SimpleQueue[int] = SimpleQueue()
    threads = RequestThreads(lambda _item: None, lambda *_: None, unserved.put)
    monkeypatch.setattr(_Thread, "start", fail)
    threads.start(7)
    assert unserved.get(timeout=10) == 7
    with pytest.raises(RuntimeError):
        threads.start(8, now=True)
    threads.shutdown()


def test_request_without_a_thread_gives_its_turn_to_one_that_waits() -> None:
    """The system may start no more threads while those that run are enough for all."""
    done: list[tuple[str, object]] = []
    worker = ProblemWorker.__new__(ProblemWorker)
    worker.method_queue = SimpleNamespace(defer=lambda function, *args: function(*args))
    worker._dispatch = SimpleNamespace(  # type: ignore[assignment]
        give_back=lambda conn: done.append(("given back", conn)),
        serve_waiting=lambda: done.append(("served", None)),
    )
    worker._refuse = lambda conn, problem: done.append((problem.code, conn))  # type: ignore[method-assign]
    conn: Any = object()
    worker._on_unserved(conn)
    assert done == [("given back", conn), ("SERVICE_UNAVAILABLE", conn), ("served", None)]


@pytest.mark.parametrize("limit", [64, 128, 256, 1024, 65_536])
def test_admitted_connections_find_their_descriptors(limit: int) -> None:
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
def test_clients_are_counted_by_address(proxies: list[str], peer: str, share: str | None) -> None:
    """Peers that are, or may be, one of our proxies are not counted."""
    assert TrustedProxies.parse(proxies).share_of(peer) == share


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("RECEIVE_SECONDS", 0),
        ("SEND_SECONDS", 0),
        ("MIN_BYTES_PER_SECOND", 0),
        ("BUSY_BYTES_PER_SECOND", -1),
        ("QUEUE_SECONDS", -1),
        ("REQUESTS_PER_ADDRESS", 0),
        ("CONNECTIONS_PER_ADDRESS", 0),
    ],
)
def test_a_setting_that_cannot_work_is_refused(key: str, value: int) -> None:
    with pytest.raises(ConfigurationError, match=key):
        read(ServerSettings, {f"DOVETAIL_SERVER_{key}": value})
