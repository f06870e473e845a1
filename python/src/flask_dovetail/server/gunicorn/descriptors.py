"""Share the file descriptors of the process between connections and threads."""

from __future__ import annotations

import os
import resource

WANTED = 65_536
"""More than any worker can use; some systems have a hard limit of a billion."""

_RESERVE = 64
"""For pools of connections, log files and files being opened, besides those of threads."""

PER_THREAD = 3
"""A thread's own connection to SQLite takes two, and a file that is sent or received one."""


def raise_limit() -> int:
    """Raise the soft limit of this process to the hard one, at most to `WANTED`.

    Returns:
        The number of descriptors that may be open.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    highest = WANTED if hard == resource.RLIM_INFINITY else min(hard, WANTED)
    if soft != resource.RLIM_INFINITY and soft >= highest:
        return min(soft, WANTED)
    if soft == resource.RLIM_INFINITY:
        return WANTED
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (highest, hard))
    except (OSError, ValueError):  # macOS refuses more than its kernel has
        return soft
    return highest


def reserve_of(limit: int) -> int:
    """Return how many descriptors connections leave alone, besides those of threads."""
    return min(_RESERVE, limit // 4)


def threads_for(limit: int, wanted: int) -> int:
    """Return how many threads can serve without running out: at least 4, at most `wanted`."""
    return min(wanted, max(4, (limit - 2 * reserve_of(limit)) // (1 + PER_THREAD)))


def connections_for(limit: int, threads: int) -> int:
    """Return how many connections can be open while each of `threads` has what it may need."""
    return max(threads, limit - reserve_of(limit) - PER_THREAD * threads)


class Spare:
    """A spare descriptor for the moment when there are no others: a client can be told then."""

    def __init__(self) -> None:
        self._fd = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)

    def give(self) -> None:
        """Close the descriptor, so that one connection can be accepted."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def take_back(self) -> None:
        """Open the descriptor again if possible."""
        if self._fd < 0:
            try:
                self._fd = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
            except OSError:
                return
