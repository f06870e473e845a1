"""The time that a request waits for the database. Imports no driver: settings are read at start."""

from __future__ import annotations

from typing import NamedTuple


class Limits(NamedTuple):
    """The seconds that one request waits before it fails as an outage, which is answered with 503.

    Attributes:
        wait: for a place in the pool.
        connect: for a new connection; libpq takes whole seconds, and 2 at least.
        answer: for the answer to a statement, or for a lock.
    """

    wait: float = 5.0
    connect: float = 2.0
    answer: float = 5.0
