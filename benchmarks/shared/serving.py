"""A real gunicorn with the starter's configuration, for figures that no WSGI call has."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import URLError
from urllib.request import urlopen

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Server:
    """One that runs. `worker` is the process that answers."""

    port: int
    folder: Path
    worker: int

    def memory(self) -> int:
        """Resident bytes of the worker."""
        return self._bytes("VmRSS")

    def peak_memory(self) -> int:
        """The most that it was since `forget_peak`."""
        return self._bytes("VmHWM")

    def forget_peak(self) -> None:
        Path(f"/proc/{self.worker}/clear_refs").write_text("5")

    def _bytes(self, name: str) -> int:
        for line in Path(f"/proc/{self.worker}/status").read_text().splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1]) * 1024
        raise LookupError(name)


@contextmanager
def served(folder: Path, **environment: str) -> Iterator[Server]:
    """The app on a gunicorn of its own.

    Its log goes nowhere: on the disk that the uploads go to, each line would have to wait for them.
    """
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "gunicorn", "shared.served:app"),
            *("--config", ROOT / "starter" / "backend" / "gunicorn.conf.py"),
            *("--chdir", ROOT / "benchmarks"),
        ],
        env={**os.environ, "PORT": str(port), "BENCHMARK_FOLDER": str(folder), **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(port)
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
        yield Server(port, folder, int(children.split()[0]))
    finally:
        process.terminate()
        process.wait(30)


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            with urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5):
                return
        except (URLError, ConnectionError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
