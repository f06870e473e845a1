"""Parts sent to a real server (gunicorn, with the worker that the starter has)."""

from __future__ import annotations

import http.client
import itertools
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from flask_dovetail.files.stores.local.store import LocalStore
from flask_dovetail.files.stores.store import Ticket
from support.parts_server import make_upload, open_store
from support.paths import TESTS

KEY = "k" * 32
PART = 1024 * 1024
UPLOAD = make_upload(KEY, 6 * PART, PART)


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    opened = open_store(tmp_path)
    opened.begin(UPLOAD)
    return opened


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """Of a gunicorn with one worker and four threads, at the same folder as `store`."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        number: int = listener.getsockname()[1]
        server = subprocess.Popen(
            [
                *(sys.executable, "-m", "gunicorn", "support.parts_server:app"),
                *("--worker-class", "flask_dovetail.server.gunicorn.ProblemWorker"),
                *("--threads", "4", "--log-level", "critical", "--no-control-socket"),
                *("--bind", f"fd://{listener.fileno()}"),
            ],
            cwd=TESTS,
            env={**os.environ, "PARTS_FOLDER": str(tmp_path)},
            pass_fds=[listener.fileno()],
        )
        try:
            yield number  # connections wait in the queue until it is ready
        finally:
            server.terminate()
            server.wait(30)


def address(store: LocalStore, number: int) -> str:
    ticket = Ticket("ada", "login-1", int(time.time()) + 900)
    return store.part_urls(UPLOAD, [number], ticket)[0].url


def connect(port: int) -> closing[http.client.HTTPConnection]:
    return closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30))


def put(connection: http.client.HTTPConnection, url: str, body: bytes) -> int:
    connection.request("PUT", url, body)
    answer = connection.getresponse()
    answer.read()
    return answer.status


def refusal(connection: socket.socket) -> tuple[int, str]:
    answer = http.client.HTTPResponse(connection)
    answer.begin()
    return answer.status, json.loads(answer.read())["code"]


def raw(port: int, url: str, *headers: str) -> socket.socket:
    """A connection on which the head of a request has been sent."""
    connection = socket.create_connection(("127.0.0.1", port), timeout=30)
    lines = [f"PUT {url} HTTP/1.1", "Host: 127.0.0.1", *headers]
    connection.sendall("\r\n".join([*lines, "", ""]).encode())
    return connection


def test_parts_in_parallel_and_in_any_order_arrive_as_they_were_sent(
    store: LocalStore, port: int
) -> None:
    bodies = {number: os.urandom(PART) for number in range(1, 7)}

    def send(number: int) -> int:
        with connect(port) as connection:
            return put(connection, address(store, number), bodies[number])

    with ThreadPoolExecutor(3) as threads:
        assert set(threads.map(send, [6, 2, 4, 1, 5, 3])) == {204}
    assert store.assemble(UPLOAD) is not None
    with store.open(KEY) as content:
        assert content.read() == b"".join(bodies[number] for number in range(1, 7))


def test_a_connection_cut_in_the_middle_of_a_part_leaves_nothing(
    store: LocalStore, port: int
) -> None:
    """The server answers what it can; the part can be sent again, and is whole then."""
    with raw(port, address(store, 1), f"Content-Length: {PART}") as connection:
        connection.sendall(b"x" * (PART // 2))
        connection.shutdown(socket.SHUT_WR)
        assert refusal(connection) == (422, "PART_SIZE_MISMATCH")
    assert store.arrived(UPLOAD) == []
    with connect(port) as again:
        assert put(again, address(store, 1), b"y" * PART) == 204
    assert store.arrived(UPLOAD) == [1]


def test_an_endless_body_is_refused_and_ended(store: LocalStore, port: int) -> None:
    """No Content-Length, no end: 422 at once, and the connection is closed on what follows."""
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    with raw(port, address(store, 1), "Transfer-Encoding: chunked") as connection:
        connection.sendall(chunk)
        assert refusal(connection) == (422, "PART_SIZE_MISMATCH")
        endless = (connection.sendall(chunk) for _ in itertools.count())
        with pytest.raises((ConnectionResetError, BrokenPipeError)):
            list(endless)
    assert store.arrived(UPLOAD) == []


def test_a_refusal_is_heard_by_who_sends_the_whole_body_first(store: LocalStore, port: int) -> None:
    """The answer arrives, and the connection serves the next part."""
    altered = address(store, 1).replace("login=login-1", "login=login-2")
    with connect(port) as connection:
        assert put(connection, altered, b"x" * PART) == 403
        kept_open = connection.sock
        assert kept_open is not None
        assert put(connection, address(store, 1), b"x" * PART) == 204
        assert connection.sock is kept_open


def test_a_longer_body_than_signed_is_refused(store: LocalStore, port: int) -> None:
    with connect(port) as connection:
        assert put(connection, address(store, 1), b"x" * (PART + 1)) == 422
    assert store.arrived(UPLOAD) == []
