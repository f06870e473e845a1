"""How many parts are hashed and written at the same time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from threading import Barrier, Lock

from flask_dovetail.files.stores.local.fair_share import FEW, FairShare


def test_a_few_parts_are_worked_on_at_the_same_time() -> None:
    """One person's file goes as fast as the machine can."""
    turn, together = FairShare(), Barrier(FEW)

    def receive(_number: int) -> None:
        with turn.taking_part(), turn.piece():
            together.wait(30)  # breaks if any of them has to wait for another

    with ThreadPoolExecutor(FEW) as threads:
        list(threads.map(receive, range(FEW)))


def test_many_parts_are_worked_on_one_at_a_time() -> None:
    """Whoever sends them, and however many pieces they have."""
    turn, counting = FairShare(), Lock()
    inside, most = 0, 0

    def receive(_number: int) -> None:
        nonlocal inside, most
        for _ in range(5):
            with turn.piece():
                with counting:
                    inside += 1
                    most = max(most, inside)
                with counting:
                    inside -= 1

    with ExitStack() as stack, ThreadPoolExecutor(FEW + 1) as threads:
        for _ in range(FEW + 1):
            stack.enter_context(turn.taking_part())
        list(threads.map(receive, range(FEW + 1)))
    assert most == 1


def test_failed_part_gives_its_turn_back() -> None:
    turn = FairShare()
    with ExitStack() as stack:
        for _ in range(FEW + 1):
            stack.enter_context(turn.taking_part())
        for _ in range(2):
            try:
                with turn.piece():
                    raise ConnectionResetError
            except ConnectionResetError:
                continue
        with turn.piece():
            pass
    with turn.taking_part(), turn.piece():
        pass
