"""Fail fast while a store hangs, so that not every request waits for its time limit."""

from __future__ import annotations

import threading
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

PROBE_SECONDS = 0.25
LONGEST_PROBE_SECONDS = 6.0
"""After this time the caller that probes is taken as lost, and another one may probe."""


class CircuitBreaker:
    """Opens when a store did not answer in time; then one caller at a time asks it again.

    A store that refuses connections fails at once and needs no breaker. A store that hangs costs
    each request its whole time limit, one limit after the other: with the breaker open, the first
    callers pay it once and the rest are refused at once, until a probe is answered.

    Args:
        refusal: makes the exception for callers that are refused; it must count as an outage.
        probe_seconds: how long after the last failure or probe the next caller is let through.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        refusal: Callable[[], Exception],
        *,
        probe_seconds: float = PROBE_SECONDS,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._refusal = refusal
        self._probe_seconds = probe_seconds
        self._clock = clock
        self._turn = threading.Lock()
        self._next_probe: float | None = None
        self._prober: int | None = None

    @property
    def is_open(self) -> bool:
        """Whether callers are refused."""
        return self._next_probe is not None

    @property
    def refuses_caller(self) -> bool:
        """Whether this thread would be refused: the store hangs, and another thread may probe it.

        Asking takes no turn.
        """
        return self._next_probe is not None and self._prober != threading.get_ident()

    def check(self) -> None:
        """Let the caller through, or refuse. A caller that was let through to probe may go on.

        Raises:
            Exception: made by `refusal`; the store hung a moment ago.
        """
        if self._next_probe is None:
            return
        with self._turn:
            if self._next_probe is None:
                return
            now, caller = self._clock(), threading.get_ident()
            if now >= self._next_probe:
                # Until it is answered or gives up: several probes would wait for each other's
                # places.
                self._next_probe, self._prober = now + LONGEST_PROBE_SECONDS, caller
            if self._prober == caller:
                return
        raise self._refusal()

    def trip(self) -> None:
        """Open, or stay open: the store did not answer in time."""
        with self._turn:
            self._next_probe = self._clock() + self._probe_seconds
            self._prober = None

    def give_up(self) -> None:
        """Let another caller probe soon if this one does: it got no answer, for any reason."""
        if self._prober == threading.get_ident():
            self.trip()

    def reset(self) -> None:
        """Close: the store has answered."""
        if self._next_probe is not None:
            with self._turn:
                self._next_probe = self._prober = None
