"""How often a password may be tried: per account and per address, counted before it is checked.

In memory the count is each worker's own; with Valkey it is shared. When Valkey is down, logins are
refused with 503 rather than let through uncounted.
"""

from __future__ import annotations

import hmac
import threading
import time
from math import ceil
from typing import TYPE_CHECKING, Any

from ..addresses import address_key
from .rules import Rate, account_key

if TYPE_CHECKING:
    from collections.abc import Callable

    from limits import RateLimitItem
    from limits.strategies import RateLimiter
    from valkey import Valkey


class LoginLimiter:
    """Counts attempts in windows that begin with the first attempt of each.

    Not in moving ones, which keep a time for each attempt. In memory the number of windows is
    bounded: whoever tries ever new emails cannot fill the process.

    Args:
        per_account, per_address: the limits.
        valkey: where to count; None counts in this process.
        key: keeps emails and addresses unreadable in the store.
    """

    def __init__(
        self,
        *,
        per_account: Rate,
        per_address: Rate,
        valkey: Callable[[], Valkey] | None,
        key: bytes,
    ) -> None:
        self._rates = (("address", per_address), ("account", per_account))
        self._valkey = valkey
        self._key = key
        self._lock = threading.Lock()
        self._made: tuple[RateLimiter, dict[str, RateLimitItem]] | None = None

    def wait(self, email: str, address: str | None) -> int | None:
        """How long `attempt` would refuse, in seconds, or None. Counts nothing."""
        limiter, items = self._ready()
        for kind, name in self._names(email, address):
            if not limiter.test(items[kind], kind, name):
                return self._seconds_left(kind, name)
        return None

    def attempt(self, email: str, address: str | None) -> int | None:
        """Count one attempt. None: go on; else the seconds to wait before the next.

        The address comes first, and one that is refused counts for no account: otherwise a single
        machine could lock any number of people out.
        """
        limiter, items = self._ready()
        for kind, name in self._names(email, address):
            if not limiter.hit(items[kind], kind, name):
                return self._seconds_left(kind, name)
        return None

    def succeeded(self, email: str) -> None:
        """Start the account's count again."""
        limiter, items = self._ready()
        limiter.clear(items["account"], "account", self._hidden("account", account_key(email)))

    def _names(self, email: str, address: str | None) -> list[tuple[str, str]]:
        """What an attempt counts for, in that order."""
        told = (("address", address_key(address)), ("account", account_key(email)))
        return [(kind, self._hidden(kind, whose)) for kind, whose in told]

    def _seconds_left(self, kind: str, name: str) -> int:
        limiter, items = self._ready()
        resets_at = limiter.get_window_stats(items[kind], kind, name).reset_time
        return max(ceil(resets_at - time.time()), 1)

    def _hidden(self, kind: str, whose: str) -> str:
        return hmac.digest(self._key, f"{kind}:{whose}".encode(), "sha256").hex()[:32]

    def _ready(self) -> tuple[RateLimiter, dict[str, RateLimitItem]]:
        if self._made is None:
            with self._lock:
                if self._made is None:
                    self._made = self._make()
        return self._made

    def _make(self) -> tuple[RateLimiter, dict[str, RateLimitItem]]:
        from limits import RateLimitItemPerSecond
        from limits.storage import RedisStorage
        from limits.strategies import FixedWindowRateLimiter

        from ..counting import BoundedMemory

        storage: Any = (
            BoundedMemory()
            if self._valkey is None
            else RedisStorage(
                "valkey://",
                connection_pool=self._valkey().connection_pool,
                key_prefix="dovetail:attempts",
            )
        )
        items = {
            kind: RateLimitItemPerSecond(rate.attempts, rate.seconds) for kind, rate in self._rates
        }
        return FixedWindowRateLimiter(storage), dict(items)
