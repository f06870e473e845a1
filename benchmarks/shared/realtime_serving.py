"""Real gunicorn processes for sockets, with threads or on greenlets, and people who sign in."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from .realtime_served import PASSWORD, person

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
GEVENT = ("--config", str(ROOT / "starter/deploy/realtime/sockets.conf.py"))
THREADS = (
    *("--config", str(ROOT / "starter/backend/gunicorn.conf.py")),
    *("--threads", "1200", "--worker-connections", "1300"),
)
MODES = {"gevent": GEVENT, "threads": THREADS}
READY_SECONDS = 60


class Server:
    """A gunicorn with one worker, whose log goes nowhere.

    Args:
        app: of `realtime_served.py`.
        mode: of `MODES`.
        environment: beside that of this process.
    """

    def __init__(self, app: str, mode: str, folder: Path, **environment: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port: int = probe.getsockname()[1]
        self.origin = environment.pop("DOVETAIL_API_ORIGIN", f"http://127.0.0.1:{self.port}")
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-m", "gunicorn", *MODES[mode]),
                *(("--worker-class", "gthread") if (app, mode) == ("plain", "threads") else ()),
                *("--chdir", str(HERE.parent), f"shared.realtime_served:{app}()"),
            ],
            env={
                **os.environ,
                "PORT": str(self.port),
                "BENCHMARK_FOLDER": str(folder),
                "DOVETAIL_API_ORIGIN": self.origin,
                **environment,
            },
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def wait(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while True:
            try:
                httpx.get(f"http://127.0.0.1:{self.port}/healthz", timeout=5).raise_for_status()
                return
            except httpx.HTTPError:
                if time.monotonic() > deadline or self._process.poll() is not None:
                    raise
                time.sleep(0.05)

    @property
    def worker(self) -> int:
        pid = self._process.pid
        return int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])

    def kill_worker(self) -> None:
        """By SIGKILL: gunicorn makes another one."""
        os.kill(self.worker, signal.SIGKILL)

    def memory(self) -> int:
        """Bytes of the worker, with its share of what it has in common with its master."""
        for line in Path(f"/proc/{self.worker}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
        raise LookupError("Pss")

    def cpu_seconds(self) -> float:
        """What the worker has used."""
        fields = Path(f"/proc/{self.worker}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def tell(self, path: str, **query: Any) -> Any:
        """What a view answers, however long that takes."""
        answer = httpx.get(f"http://127.0.0.1:{self.port}{path}", params=query, timeout=None)
        answer.raise_for_status()
        return answer.json() if answer.text else None

    def sign_in(self, count: int) -> list[str]:
        """The cookies of so many people."""
        return [self._cookie(person(number)) for number in range(count)]

    def _cookie(self, subject: str) -> str:
        base = f"http://127.0.0.1:{self.port}"
        with httpx.Client(base_url=base, headers={"Origin": self.origin}, timeout=30) as one:
            csrf = one.get("/api/csrf-token").json()["csrf"]
            answer = one.post(
                "/auth/login",
                json={"email": f"{subject}@example.com", "password": PASSWORD},
                headers={"X-CSRF-Token": csrf},
            )
            answer.raise_for_status()
            return "; ".join(f"{each.name}={each.value}" for each in one.cookies.jar)

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(15)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


@contextmanager
def serving(app: str, mode: str, folder: Path, **environment: str) -> Iterator[Server]:
    """A server, once it answers."""
    server = Server(app, mode, folder, **environment)
    try:
        server.wait()
        yield server
    finally:
        server.stop()


def cookies_of(app: str, server: Server, count: int) -> list[str]:
    """What so many people send: the plain app is told who they are, and believes it."""
    if app == "plain":
        return [f"who={person(number)}" for number in range(count)]
    return server.sign_in(count)
