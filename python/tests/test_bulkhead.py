from __future__ import annotations

import threading
import time
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
