"""Limit how often a password may be tried, per account and per address.

Attempts are counted before the password is checked. In memory each worker has a count of its own;
with Valkey the count is shared. When Valkey is down, logins are refused with 503 rather than let
through uncounted.
"""

from __future__ import annotations

import hmac
import threading
import time
from math import ceil
from typing import TYPE_CHECKING, Any, NamedTuple

from ..core.addresses import address_key
from .rates import Rate, account_key

if TYPE_CHECKING:
    from collections.abc import Callable

    from limits import RateLimitItem
    from limits.strategies import RateLimiter
    from valkey import Valkey


class LoginLimiter:
    """Counts attempts in fixed windows; each window begins with its first attempt.

    Moving windows would keep a time for each attempt. In memory the number of windows is bounded,
    so that an attacker who tries ever new emails cannot fill the process.

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
        self._counters: dict[str, _Count] | None = None

    def wait(self, email: str, address: str | None) -> int | None:
        """Return the seconds for which `attempt` would refuse, or None. Counts nothing."""
        for count, name in self._counts(email, address):
            if not count.limiter.test(count.rate, name):
                return _seconds_left(count, name)
        return None

    def attempt(self, email: str | None, address: str | None) -> int | None:
        """Count one attempt; return None if it may go on, else the seconds until the next one may.

        An attempt without an email, by an outside provider, counts for its address alone. The
        address is counted first, and an attempt that it refuses counts for no account: otherwise
        a single machine could lock any number of people out.
        """
        for count, name in self._counts(email, address):
            if not count.limiter.hit(count.rate, name):
                return _seconds_left(count, name)
        return None

    def succeeded(self, email: str) -> None:
        """Start the account's count again."""
        count = self._open()["account"]
        count.limiter.clear(count.rate, self._hashed_name("account", account_key(email)))

    def _counts(self, email: str | None, address: str | None) -> list[tuple[_Count, str]]:
        """Return the counts that an attempt adds to, each with its name, in that order."""
        counts = self._open()
        names = [("address", address_key(address))]
        if email is not None:
            names.append(("account", account_key(email)))
        return [(counts[kind], self._hashed_name(kind, name)) for kind, name in names]

    def _hashed_name(self, kind: str, name: str) -> str:
        return hmac.digest(self._key, f"{kind}:{name}".encode(), "sha256").hex()[:32]

    def _open(self) -> dict[str, _Count]:
        if self._counters is None:
            with self._lock:
                if self._counters is None:
                    self._counters = self._make()
        return self._counters

    def _make(self) -> dict[str, _Count]:
        from limits import RateLimitItemPerSecond
        from limits.strategies import FixedWindowRateLimiter

        return {
            kind: _Count(
                FixedWindowRateLimiter(self._storage(kind)),
                RateLimitItemPerSecond(rate.attempts, rate.seconds, namespace=kind),
            )
            for kind, rate in self._rates
        }

    def _storage(self, kind: str) -> Any:
        """Make the storage of one kind of count.

        In memory each kind has a storage of its own, so that ever new emails push no address out.
        """
        from limits.storage import RedisStorage

        from ..counting import BoundedMemory

        if self._valkey is None:
            return BoundedMemory()
        pool = self._valkey().connection_pool
        prefix = f"dovetail:attempts:{kind}"
        return RedisStorage("valkey://", connection_pool=pool, key_prefix=prefix)


class _Count(NamedTuple):
    """One of the two limits."""

    limiter: RateLimiter
    rate: RateLimitItem


def _seconds_left(count: _Count, name: str) -> int:
    resets_at = count.limiter.get_window_stats(count.rate, name).reset_time
    return max(ceil(resets_at - time.time()), 1)
