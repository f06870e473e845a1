"""Which proofs of possession have been used: each once, while it could be accepted."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Protocol

from .rules import LIFE_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from valkey import Valkey

REMEMBERED = 20_000
"""So many used proofs a process remembers at most: some 4 MB."""


class Spent(Protocol):
    """The used proofs of one app. A name stands for the key and the id of a proof."""

    def spend(self, name: str, *, now: int) -> bool:
        """Use a proof. False: it has been used before."""


class SpentHere:
    """What this process has seen. Another worker does not know of it: Valkey is for that.

    When there are more than it can remember, the oldest are forgotten first.
    """

    def __init__(self, remembered: int = REMEMBERED) -> None:
        self._most = remembered
        self._until: dict[str, int] = {}
        self._lock = threading.Lock()

    def spend(self, name: str, *, now: int) -> bool:
        with self._lock:
            until = self._until
            while until and until[next(iter(until))] <= now:
                del until[next(iter(until))]
            if name in until:
                return False
            if len(until) >= self._most:
                del until[next(iter(until))]
            until[name] = now + LIFE_SECONDS
            return True


class SpentEverywhere:
    """What all workers have seen, in Valkey. Its outage raises the driver's exception.

    Args:
        client: gives the client; asked at each use.
    """

    def __init__(self, client: Callable[[], Valkey]) -> None:
        self._client = client

    def spend(self, name: str, *, now: int) -> bool:  # noqa: ARG002 - Valkey has a clock
        return bool(self._client().set(f"dovetail:proof:{name}", "", nx=True, ex=LIFE_SECONDS))
