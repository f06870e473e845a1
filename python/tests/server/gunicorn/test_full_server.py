"""A server that is full says so at once: threads, connections, descriptors, one address."""

from __future__ import annotations

import contextlib
import signal
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from flask_dovetail.server.gunicorn.dispatch import PROBE_THREADS
from support.serving import GET, Server, answer_on, code_on, is_closed, serving
from support.waiting import until

ELSEWHERE = "127.0.0.9"
"""The only trusted proxy of some tests, so that other addresses of this machine are strangers."""


def hold(stack: ExitStack, server: Server, count: int, source: str = "127.0.0.1") -> None:
    """Hold `count` threads for ten seconds."""
    for _ in range(count):
        stack.enter_context(server.connect(source)).sendall(GET % b"/sleep/10000")
    time.sleep(0.5)


@pytest.mark.limit("DOVETAIL_SERVER_QUEUE_SECONDS")
def test_a_request_waits_so_long_for_a_thread(tmp_path: Path) -> None:
    """Then it is told to come back, long before a thread is free."""
    with serving(tmp_path, DOVETAIL_SERVER_QUEUE_SECONDS=1) as server, ExitStack() as stack:
        hold(stack, server, 4)
        began = time.monotonic()
        with server.connect() as connection:
            connection.sendall(GET % b"/quick")
            answer = answer_on(connection)
        assert answer.status == 503
        assert int(answer.headers["Retry-After"]) > 0
        assert answer.headers["Connection"] == "close"
        assert b"SERVICE_UNAVAILABLE" in answer.body  # type: ignore[attr-defined]
        assert 0.9 < time.monotonic() - began < 8


def test_a_request_that_waited_is_served_as_soon_as_a_thread_is_free(tmp_path: Path) -> None:
    with serving(tmp_path, threads=2) as server, ThreadPoolExecutor(10) as clients:
        assert set(clients.map(server.get, ["/sleep/300"] * 10)) == {200}


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_a_probe_is_answered_while_all_threads_are_taken(tmp_path: Path, path: str) -> None:
    with serving(tmp_path) as server, ExitStack() as stack:
        hold(stack, server, 6)
        assert server.get(path, timeout=8) in (200, 503)


def test_probes_with_a_body_have_no_thread_of_their_own(tmp_path: Path) -> None:
    """Else strangers could hold those as well."""
    probe = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9000\r\n\r\n"
    with serving(tmp_path) as server, ExitStack() as stack:
        for _ in range(8):
            stack.enter_context(server.connect()).sendall(probe)
        assert server.get("/healthz", timeout=3) == 200


@pytest.mark.long  # until the kernel takes no more of them, it takes megabytes of answers
def test_clients_that_read_no_answers_hold_no_thread_of_probes(tmp_path: Path) -> None:
    probe = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Length: is 64 byte\r\n\r\n"
    assert len(probe) == 64
    probes = probe * 128  # what the server reads at once ends with a whole one

    def send(client: socket.socket) -> None:
        with contextlib.suppress(TimeoutError):
            while True:
                client.sendall(probes)

    with serving(tmp_path) as server, ExitStack() as stack, ThreadPoolExecutor() as senders:
        clients = [
            stack.enter_context(server.connect(receive_bytes=2048)) for _ in range(PROBE_THREADS)
        ]
        for client in clients:
            client.settimeout(1)
        list(senders.map(send, clients))
        hold(stack, server, 6)
        assert server.get("/healthz", timeout=3) == 200


