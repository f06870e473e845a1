"""Clocks that tests move."""

from __future__ import annotations

import time


class Clock:
    """Seconds, moved by hand: Unix time, unless a test begins elsewhere."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


class RunningClock:
    """The real time, which a test moves on: for sites whose threads and sockets wait for real."""

    def __init__(self) -> None:
        self._ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self._ahead

    def advance(self, seconds: float) -> None:
        self._ahead += seconds
