"""Whose turn it is to hash and write: so that the rest of the API goes on while many upload."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

FEW = 4  # one person's file: the browser package sends 3 parts at once
PAUSE_SECONDS = 0.002


class Turn:
    """One for all parts that a process receives.

    Up to `FEW` parts at once go as fast as they can. Where there are more, one piece at a time is
    worked on, so that other threads find a core and Python's lock free, and after each there is a
    pause. What is left is what a gigabit line brings: some 120 MiB/s.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counting = threading.Lock()
        self._parts = 0

    @contextmanager
    def taking_part(self) -> Iterator[None]:
        """Be counted as a part that is being received."""
        with self._counting:
            self._parts += 1
        try:
            yield
        finally:
            with self._counting:
                self._parts -= 1

    @contextmanager
    def piece(self) -> Iterator[None]:
        """Work on one piece of a part. Waits until it may."""
        if self._parts <= FEW:
            yield
            return
        with self._lock:
            yield
            time.sleep(PAUSE_SECONDS)
