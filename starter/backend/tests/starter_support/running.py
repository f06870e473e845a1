"""The starter on its real server, in a process of its own, as `make run` starts it."""

from __future__ import annotations

import json
import os
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import httpx

from starter_support.settings import PASSWORD

BACKEND = Path(__file__).parents[2]
SERVICES = BACKEND.parents[1] / "e2e" / "services.py"


@dataclass(frozen=True)
class Server:
    port: int
    log: Path

    @property
    def origin(self) -> str:
        return f"http://localhost:{self.port}"

    def browser(self) -> Browser:
        return Browser(self)

    def raw(self, request: bytes) -> bytes:
        """What comes back for exactly these bytes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
            connection.sendall(request)
            connection.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: connection.recv(65536), b""))


NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Trusts nobody. An httpx client that is not given one reads every certificate of the system."""


class Browser(httpx.Client):
    """Keeps cookies; sends its own origin, and the CSRF or the access token."""

    def __init__(self, server: Server) -> None:
        super().__init__(base_url=server.origin, timeout=20, trust_env=False, verify=NO_TLS)
        self.headers["Origin"] = server.origin

    def __enter__(self) -> Self:
        super().__enter__()
        self.headers["X-CSRF-Token"] = self.get("/api/csrf-token").json()["csrf"]
        return self

    def sign_in(self, email: str = "demo@example.com") -> Self:
        answer = self.post("/auth/login", json={"email": email, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        if "access_token" in answer.json():
            self.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        else:
            self.headers["X-CSRF-Token"] = answer.json()["csrf"]
        return self

    @property
    def cookie(self) -> str:
        """The `Cookie` header."""
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())


@contextmanager
def serve(folder: Path, **environment: str) -> Iterator[Server]:
    """Prepare and serve with a fresh data folder; ended, and its end checked, on the way out."""
    server = Server(free_port(), folder / "server.log")
    env = {
        **{key: value for key, value in os.environ.items() if not key.startswith("DOVETAIL_")},
        "PORT": str(server.port),
        "STARTER_DATA_FOLDER": str(folder),
        "STARTER_DEMO_PASSWORD": PASSWORD,
        "STARTER_AUTH": "session",
        "STARTER_SIGNUPS_PER_HOUR": "100000",
        "STARTER_POSTS_PER_DAY": "100000",
        "STARTER_CHANGES_PER_MINUTE": "100000",
        "STARTER_AVATARS_PER_HOUR": "100000",
        "STARTER_COMMENTS_PER_DAY": "100000",
        "DOVETAIL_LOGS_FORMAT": "json",
        "DOVETAIL_AUTH_LOGIN_LIMIT_PER_ACCOUNT": "100000/1 minute",
        "DOVETAIL_AUTH_LOGIN_LIMIT_PER_ADDRESS": "100000/1 minute",
        **environment,
    }
    flask = [sys.executable, "-m", "flask", "--app", "wsgi", "prepare"]
    subprocess.run(flask, cwd=BACKEND, env=env, check=True, capture_output=True)
    gunicorn = [sys.executable, "-m", "gunicorn", "--config", "gunicorn.conf.py", "wsgi:app"]
    with server.log.open("wb") as log:
        process = subprocess.Popen(
            gunicorn, cwd=BACKEND, env=env, stdout=log, stderr=subprocess.STDOUT
        )
        try:
            wait_for(server, process)
            yield server
        finally:
            process.terminate()
            assert process.wait(timeout=15) == 0


@contextmanager
def services() -> Iterator[dict[str, str]]:
    """PostgreSQL and Valkey, and the environment that names them."""
    with subprocess.Popen(
        [sys.executable, SERVICES], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as started:
        assert started.stdout is not None
        told = json.loads(started.stdout.readline())
        yield {"DATABASE_URL": told["database"], "VALKEY_URL": told["valkey"]}


def wait_for(server: Server, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            httpx.get(f"{server.origin}/healthz", trust_env=False, verify=NO_TLS)
        except httpx.TransportError:
            assert process.poll() is None, server.log.read_text()
            assert time.monotonic() < deadline, server.log.read_text()
            time.sleep(0.05)
        else:
            return


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
