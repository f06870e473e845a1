"""Share the processor between uploads: the rest of the API goes on while many people upload."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

FEW = 4  # one person's file: the browser package sends 3 parts at once
PAUSE_SECONDS = 0.002


class FairShare:
    """The shared turn of all parts that a process receives.

    Up to `FEW` parts at once go as fast as they can. Above that, only one piece is worked on at a
    time, so that other threads find a core and Python's lock free, with a pause after each. The
    throughput that remains is that of a gigabit line: some 120 MiB/s.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counting = threading.Lock()
        self._parts = 0

    @contextmanager
    def taking_part(self) -> Iterator[None]:
        """Count a part as being received."""
        with self._counting:
            self._parts += 1
        try:
            yield
        finally:
            with self._counting:
                self._parts -= 1

    @contextmanager
    def piece(self) -> Iterator[None]:
        """Wait for a turn to work on one piece of a part."""
        if self._parts <= FEW:
            yield
            return
        with self._lock:
            yield
            time.sleep(PAUSE_SECONDS)
