"""The worker speaks TLS itself: as gunicorn does, with fewer bounds."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from support.certificates import certificate_of_localhost
from support.serving import GET, Server, answer_on, next_answer, serving

POST = b"POST /length HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("tls")
    with serving(folder, certificate=certificate_of_localhost(folder)) as running:
        yield running


@pytest.mark.parametrize("size", [5, 12_000, 500_000])
def test_bodies_are_received_whole_one_after_the_other(server: Server, size: int) -> None:
    with server.connect() as connection:
        for _ in range(2):
            connection.sendall(POST % size + b"x" * (size // 2))
            time.sleep(0.2)
            connection.sendall(b"x" * (size - size // 2))
            assert answer_on(connection).body == b"%d" % size  # type: ignore[attr-defined]


@pytest.mark.parametrize("size", [5, 9000])
def test_pipelined_requests_are_all_answered(server: Server, size: int) -> None:
    """In one record of TLS, of which gunicorn reads a part at a time."""
    with server.connect() as connection:
        connection.sendall(POST % size + b"x" * size + GET % b"/quick" * 3)
        reader = connection.makefile("rb")
        assert [next_answer(reader) for _ in range(4)] == [b"%d" % size, *[b"quick"] * 3]


def test_a_large_answer_is_sent_whole(server: Server) -> None:
    with server.connect() as connection:
        connection.sendall(GET % b"/file")
        assert len(answer_on(connection).body) == 64 * 1024 * 1024  # type: ignore[attr-defined]
