"""A Valkey and a PostgreSQL of a benchmark's own, out of wheels: the servers of the tests."""

from __future__ import annotations

from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING

from support.databases import migrate
from support.ports import free_port as free_port
from support.servers import Postgres, Valkey, running

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def valkey() -> Iterator[str]:
    """The URL of an empty Valkey."""
    with running_valkey() as server:
        yield server.url


def running_valkey() -> AbstractContextManager[Valkey]:
    """One that can be stopped and started."""
    return running(Valkey())


def postgres() -> AbstractContextManager[Postgres]:
    """A PostgreSQL (`create_database()` gives a URL), which does not wait for its disk."""
    return running(Postgres())


def migrated(server: Postgres) -> str:
    """The URL of a new database there, with our tables."""
    url = server.create_database()
    migrate(url)
    return url
