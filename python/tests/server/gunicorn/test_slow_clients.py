"""No client holds a thread for ever: silent, dripping, or reading nothing of its answer."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from support.serving import (
    GET,
    Server,
    answer_on,
    code_on,
    drip,
    is_closed,
    is_reset,
    next_answer,
    serving,
)
from support.waiting import until

THREADS = 4
POST = b"POST /length HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """With four threads, two seconds for each client, and at least 10 kB a second."""
    folder = tmp_path_factory.mktemp("slow")
    with serving(
        folder,
        threads=THREADS,
        DOVETAIL_SERVER_RECEIVE_SECONDS=2,
        DOVETAIL_SERVER_SEND_SECONDS=2,
        DOVETAIL_SERVER_MIN_BYTES_PER_SECOND=10_000,
    ) as running:
        yield running


@pytest.mark.limit("DOVETAIL_SERVER_SEND_SECONDS")
@pytest.mark.parametrize("path", [b"/file", b"/whole", b"/pieces"])
def test_clients_that_never_read_give_their_threads_back(server: Server, path: bytes) -> None:
    """However the answer is sent: by sendfile, in one piece, or in many."""
    with ExitStack() as stack:
        silent = [stack.enter_context(server.connect(receive_bytes=4096)) for _ in range(THREADS)]
        for connection in silent:
            connection.sendall(GET % path)
        assert server.get("/quick") == 200
        until(lambda: all(map(is_reset, silent)), 30)


@pytest.mark.parametrize(
    "chunks",
    [b"0x5\r\nhello\r\n0\r\n\r\n", b"5\r\nhelloX0\r\n\r\n", b"0\r\nno field\r\n\r\n", b"5\r\nhel"],
    ids=["size", "end", "trailer", "left"],
)
def test_chunks_that_are_none_are_a_400(server: Server, chunks: bytes) -> None:
    """While the application reads them. They leave no traceback in the log."""
    head = b"POST /length HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    with server.connect() as connection:
        connection.sendall(head + chunks)
        connection.shutdown(socket.SHUT_WR)
        assert code_on(connection) == (400, "BAD_REQUEST")
    assert "Traceback" not in server.log()


@pytest.mark.parametrize("path", [b"/file", b"/whole"])
def test_a_client_that_reads_slowly_gets_all_of_it(server: Server, path: bytes) -> None:
    """Slower than the kernel hands on, but faster than the least rate."""
    with server.connect(receive_bytes=64 * 1024) as slow:
        slow.sendall(GET % path)
        count, began = 0, time.monotonic()
        while time.monotonic() < began + 6:
            count += len(slow.recv(16 * 1024))
            time.sleep(0.1)
        left = 64 * 1024 * 1024 - count
        while left > 0 and (data := slow.recv(1 << 20)):
            left -= len(data)
    assert left <= 0


@pytest.mark.limit("DOVETAIL_SERVER_RECEIVE_SECONDS")
def test_heads_that_drip_hold_no_thread_and_end_in_time(server: Server) -> None:
    """A byte every half second is not silence, but the head has to be there in two."""
    with ExitStack() as stack:
        slow = [stack.enter_context(server.connect()) for _ in range(3 * THREADS)]
        for connection in slow:
            connection.sendall(b"GET /quick HTTP/1.1\r\nX: ")
        assert server.get("/quick", timeout=2) == 200
        assert drip(slow[0], b"x", every=0.5, seconds=20) < 10
        assert code_on(slow[1]) == (408, "REQUEST_TIMEOUT")
        assert is_closed(slow[1])


def test_a_connection_that_says_nothing_is_closed_without_a_word(server: Server) -> None:
    with server.connect() as silent:
        assert silent.recv(100) == b""


@pytest.mark.limit("DOVETAIL_SERVER_MIN_BYTES_PER_SECOND")
def test_bodies_that_drip_give_their_threads_back(server: Server) -> None:
    with ExitStack() as stack:
        slow = [stack.enter_context(server.connect()) for _ in range(THREADS)]
        for connection in slow:
            connection.sendall(POST % 100_000)
        drips = [
            threading.Thread(target=drip, args=(connection, b"x", 0.5, 20))
            for connection in slow[1:]
        ]
        for thread in drips:
            thread.start()
        assert drip(slow[0], b"x", every=0.5, seconds=20) < 10
        for thread in drips:
            thread.join()
    assert server.get("/quick") == 200


def test_a_body_that_stops_is_answered_by_a_problem(server: Server) -> None:
    with server.connect() as slow:
        slow.sendall(POST % 100_000 + b"x" * 50_000)
        assert code_on(slow) == (408, "REQUEST_TIMEOUT")
        assert is_closed(slow)


def test_a_body_that_comes_slowly_but_steadily_is_taken(server: Server) -> None:
    """As of a phone with little signal: 20 kB a second, for longer than the limit of silence."""
    with server.connect() as phone:
        phone.sendall(POST % 100_000)
        for _ in range(25):
            phone.sendall(b"x" * 4000)
            time.sleep(0.2)
        assert answer_on(phone).body == b"100000"  # type: ignore[attr-defined]


def test_a_body_that_nobody_reads_may_not_drip_either(server: Server) -> None:
    """gunicorn drains it, so that the connection can serve the next request."""
    with server.connect() as slow:
        slow.sendall(POST.replace(b"/length", b"/unread") % 900)
        assert drip(slow, b"x", every=0.5, seconds=60) < 20
    assert server.get("/quick") == 200


def test_time_in_which_the_app_works_is_not_the_clients(server: Server) -> None:
    """Nor is that between the requests of a kept-alive connection."""
    with server.connect() as patient:
        for _ in range(2):
            patient.sendall(GET % b"/sleep/2500")
            assert answer_on(patient).status == 200
            time.sleep(2.5)


def test_clients_that_do_not_close_do_not_hold_up_the_others(server: Server) -> None:
    """The answer said `Connection: close`, and they stay: the loop waits for none of them."""
    with ExitStack() as stack:
        for _ in range(20):
            connection = stack.enter_context(server.connect())
            connection.sendall(b"GET /quick HTTP/1.0\r\n\r\n")
        began = time.monotonic()
        assert server.get("/quick") == 200
        assert time.monotonic() - began < 5


def test_pipelined_body_belongs_to_its_own_request(server: Server) -> None:
    """Pipelined requests, in pieces that end anywhere."""
    whole = (POST % 5 + b"12345" + GET % b"/quick") * 3
    with server.connect() as connection:
        for start in range(0, len(whole), 37):
            connection.sendall(whole[start : start + 37])
            time.sleep(0.01)
        reader = connection.makefile("rb")
        answers = [next_answer(reader) for _ in range(6)]
    assert answers == [b"5", b"quick"] * 3


def test_the_log_stays_short(tmp_path: Path) -> None:
    """Slow and silent clients are counted, not told one by one, and leave no traceback."""
    with serving(
        tmp_path, DOVETAIL_SERVER_RECEIVE_SECONDS=1, DOVETAIL_SERVER_SEND_SECONDS=1
    ) as server:
        with ExitStack() as stack:
            for data in (b"GET /quick HT", POST % 100, GET % b"/whole", GET % b"/file") * 5:
                stack.enter_context(server.connect(receive_bytes=4096)).sendall(data)
            time.sleep(4)
            assert server.get("/quick") == 200
        assert "Traceback" not in server.log()
        others = [line for line in server.log().splitlines() if '"event": "request"' not in line]
        assert len(others) <= 3
