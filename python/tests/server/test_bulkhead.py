from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from flask_dovetail import Bulkhead
from flask_dovetail.problems import ServiceUnavailable


def test_no_more_than_at_once_run_at_the_same_time() -> None:
    bulkhead = Bulkhead("things", at_once=2, waiting=20)
    turn, running, most = threading.Lock(), 0, 0

    def work(_: int) -> None:
        nonlocal running, most
        with bulkhead:
            with turn:
                running += 1
                most = max(most, running)
            time.sleep(0.005)
            with turn:
                running -= 1

    with ThreadPoolExecutor(20) as pool:
        list(pool.map(work, range(20)))
    assert most == 2


def test_a_full_queue_refuses_at_once_with_a_retry_after() -> None:
    bulkhead = Bulkhead("things", at_once=1, waiting=0)
    with bulkhead, pytest.raises(ServiceUnavailable) as refused:
        bulkhead.__enter__()
    assert refused.value.headers["Retry-After"] == "2"
    assert refused.value.detail == "Too many things at once."


def test_a_wait_ends_after_its_time_and_gives_the_place_in_the_queue_back() -> None:
    bulkhead = Bulkhead("things", at_once=1, waiting=1, wait_seconds=0.01)
    with bulkhead:
        for _ in range(3):
            with pytest.raises(ServiceUnavailable):
                bulkhead.__enter__()
    with bulkhead:
        pass


def test_a_block_that_fails_gives_its_place_back() -> None:
    bulkhead = Bulkhead("things", at_once=1, waiting=0)
    for _ in range(3):
        with pytest.raises(KeyError), bulkhead:
            raise KeyError
        with pytest.raises(KeyError), bulkhead.for_client("ada"):
            raise KeyError


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.001)


class Crowd:
    """Callers in threads of their own, which leave one after the other when they are told to."""

    def __init__(self, bulkhead: Bulkhead) -> None:
        self.entered: list[str] = []
        self.refused: list[str] = []
        self._bulkhead = bulkhead
        self._may_leave = threading.Semaphore(0)
        self._threads: list[threading.Thread] = []

    def come(self, client: str) -> None:
        """Come, and return when the caller is in, waits or has been refused."""
        thread = threading.Thread(target=self._run, args=(client,), daemon=True)
        before = self._settled()
        self._threads.append(thread)
        thread.start()
        wait_until(lambda: self._settled() > before)

    def leave(self) -> None:
        """Let everybody in and out, one after the other."""
        for _ in self._threads:
            self._may_leave.release()
        for thread in self._threads:
            thread.join(5)

    def _settled(self) -> int:
        waiting = sum(map(len, self._bulkhead._lines.values()))
        return len(self.entered) + 2 * len(self.refused) + waiting

    def _run(self, client: str) -> None:
        try:
            with self._bulkhead.for_client(client):
                self.entered.append(client)
                self._may_leave.acquire(timeout=5)
        except ServiceUnavailable:
            self.refused.append(client)


def test_a_full_queue_takes_a_place_from_the_client_that_has_the_most() -> None:
    crowd = Crowd(Bulkhead("things", at_once=1, waiting=4))
    for client in "aaaaa":
        crowd.come(client)
    assert crowd.refused == []  # nobody else needs the queue
    crowd.come("a")
    assert crowd.refused == ["a"]
    for client in "bb":
        crowd.come(client)
    wait_until(lambda: crowd.refused == ["a", "a", "a"])
    crowd.come("b")  # each has two places of four
    wait_until(lambda: crowd.refused == ["a", "a", "a", "b"])
    crowd.leave()


def test_clients_that_wait_take_turns() -> None:
    crowd = Crowd(Bulkhead("things", at_once=1, waiting=20))
    for client in "aaaaaabbc":
        crowd.come(client)
    crowd.leave()
    assert "".join(crowd.entered) == "aabcabaaa"


def test_a_caller_that_gave_up_waiting_takes_no_turn_and_no_place() -> None:
    bulkhead = Bulkhead("things", at_once=1, waiting=1, wait_seconds=0.01)
    with bulkhead.for_client("a"):
        for client in "bcb":
            with pytest.raises(ServiceUnavailable), bulkhead.for_client(client):
                pass
    with bulkhead.for_client("c"):
        pass


def test_many_clients_at_once_are_let_in_or_refused_and_all_places_come_back() -> None:
    bulkhead = Bulkhead("things", at_once=2, waiting=8, wait_seconds=0.02)
    lock, running, most, refused = threading.Lock(), 0, 0, 0

    def work(number: int) -> None:
        nonlocal running, most, refused
        try:
            with bulkhead.for_client(f"client {number % 5}"):
                with lock:
                    running += 1
                    most = max(most, running)
                time.sleep(0.002)
                with lock:
                    running -= 1
        except ServiceUnavailable:
            with lock:
                refused += 1

    with ThreadPoolExecutor(30) as pool:
        list(pool.map(work, range(600)))
    assert most == 2
    assert 0 < refused < 600
    assert (bulkhead._free, bulkhead._lines) == (2, {})


def test_one_client_leaves_room_for_others_while_its_callers_run_for_long() -> None:
    crowd = Crowd(Bulkhead("things", at_once=4, waiting=8, leaves_room=True))
    for client in "aaaa":
        crowd.come(client)
    assert crowd.entered == ["a", "a"]
    for client in "bbc":
        crowd.come(client)
    assert crowd.entered == ["a", "a", "b", "c"]
    crowd.leave()
    assert sorted(crowd.entered) == ["a", "a", "a", "a", "b", "b", "c"]
    assert crowd.refused == []


def test_one_place_is_free_for_anybody() -> None:
    bulkhead = Bulkhead("things", at_once=1, waiting=0, leaves_room=True)
    for _ in range(2):
        with bulkhead.for_client("a"), pytest.raises(ServiceUnavailable):
            bulkhead.for_client("b").__enter__()