@pytest.mark.limit("DOVETAIL_SERVER_REQUESTS_PER_ADDRESS")
def test_one_address_cannot_take_all_threads(tmp_path: Path) -> None:
    """Its own requests wait, the others are served."""
    with (
        serving(
            tmp_path,
            DOVETAIL_TRUSTED_PROXIES=ELSEWHERE,
            DOVETAIL_SERVER_REQUESTS_PER_ADDRESS=3,
            DOVETAIL_SERVER_QUEUE_SECONDS=2,
        ) as server,
        ExitStack() as stack,
    ):
        hold(stack, server, 10, source="127.0.0.2")
        with server.connect("127.0.0.3") as other:
            other.settimeout(1.5)
            other.sendall(GET % b"/quick")
            assert answer_on(other).status == 200
        with server.connect("127.0.0.2") as more:
            more.sendall(GET % b"/quick")
            assert code_on(more) == (503, "SERVICE_UNAVAILABLE")


def test_a_trusted_proxy_may_take_all_threads(tmp_path: Path) -> None:
    """Everybody comes through it."""
    with (
        serving(
            tmp_path,
            DOVETAIL_TRUSTED_PROXIES="127.0.0.1",
            DOVETAIL_SERVER_REQUESTS_PER_ADDRESS=1,
            DOVETAIL_SERVER_CONNECTIONS_PER_ADDRESS=1,
        ) as server,
        ThreadPoolExecutor(4) as clients,
    ):
        began = time.monotonic()
        assert set(clients.map(server.get, ["/sleep/2000"] * 4)) == {200}
        assert time.monotonic() - began < 5


@pytest.mark.limit("DOVETAIL_SERVER_CONNECTIONS_PER_ADDRESS")
def test_one_address_has_so_many_connections(tmp_path: Path) -> None:
    """One more closes its own oldest that is idle; if all are at work, it is refused."""
    with (
        serving(
            tmp_path,
            DOVETAIL_TRUSTED_PROXIES=ELSEWHERE,
            DOVETAIL_SERVER_CONNECTIONS_PER_ADDRESS=3,
        ) as server,
        ExitStack() as stack,
    ):
        idle = [stack.enter_context(server.connect("127.0.0.2")) for _ in range(3)]
        for connection in idle:
            connection.sendall(GET % b"/quick")
            assert answer_on(connection).status == 200
        hold(stack, server, 1, source="127.0.0.2")
        assert is_closed(idle[0])
        hold(stack, server, 2, source="127.0.0.2")
        with server.connect("127.0.0.2") as more:
            more.sendall(GET % b"/quick")
            assert code_on(more) == (429, "TOO_MANY_CONNECTIONS")
        with server.connect("127.0.0.3") as other:
            other.sendall(GET % b"/quick")
            assert answer_on(other).status == 200


def test_idle_connections_keep_no_new_client_out(tmp_path: Path) -> None:
    """The oldest makes room, whether it has been served or has never said anything."""
    with serving(tmp_path, "--worker-connections", "20") as server, ExitStack() as stack:
        silent = [stack.enter_context(server.connect()) for _ in range(20)]
        time.sleep(1.5)
        served = []
        for _ in range(40):
            served.append(stack.enter_context(server.connect()))
            served[-1].sendall(GET % b"/quick")
            assert answer_on(served[-1]).status == 200
        assert is_closed(silent[0])
        assert is_closed(served[0])
        assert server.get("/quick") == 200


def test_excess_connection_is_refused_at_once(tmp_path: Path) -> None:
    """gunicorn would leave it in the backlog, unanswered."""
    with serving(tmp_path, "--worker-connections", "6") as server, ExitStack() as stack:
        hold(stack, server, 6)
        with server.connect() as more:
            more.sendall(GET % b"/quick")
            assert code_on(more) == (503, "SERVICE_UNAVAILABLE")


def test_the_soft_limit_of_files_is_raised_to_the_hard_one(tmp_path: Path) -> None:
    with serving(tmp_path, files=(100, 1000)) as server:
        limits = Path(f"/proc/{server.worker()}/limits").read_text()
        line = next(line for line in limits.splitlines() if line.startswith("Max open files"))
        assert line.split()[3:5] == ["1000", "1000"]


