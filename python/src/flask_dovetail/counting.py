"""Count attempts in this process: a storage for `limits` that is exact and stays small."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict

from limits.storage import Storage


class BoundedMemory(Storage):
    """Counts in memory, for `limits.strategies.FixedWindowRateLimiter`.

        FixedWindowRateLimiter(BoundedMemory())

    `limits.storage.MemoryStorage` loses counts when threads race for a new key, and goes through
    every key in a thread of its own. Here a lock makes each count exact, and the number of keys is
    bounded: when strangers try ever new keys, the windows that began first are forgotten. Use one
    storage for each kind of key, so that strangers forget only each other's.

    Args:
        max_keys: how many windows are stored at the same time; each takes about 300 bytes.
    """

    def __init__(self, max_keys: int = 100_000) -> None:
        super().__init__()
        self._max_keys = max_keys
        self._lock = threading.Lock()
        # Count and end, in the order they began. A plain dict would look for its first entry among
        # all that were deleted before it.
        self._windows: OrderedDict[str, tuple[int, float]] = OrderedDict()

    @property
    def base_exceptions(self) -> type[Exception]:
        """The exceptions that a failure of this storage raises."""
        return ValueError

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Count, and return the count. A window of `expiry` seconds begins with its first one."""
        now = time.time()
        with self._lock:
            count, end = self._windows.get(key, (0, 0.0))
            if end <= now:
                self._windows.pop(key, None)
                self._make_room(now)
                count, end = 0, now + expiry
            self._windows[key] = (count + amount, end)
            return count + amount

    def get(self, key: str) -> int:
        """Return the count of the current window."""
        count, end = self._windows.get(key, (0, 0.0))
        return count if end > time.time() else 0

    def get_expiry(self, key: str) -> float:
        """Return when the window ends, in Unix seconds."""
        return max(self._windows.get(key, (0, 0.0))[1], time.time())

    def check(self) -> bool:
        """Return True: memory is always there."""
        return True

    def reset(self) -> int:
        """Forget every window; return how many there were."""
        with self._lock:
            count = len(self._windows)
            self._windows.clear()
            return count

    def clear(self, key: str) -> None:
        """Forget one window."""
        with self._lock:
            self._windows.pop(key, None)

    def _make_room(self, now: float) -> None:
        """Forget windows that are over, and the one that began first if there are too many."""
        while self._windows:
            first = next(iter(self._windows))
            if self._windows[first][1] > now and len(self._windows) < self._max_keys:
                break
            del self._windows[first]
