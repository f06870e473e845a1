"""Under real servers: gunicorn with threads, and gunicorn with gevent."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from resource import RLIMIT_NOFILE, setrlimit
from typing import Any

import httpx
import pytest

from support.paths import TESTS
from support.plain_http import NO_TLS
from support.ports import free_port
from support.realtime_raw import ClosedError
from support.realtime_site import Visitor
from support.waiting import until

GRACEFUL_SECONDS = 10
WORKERS = {
    "gthread": ["-k", "flask_dovetail.server.gunicorn.ProblemWorker", "--threads", "8"],
    "gevent": ["-k", "gevent"],
}


class Server:
    """gunicorn with one worker."""

    def __init__(self, process: subprocess.Popen[bytes], origin: str) -> None:
        self.process = process
        self.origin = origin
        self.visitors: list[Visitor] = []

    def person(self, subject: str) -> Visitor:
        made = Visitor(self.origin, subject, self.origin)
        self.visitors.append(made)
        return made

    def worker(self) -> int:
        """Its process id."""
        pid = self.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        assert len(children) == 1
        return int(children[0])

    def resident_kib(self) -> int:
        for line in Path(f"/proc/{self.worker()}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
        raise AssertionError("it has no memory")


@contextmanager
def running(
    kind: str,
    folder: Path,
    migrated: Path,
    *,
    threads: int | None = None,
    files: int | None = None,
    **config: Any,
) -> Iterator[Server]:
    """
    Args:
        threads: of the worker with threads.
        files: how many files may be open.
    """
    origin = f"http://127.0.0.1:{free_port()}"
    app = {
        "folder": str(folder),
        "DOVETAIL_DATABASE_URL": f"sqlite:///{shutil.copy(migrated, folder)}",
        "DOVETAIL_API_ORIGIN": origin,
        **config,
    }
    command = [sys.executable, "-m", "gunicorn", *WORKERS[kind], "-w", "1", "--no-control-socket"]
    command += ["-b", origin.removeprefix("http://"), "--graceful-timeout", str(GRACEFUL_SECONDS)]
    if threads is not None:
        command += ["--threads", str(threads), "--keep-alive", "60"]
    limit = None if files is None else (lambda: setrlimit(RLIMIT_NOFILE, (files, files)))
    process = subprocess.Popen(
        [*command, "support.realtime_app:from_environment()"],
        env={**os.environ, "PYTHONPATH": str(TESTS), "REALTIME_APP": json.dumps(app)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=folder,
        preexec_fn=limit,
    )
    server = Server(process, origin)
    try:
        until(lambda: answers(origin), 120)
        yield server
    finally:
        for visitor in server.visitors:
            visitor.close()
        if process.poll() is None:
            process.terminate()
        process.wait(GRACEFUL_SECONDS + 10)


def answers(origin: str) -> bool:
    try:
        return httpx.get(f"{origin}/api/csrf-token", verify=NO_TLS).status_code == 200
    except httpx.TransportError:
        return False


MakeServer = Callable[..., Server]


@pytest.fixture
def make_server(tmp_path: Path, migrated: Path) -> Iterator[MakeServer]:
    with ExitStack() as stack:

        def make(kind: str, **config: Any) -> Server:
            return stack.enter_context(running(kind, tmp_path, migrated, **config))

        yield make


@pytest.mark.parametrize("kind", list(WORKERS))
def test_people_are_notified_answered_and_let_go(make_server: MakeServer, kind: str) -> None:
    """And a plain request goes its way beside the sockets."""
    server = make_server(kind)
    ada, bob = server.person("ada"), server.person("bob")
    socket, other = ada.connect("/notify", "/live"), bob.connect("/live")
    assert bob.post("/api/likes/ada/7").status_code == 204
    assert socket.things(1) == [7]
    assert socket.call("say", {"text": "hello"}) == {"data": {"count": 5}}
    assert other.next("said") == {"by": "ada", "text": "hello"}
    other.call("dovetail:join", {"room": "thing:7"})
    assert other.next("dovetail:presence")["people"] == [{"name": "BOB"}]
    assert ada.get("/api/notifications")["unread"] == 1
    assert ada.post("/auth/logout").status_code == 204
    assert socket.next("dovetail:end")["code"] == "SESSION_EXPIRED"
    assert socket.closed.wait(5)
    assert other.call("nothing") == {"data": None}


@pytest.mark.parametrize("kind", list(WORKERS))
def test_protocol_errors_do_not_harm_the_server(make_server: MakeServer, kind: str) -> None:
    server = make_server(kind)
    ada = server.person("ada")
    for _ in range(20):
        raw = ada.raw("/live")
        raw.say("42/live,[nonsense")
        with pytest.raises(ClosedError):
            raw.packet()
        raw.close()
    assert ada.get("/api/notifications/unread") == {"seq": 0, "unread": 0}
    assert ada.connect("/live").call("nothing") == {"data": None}
    assert server.process.poll() is None


def test_kept_connections_cost_no_socket_and_keep_nobody_out(make_server: MakeServer) -> None:
    """Where few files may be open: strangers with forged cookies keep theirs, and sockets live."""
    server = make_server("gthread", threads=64, files=300)
    worker = server.worker()
    ada = server.person("ada")
    sockets = [ada.connect("/live") for _ in range(15)]
    with ExitStack() as stack:
        for number in range(200):
            stranger = HTTPConnection(server.origin.removeprefix("http://"), timeout=20)
            stack.callback(stranger.close)
            stranger.request(
                "GET", "/api/notifications/unread", headers={"Cookie": f"sid={number:043d}"}
            )
            answer = stranger.getresponse()
            answer.read()
            assert answer.status == 401
        assert ada.get("/api/notifications/unread") == {"seq": 0, "unread": 0}
        assert [socket.call("nothing") for socket in sockets] == [{"data": None}] * 15
        assert server.worker() == worker


def test_open_sockets_do_not_count_as_requests_of_their_address(make_server: MakeServer) -> None:
    server = make_server(
        "gthread",
        DOVETAIL_TRUSTED_PROXIES="127.0.0.9",
        DOVETAIL_SERVER_REQUESTS_PER_ADDRESS=2,
        DOVETAIL_REALTIME_STRANGERS_PER_ADDRESS=4,
        DOVETAIL_REALTIME_CONNECTIONS_PER_ADDRESS=5,  # half of seven would be three
    )
    ada = server.person("ada")
    sockets = [ada.raw("/live") for _ in range(5)]
    assert ada.get("/api/notifications/unread") == {"seq": 0, "unread": 0}
    assert [socket.ask("nothing") for socket in sockets] == [{"data": None}] * 5


def test_threads_of_closed_sockets_serve_again(make_server: MakeServer) -> None:
    """More connections than there are threads, one after the other."""
    server = make_server("gthread")
    ada = server.person("ada")
    for _ in range(20):
        raw = ada.raw("/live")
        assert raw.ask("nothing") == {"data": None}
        raw.close()
    until(lambda: ada.get("/api/notifications/unread"))


def test_a_worker_that_is_told_to_stop_says_so_and_ends_in_time(make_server: MakeServer) -> None:
    server = make_server("gthread")
    sockets = [server.person(who).connect() for who in ("ada", "bob")]
    for socket in sockets:
        socket.next("dovetail:ready")
    began = time.monotonic()
    server.process.send_signal(signal.SIGTERM)
    for socket in sockets:
        assert socket.next("dovetail:end")["code"] == "SERVICE_UNAVAILABLE"
        assert socket.closed.wait(5)
    assert server.process.wait(GRACEFUL_SECONDS + 5) == 0
    assert time.monotonic() - began < GRACEFUL_SECONDS


def test_a_gevent_worker_that_is_told_to_stop_ends_in_time(make_server: MakeServer) -> None:
    server = make_server("gevent")
    socket = server.person("ada").connect()
    socket.next("dovetail:ready")
    server.process.send_signal(signal.SIGTERM)
    assert socket.closed.wait(GRACEFUL_SECONDS + 5)
    assert server.process.wait(GRACEFUL_SECONDS + 5) == 0


def test_three_hundred_idle_sockets_cost_little_with_gevent(make_server: MakeServer) -> None:
    """Less than 100 KiB each, and all of them hear what is said."""
    count = 300
    server = make_server(
        "gevent",
        DOVETAIL_REALTIME_CONNECTIONS_PER_PERSON=count + 1,
        DOVETAIL_REALTIME_EVENTS_PER_SECOND_PER_PERSON=count,
    )
    ada = server.person("ada")
    first = ada.raw("/live")
    before = server.resident_kib()
    sockets = [ada.raw("/live") for _ in range(count)]
    assert (server.resident_kib() - before) / count < 100
    assert ada.post("/api/says", text="hello").status_code == 204
    for socket in (first, *sockets):
        assert socket.heard("said")["text"] == "hello"
