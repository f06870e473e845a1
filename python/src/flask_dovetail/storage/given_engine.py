"""Facts about an engine: its owner, its kind, and whether a thread opens a connection of it now."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import URL, Engine

GIVEN = "dovetail_given_engine"
"""The execution option of a derived engine that holds the application's engine."""

_opening = threading.local()


def given_engine(engine: Engine) -> Engine:
    """Return the application's engine that `engine` was derived from; else `engine` itself."""
    given: Engine = engine.get_execution_options().get(GIVEN, engine)
    return given


def is_in_memory(engine: Engine) -> bool:
    """Return whether it is SQLite in memory: a second connection would be a second database."""
    from sqlalchemy.pool import SingletonThreadPool, StaticPool

    is_one_connection = isinstance(engine.pool, (StaticPool, SingletonThreadPool))
    return is_one_connection or is_private_memory(engine.url)


def is_private_memory(url: URL) -> bool:
    """Return whether each connection to `url` has a database of its own, in memory."""
    return url.get_backend_name() == "sqlite" and url.database in (None, "", ":memory:")


@contextmanager
def opening(seconds: float) -> Iterator[None]:
    """Mark the connections that this thread opens in the block as Dovetail's own."""
    _opening.seconds = seconds
    try:
        yield
    finally:
        _opening.seconds = None


def connect_seconds() -> float | None:
    """Return how long the connection that this thread opens for Dovetail may take to connect.

    None: it opens no connection, or one of the application's.
    """
    seconds: float | None = getattr(_opening, "seconds", None)
    return seconds


def is_opening() -> bool:
    """Return whether this thread is opening a connection of Dovetail's own."""
    return connect_seconds() is not None
