"""Slow clients give their threads to requests that wait, and only then."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from socket import socket

import pytest

from support.serving import GET, Server, answer_on, code_on, is_reset, next_answer, serving

ELSEWHERE = "127.0.0.9"
"""The only trusted proxy, so that other addresses of this machine are strangers."""

THREADS = 4
POST = b"POST /length HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n"
BIG = 64 * 1024 * 1024


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """With four threads, and bounds that the slow clients of these tests keep."""
    with busy_server(tmp_path_factory.mktemp("busy")) as running:
        yield running


@contextmanager
def busy_server(folder: Path, **config: object) -> Iterator[Server]:
    with serving(
        folder,
        threads=THREADS,
        DOVETAIL_TRUSTED_PROXIES=ELSEWHERE,
        DOVETAIL_SERVER_MIN_BYTES_PER_SECOND=500,
        **config,
    ) as running:
        yield running


@contextmanager
def sending(connections: list[socket], size: int, rates: list[int]) -> Iterator[None]:
    """Send bodies of `size` bytes at these rates, in the background, until they are there."""
    over = threading.Event()

    def send(connection: socket, rate: int) -> None:
        connection.sendall(POST % size)
        left = size
        try:
            while left > 0 and not over.wait(0.1):
                left -= connection.send(b"x" * min(left, rate // 10))
        except OSError:
            return  # it has been ended

    threads = [
        threading.Thread(target=send, args=pair) for pair in zip(connections, rates, strict=True)
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()


@contextmanager
def reading(connections: list[socket], path: bytes, rates: list[int]) -> Iterator[list[int]]:
    """Read the answers at these rates, in the background. How much of each has come."""
    over = threading.Event()
    counts = [0] * len(connections)

    def read(number: int, connection: socket, rate: int) -> None:
        connection.sendall(GET % path)
        try:
            while not over.wait(0.1):
                data = connection.recv(rate // 10)
                counts[number] += len(data)
                if not data:
                    return
        except OSError:
            return  # it has been reset

    threads = [
        threading.Thread(target=read, args=(number, *pair))
        for number, pair in enumerate(zip(connections, rates, strict=True))
    ]
    for thread in threads:
        thread.start()
    try:
        yield counts
    finally:
        over.set()
        for thread in threads:
            thread.join()


def status_for(server: Server, source: str) -> tuple[int, float]:
    """The status that another address gets, and how long it took."""
    began = time.monotonic()
    with server.connect(source) as other:
        other.sendall(GET % b"/quick")
        return answer_on(other).status, time.monotonic() - began


def from_addresses(
    stack: ExitStack, server: Server, *sources: str, receive_bytes: int = 0
) -> list[socket]:
    return [stack.enter_context(server.connect(source, receive_bytes)) for source in sources]


@pytest.mark.limit("DOVETAIL_SERVER_BUSY_BYTES_PER_SECOND")
def test_slow_bodies_give_one_thread_to_each_request_that_waits(server: Server) -> None:
    """The slowest gets a 408, the others go on."""
    with ExitStack() as stack:
        slow = from_addresses(stack, server, *["127.0.0.2", "127.0.0.3"] * 2)
        with sending(slow, 500_000, [6000, 6000, 2000, 6000]):
            time.sleep(3)
            status, seconds = status_for(server, "127.0.0.4")
            assert status == 200
            assert seconds < 6
            assert code_on(slow[2]) == (408, "REQUEST_TIMEOUT")
            for connection in (slow[0], slow[1], slow[3]):
                connection.settimeout(0.1)
                with pytest.raises(TimeoutError):
                    connection.recv(1)


@pytest.mark.parametrize("path", [b"/file", b"/whole", b"/pieces"])
def test_slow_readers_give_one_thread_to_each_request_that_waits(
    server: Server, path: bytes
) -> None:
    with ExitStack() as stack:
        slow = from_addresses(stack, server, *["127.0.0.2", "127.0.0.3"] * 2, receive_bytes=4096)
        with reading(slow, path, [4000] * THREADS):
            time.sleep(4)
            status, seconds = status_for(server, "127.0.0.4")
            assert status == 200
            assert seconds < 6
            assert [is_reset(connection) for connection in slow].count(True) == 1


def test_a_fast_download_goes_on_while_slow_ones_end(server: Server) -> None:
    """However many requests wait."""
    with ExitStack() as stack:
        slow = from_addresses(
            stack, server, "127.0.0.2", "127.0.0.3", "127.0.0.3", receive_bytes=4096
        )
        fast = from_addresses(stack, server, "127.0.0.2")
        with reading(slow, b"/file", [4000] * 3), reading(fast, b"/file", [2_000_000]) as counts:
            time.sleep(3)
            with ThreadPoolExecutor(6) as clients:
                answers = list(clients.map(status_for, [server] * 6, ["127.0.0.4"] * 6))
            assert [status for status, _ in answers] == [200] * 6
            before = counts[0]
            time.sleep(1)
            assert counts[0] > before


def test_the_address_with_the_most_threads_gives_first(server: Server) -> None:
    """Although another address has the slowest transfer."""
    with ExitStack() as stack:
        slow = from_addresses(stack, server, *["127.0.0.2"] * 3, "127.0.0.3")
        with sending(slow, 500_000, [6000, 4000, 6000, 1500]):
            time.sleep(3)
            assert status_for(server, "127.0.0.4")[0] == 200
            assert code_on(slow[1]) == (408, "REQUEST_TIMEOUT")
            slow[3].settimeout(0.1)
            with pytest.raises(TimeoutError):
                slow[3].recv(1)


def test_slow_clients_are_served_whole_when_nobody_waits(server: Server) -> None:
    """As phones with little signal are: 14 seconds at 5 kB a second, on all threads but one."""
    with ExitStack() as stack:
        phones = from_addresses(stack, server, "127.0.0.2", "127.0.0.3", "127.0.0.5")
        with sending(phones, 70_000, [5000] * len(phones)):
            for _ in range(10):
                assert status_for(server, "127.0.0.4")[0] == 200
                time.sleep(0.5)
            for phone in phones:
                assert answer_on(phone).body == b"70000"  # type: ignore[attr-defined]


def test_without_the_rate_slow_clients_keep_their_threads(tmp_path: Path) -> None:
    with (
        busy_server(
            tmp_path, DOVETAIL_SERVER_BUSY_BYTES_PER_SECOND=0, DOVETAIL_SERVER_QUEUE_SECONDS=4
        ) as server,
        ExitStack() as stack,
    ):
        slow = from_addresses(stack, server, *["127.0.0.2", "127.0.0.3"] * 2)
        with sending(slow, 500_000, [4000] * THREADS):
            time.sleep(3)
            assert status_for(server, "127.0.0.4")[0] == 503


def test_short_bodies_that_drip_hold_no_thread(server: Server) -> None:
    """The loop waits for them, and they are served in the end."""
    with ExitStack() as stack:
        sources = [f"127.0.1.{number}" for number in range(1, 3 * THREADS)]
        slow = from_addresses(stack, server, *sources)
        with sending(slow, 6000, [1000] * len(slow)):
            time.sleep(1)
            for _ in range(4):
                status, seconds = status_for(server, "127.0.0.4")
                assert (status, seconds < 1) == (200, True)
                time.sleep(0.5)
            for connection in slow:
                assert answer_on(connection).body == b"6000"  # type: ignore[attr-defined]


def test_short_bodies_may_take_longer_than_one_silence(tmp_path: Path) -> None:
    """As long as enough comes in each of those times; one that stops is a 408."""
    with (
        busy_server(tmp_path, DOVETAIL_SERVER_RECEIVE_SECONDS=1) as server,
        ExitStack() as stack,
    ):
        steady, stops = from_addresses(stack, server, "127.0.0.2", "127.0.0.2")
        stops.sendall(POST % 8000 + b"x" * 100)
        with sending([steady], 8000, [2000]):
            assert code_on(stops) == (408, "REQUEST_TIMEOUT")
            assert answer_on(steady).body == b"8000"  # type: ignore[attr-defined]


def test_a_client_that_waits_for_100_continue_is_told_to(server: Server) -> None:
    """RFC 9110 section 10.1.1: it sends its body after that."""
    with server.connect("127.0.0.2") as connection:
        connection.sendall((POST % 5).replace(b"Host:", b"Expect: 100-continue\r\nHost:"))
        assert connection.recv(100).startswith(b"HTTP/1.1 100 ")
        connection.sendall(b"12345")
        assert answer_on(connection).body == b"5"  # type: ignore[attr-defined]


def test_pipelined_requests_are_answered_in_order_however_they_come(server: Server) -> None:
    """Short bodies and long ones, and a head in the middle of a piece."""
    whole = POST % 3000 + b"x" * 3000 + GET % b"/quick" + POST % 80_000 + b"y" * 80_000
    with server.connect("127.0.0.2") as connection:
        for start in range(0, len(whole), 997):
            connection.sendall(whole[start : start + 997])
            time.sleep(0.002)
        reader = connection.makefile("rb")
        assert [next_answer(reader) for _ in range(3)] == [b"3000", b"quick", b"80000"]


def test_a_body_that_ends_too_early_is_answered(server: Server) -> None:
    """By the app, as it is where a thread waits for it."""
    with server.connect("127.0.0.2") as connection:
        connection.sendall(POST % 5000 + b"x" * 100)
        connection.shutdown(1)
        assert answer_on(connection).status in (200, 400)


def test_one_address_may_use_threads_that_nobody_needs(tmp_path: Path) -> None:
    """More than its share, but for the last one, which others find free."""
    with (
        serving(tmp_path, threads=8, DOVETAIL_TRUSTED_PROXIES=ELSEWHERE) as server,
        ExitStack() as stack,
    ):
        office = from_addresses(stack, server, *["127.0.0.2"] * 9)
        began = time.monotonic()
        for connection in office:
            connection.sendall(GET % b"/sleep/3000")
        time.sleep(0.5)
        assert status_for(server, "127.0.0.3")[1] < 2
        assert [answer_on(connection).status for connection in office[:7]] == [200] * 7
        assert time.monotonic() - began < 5
        assert [answer_on(connection).status for connection in office[7:]] == [200] * 2
        assert time.monotonic() - began > 5.5
