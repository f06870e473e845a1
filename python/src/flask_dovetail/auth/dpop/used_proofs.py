"""Remember used proofs of possession while they could be accepted, so that each works once."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Protocol

from .rules import LIFE_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from valkey import Valkey

MAX_REMEMBERED = 20_000
"""The most used proofs that a process remembers: some 4 MB."""


class UsedProofs(Protocol):
    """The used proofs of one app. A name stands for the key and the id of a proof."""

    def spend(self, name: str, *, now: int) -> bool:
        """Use a proof; return False if it has been used before."""


class LocalUsedProofs:
    """The proofs that this process has seen; only with Valkey do other workers know of them.

    When there are more than it can remember, the oldest are forgotten first.
    """

    def __init__(self, max_remembered: int = MAX_REMEMBERED) -> None:
        self._max = max_remembered
        # A plain dict would look for its first entry among all that were deleted before it.
        self._until: OrderedDict[str, int] = OrderedDict()
        self._lock = threading.Lock()

    def spend(self, name: str, *, now: int) -> bool:
        """See `UsedProofs.spend`."""
        with self._lock:
            until = self._until
            while until and until[next(iter(until))] <= now:
                del until[next(iter(until))]
            if name in until:
                return False
            if len(until) >= self._max:
                del until[next(iter(until))]
            until[name] = now + LIFE_SECONDS
            return True


class SharedUsedProofs:
    """The proofs that all workers have seen, in Valkey. Its outage raises the driver's exception.

    Args:
        client: gives the client; asked at each use.
    """

    def __init__(self, client: Callable[[], Valkey]) -> None:
        self._client = client

    def spend(self, name: str, *, now: int) -> bool:  # noqa: ARG002 - Valkey has a clock
        """See `UsedProofs.spend`."""
        return bool(self._client().set(f"dovetail:proof:{name}", "", nx=True, ex=LIFE_SECONDS))