def test_more_kept_connections_than_files_end_nothing(tmp_path: Path) -> None:
    """New clients are served all the time, and the worker lives on."""
    with (
        serving(tmp_path, "--worker-connections", "5000", threads=16, files=(200, 200)) as server,
        ExitStack() as stack,
    ):
        worker = server.worker()
        for _ in range(400):
            connection = stack.enter_context(server.connect())
            connection.sendall(GET % b"/quick")
            assert answer_on(connection).status == 200
        assert server.worker() == worker
        assert server.descriptors() < 200


def test_more_requests_at_once_than_files_are_told_so(tmp_path: Path) -> None:
    """Threads that keep descriptors find theirs: what is admitted is served."""
    with (
        serving(tmp_path, "--worker-connections", "5000", threads=64, files=(200, 200)) as server,
        ExitStack() as stack,
    ):
        worker = server.worker()
        asking = [stack.enter_context(server.connect()) for _ in range(300)]
        for connection in asking:
            with contextlib.suppress(ConnectionError):  # it has been refused already
                connection.sendall(GET % b"/keep")
        statuses = [status_on(connection) for connection in asking]
        assert set(statuses) <= {200, 503}, server.log()[-3000:]
        assert statuses.count(200) >= 30
        assert server.worker() == worker
        until(lambda: server.get("/quick") == 200, 20)
        assert "Traceback" not in server.log()


def status_on(connection: socket.socket) -> int:
    try:
        return answer_on(connection).status
    except ConnectionError:
        return 503  # closed before what we sent had come


def test_without_any_descriptor_the_worker_lives_on(tmp_path: Path) -> None:
    """Other parts of the app may take the last ones, too."""
    with serving(tmp_path, files=(150, 150)) as server, ExitStack() as stack:
        worker = server.worker()
        taken = threading.Thread(target=server.get, args=("/take/3000",))
        taken.start()
        time.sleep(1)
        began = time.monotonic()
        for _ in range(5):
            with server.connect() as connection:
                connection.sendall(GET % b"/quick")
                assert code_on(connection) == (503, "SERVICE_UNAVAILABLE")
        assert time.monotonic() - began < 2.5
        assert cpu_seconds(worker) < 30
        taken.join()
        until(lambda: server.get("/quick") == 200, 20)
        assert server.worker() == worker
        stack.close()


def cpu_seconds(pid: int) -> float:
    """Processor time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def test_threads_end_when_nobody_needs_them(tmp_path: Path) -> None:
    """With what each of them kept open; and few serve what comes one after the other."""
    options = ("--config", str(short_idle(tmp_path)))
    with serving(tmp_path, *options, threads=32) as server:
        threads, descriptors = server.threads(), server.descriptors()
        with ThreadPoolExecutor(32) as clients:
            assert set(clients.map(server.get, ["/keep"] * 32)) == {200}
        assert server.threads() >= threads + 25
        assert server.descriptors() >= descriptors + 50
        until(lambda: server.threads() <= threads + 1, 20)
        until(lambda: server.descriptors() <= descriptors + 4, 20)
        for _ in range(20):
            assert server.get("/quick") == 200
        assert server.threads() <= threads + 2


def short_idle(folder: Path) -> Path:
    """A configuration of gunicorn in which idle threads end after two seconds."""
    path = folder / "short_idle.py"
    path.write_text("def post_worker_init(worker):\n    worker.tpool.idle_seconds = 2.0\n")
    return path


def test_a_server_that_stops_finishes_what_has_begun_and_what_waits(tmp_path: Path) -> None:
    with serving(tmp_path, threads=2) as server, ThreadPoolExecutor(6) as clients:
        answers = [clients.submit(server.get, "/sleep/1000") for _ in range(4)]
        silent = server.connect()
        time.sleep(0.5)
        server.process.send_signal(signal.SIGTERM)
        assert [answer.result() for answer in answers] == [200] * 4
        assert server.process.wait(20) == 0
        silent.close()
