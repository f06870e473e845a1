"""The starter as `make run` serves it: prepared, on gunicorn, with a data folder of its own.

Limits that count what one address or one person does are raised, because a benchmark has one
address. Everything else is as it is by default.
"""

from __future__ import annotations

import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import URLError
from urllib.request import urlopen

import psutil
from sqlalchemy import MetaData, Table, create_engine, insert, select

from .servers import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
BACKEND = ROOT / "starter" / "backend"
PASSWORD = "correct horse battery"
DESCRIPTORS = 1024
"""The soft limit of a usual login shell and of systemd, which this machine may not have."""
START_SECONDS = 180

RAISED = {
    "STARTER_SIGNUPS_PER_HOUR": "1000000",
    "STARTER_POSTS_PER_DAY": "1000000",
    "STARTER_COMMENTS_PER_DAY": "1000000",
    "STARTER_CHANGES_PER_MINUTE": "1000000",
    "STARTER_AVATARS_PER_HOUR": "1000000",
    "DOVETAIL_AUTH_LOGIN_LIMIT_PER_ACCOUNT": "100000/1 minute",
    "DOVETAIL_AUTH_LOGIN_LIMIT_PER_ADDRESS": "100000/1 minute",
}


_TRACEBACK = re.compile(r"^Traceback .*\n(?:[ \t].*\n|\n)+(.*)", re.MULTILINE)
_VARYING = re.compile(r"0x[0-9a-f]+|dt-pg-\w+|\d{2,}")


class Starter:
    """One set-up of the starter. Its data and its port stay the same over restarts.

    Args:
        folder: for its data, and for the log of each run.
        stores: `DATABASE_URL` and `VALKEY_URL`, or nothing for SQLite.
        pool: connections of the app's pool; None is what the starter has.
        strategy: `session` or `token`.
    """

    def __init__(
        self, folder: Path, stores: dict[str, str], *, strategy: str, pool: int | None = None
    ) -> None:
        self.folder = folder
        self.port = free_port()
        self.log = folder / "server.log"
        self.database = stores.get("DATABASE_URL", f"sqlite:///{folder}/starter.sqlite3")
        self._app = "wsgi:app" if pool is None else "shared.starter_served:app"
        self._process: subprocess.Popen[bytes] | None = None
        ours = ("DOVETAIL_", "STARTER_", "DATABASE_URL", "VALKEY_URL", "SECRET_KEY")
        self._environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith(ours)},
            **RAISED,
            "PORT": str(self.port),
            "STARTER_DATA_FOLDER": str(folder),
            "STARTER_DEMO_PASSWORD": PASSWORD,
            "STARTER_AUTH": strategy,
            **({} if pool is None else {"BENCHMARK_POOL": str(pool)}),
            **stores,
        }

    def prepare(self, people: int) -> None:
        """Run `flask prepare`, then add accounts `p0@example.com` and so on."""
        subprocess.run(
            [sys.executable, "-m", "flask", "--app", "wsgi", "prepare"],
            cwd=BACKEND,
            env=self._environment,
            check=True,
            stdout=subprocess.DEVNULL,
            timeout=START_SECONDS,
        )
        _add_people(self.database, people)

    @contextmanager
    def running(self, **stores: str) -> Iterator[Starter]:
        """Serve, with other addresses of stores where they are given. The log begins anew."""
        self.log.unlink(missing_ok=True)
        self._environment.update(stores)
        self.start()
        try:
            yield self
        finally:
            self.stop()

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "gunicorn"),
                    *("--config", "gunicorn.conf.py", "--pythonpath", str(ROOT / "benchmarks")),
                    self._app,
                ],
                cwd=BACKEND,
                env=self._environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                preexec_fn=_limit_descriptors,
            )
        self.wait()

    def wait(self) -> None:
        """Wait until it answers."""
        assert self._process is not None
        deadline = time.monotonic() + START_SECONDS
        while not self.answers():
            if time.monotonic() > deadline or self._process.poll() is not None:
                raise RuntimeError(self.log.read_text())
            time.sleep(0.05)

    def answers(self) -> bool:
        """Whether `/healthz` does."""
        with suppress(URLError, OSError), urlopen(f"{self.address}/healthz", timeout=5):
            return True
        return False

    def stop(self) -> None:
        """By SIGTERM; by SIGKILL what is left after 15 seconds."""
        if self._process is None:
            return
        everything = [self._process.pid, *(child.pid for child in self._children())]
        self._process.terminate()
        try:
            self._process.wait(15)
        except subprocess.TimeoutExpired:
            for pid in everything:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self._process.wait()
        self._process = None

    def restart(self) -> None:
        """Stop it, and start it again, as a deployment does."""
        self.stop()
        self.start()

    def kill_worker(self) -> None:
        """By SIGKILL: gunicorn makes another one."""
        self._children()[0].kill()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def worker(self) -> psutil.Process | None:
        """The process that answers, or None while there is none."""
        children = self._children()
        return children[0] if children else None

    def _children(self) -> list[psutil.Process]:
        process = self._process
        if process is None:
            return []
        with suppress(psutil.NoSuchProcess):
            return psutil.Process(process.pid).children()
        return []

    def keep_log(self, folder: Path, name: str) -> None:
        """Copy the log of this run to that folder."""
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(self.log, folder / f"{name.replace(' ', '-')}.log")

    def tracebacks(self) -> Counter[str]:
        """The last line of each traceback in the log, and how often it is there."""
        ends: list[str] = []
        plain: list[str] = []  # gunicorn's, which is no JSON
        for line in self.log.read_text(errors="replace").splitlines():
            try:
                told = json.loads(line)
            except ValueError:
                plain.append(line)
            else:
                ends += _TRACEBACK.findall(told.get("exception") or "")[-1:]
        ends += _TRACEBACK.findall("\n".join(plain))
        return Counter(_VARYING.sub("…", end[:160]) for end in ends)


class Peaks:
    """The most that the worker took since the start: resident bytes, descriptors, threads."""

    def __init__(self) -> None:
        self.memory = self.descriptors = self.threads = 0

    def look(self, worker: psutil.Process | None) -> None:
        """Look once; a worker that ends meanwhile is none."""
        if worker is None:
            return
        with suppress(psutil.Error, OSError):
            self.memory = max(self.memory, worker.memory_info().rss)
            self.descriptors = max(self.descriptors, worker.num_fds())
            self.threads = max(self.threads, worker.num_threads())


def end_on_sigterm() -> None:
    """Let SIGTERM, as `timeout` sends it, end the servers of this script too."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by SIGTERM"))


def machine() -> str:
    """How busy it is: figures of a run at another load are not comparable."""
    return f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"


def list_of(tracebacks: Counter[str]) -> str:
    """The most frequent ones, one a line."""
    if not tracebacks:
        return "no traceback in the logs"
    lines = [f"  {many:6} {end}" for end, many in tracebacks.most_common(12)]
    return "\n".join(["tracebacks in the logs, by their last line:", *lines])


def email(number: int) -> str:
    return f"p{number}@example.com"


def _add_people(database: str, count: int) -> None:
    """Copy the demo account: hashing a password for each takes longer than all the rest."""
    engine = create_engine(database)
    users = Table("users", MetaData(), autoload_with=engine)
    with engine.begin() as connection:
        demo = connection.execute(select(users).where(users.c.email == "demo@example.com")).one()
        same = {key: value for key, value in demo._mapping.items() if key != "id"}
        people = [{**same, "email": email(n), "name": f"Person {n}"} for n in range(count)]
        connection.execute(insert(users), people)
    engine.dispose()


def _limit_descriptors() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(DESCRIPTORS, hard), hard))
