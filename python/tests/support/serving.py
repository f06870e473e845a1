"""A real gunicorn with one worker of ours, and clients that misbehave."""

from __future__ import annotations

import json
import os
import resource
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection
from pathlib import Path
from typing import Any

from support.paths import TESTS
from support.ports import free_port
from support.waiting import until

GET = b"GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n"


class Server:
    """A running server."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        port: int,
        log: Path,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.process = process
        self.port = port
        self.tls = tls
        self._log = log

    def connect(self, source: str = "127.0.0.1", receive_bytes: int = 0) -> socket.socket:
        """A connection from `source`, whose kernel takes about `receive_bytes`."""
        made = socket.socket()
        if receive_bytes:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        made.settimeout(30)
        made.bind((source, 0))
        made.connect(("127.0.0.1", self.port))
        return self.tls.wrap_socket(made, server_hostname="127.0.0.1") if self.tls else made

    def get(self, path: str, timeout: float = 30) -> int:
        """The status of a request on a new connection."""
        connection = (
            HTTPSConnection("127.0.0.1", self.port, timeout=timeout, context=self.tls)
            if self.tls
            else HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        )
        try:
            connection.request("GET", path, headers={"Connection": "close"})
            answer = connection.getresponse()
            answer.read()
            return answer.status
        finally:
            connection.close()

    def worker(self) -> int:
        pid = self.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        assert len(children) == 1
        return int(children[0])

    def threads(self) -> int:
        status = Path(f"/proc/{self.worker()}/status").read_text()
        return int(status.partition("Threads:")[2].split()[0])

    def descriptors(self) -> int:
        return len(os.listdir(f"/proc/{self.worker()}/fd"))  # noqa: PTH208 - counted, not read

    def log(self) -> str:
        return self._log.read_text()


@contextmanager
def serving(
    folder: Path,
    *options: str,
    threads: int = 4,
    files: tuple[int, int] | None = None,
    certificate: Path | None = None,
    **config: Any,
) -> Iterator[Server]:
    """Serve `serving_app` with these settings.

    Args:
        options: more of gunicorn's.
        files: the soft and the hard limit of open files.
        certificate: of the server, which then speaks TLS; the key is `key.pem` beside it.
    """
    port = free_port()
    scheme, tls = "http", None
    if certificate is not None:
        scheme, tls = "https", ssl.create_default_context(cafile=str(certificate))
        key = certificate.parent / "key.pem"
        options += ("--certfile", str(certificate), "--keyfile", str(key))
    app = {"folder": str(folder), "DOVETAIL_API_ORIGIN": f"{scheme}://127.0.0.1:{port}", **config}
    log = folder / "gunicorn.log"
    with log.open("wb") as stderr:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "gunicorn", "support.serving_app:from_environment()"),
                *("--worker-class", "flask_dovetail.server.gunicorn.ProblemWorker"),
                *("--threads", str(threads), "--bind", f"127.0.0.1:{port}"),
                *("--no-control-socket", "--keep-alive", "60", "--graceful-timeout", "5"),
                *("--log-level", "warning", *options),
            ],
            cwd=TESTS,
            env={**os.environ, "SERVING_APP": json.dumps(app)},
            stdout=subprocess.DEVNULL,
            stderr=stderr,
            preexec_fn=(
                None if files is None else lambda: resource.setrlimit(resource.RLIMIT_NOFILE, files)
            ),
        )
    server = Server(process, port, log, tls)
    try:
        until(lambda: answers(server), 120)
        yield server
    finally:
        process.terminate()
        process.wait(30)


def answers(server: Server) -> bool:
    assert server.process.poll() is None, server.log()
    try:
        return server.get("/quick") == 200
    except OSError:
        return False


def answer_on(connection: socket.socket) -> HTTPResponse:
    """The next answer on a connection, read whole as `body`."""
    answer = HTTPResponse(connection)
    answer.begin()
    answer.body = answer.read()  # type: ignore[attr-defined]
    return answer


def code_on(connection: socket.socket) -> tuple[int, str]:
    """The status and code of a problem."""
    answer = answer_on(connection)
    assert answer.headers["Content-Type"] == "application/problem+json"
    return answer.status, json.loads(answer.body)["code"]  # type: ignore[attr-defined]


def next_answer(reader: object) -> bytes:
    """The body of the next answer, which has a length."""
    length = 0
    while (line := reader.readline()) != b"\r\n":  # type: ignore[attr-defined]
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    body: bytes = reader.read(length)  # type: ignore[attr-defined]
    return body


def is_closed(connection: socket.socket) -> bool:
    """Whether the server closes it within half a minute."""
    try:
        while connection.recv(1 << 16):
            pass
    except ConnectionError:
        return True
    except TimeoutError:
        return False
    return True


def is_reset(connection: socket.socket) -> bool:
    """Whether the server has broken it off; nothing is read to find out."""
    return bool(
        connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        or connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1) == b"\x07"  # closed
    )


def drip(connection: socket.socket, data: bytes, every: float, seconds: float) -> float:
    """Send a byte at a time until the server closes. How long that took."""
    began = time.monotonic()
    connection.settimeout(every)
    for number in range(int(seconds / every)):
        try:
            connection.send(data[number % len(data) :][:1])
            while connection.recv(1 << 16):
                pass
        except TimeoutError:
            continue
        except ConnectionError:
            break
        break
    return time.monotonic() - began
