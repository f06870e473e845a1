"""The worker's `readinto`: the same bytes as gunicorn's own `read`, and the connection goes on."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator

import pytest
from gunicorn.config import Config
from gunicorn.http.parser import RequestParser

from flask_dovetail.server.gunicorn.body import DirectBody

HEAD = b"PUT /%d HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n"


class Connection:
    """Both ends of one, the server's with gunicorn's parser."""

    def __init__(self) -> None:
        self.client, self.server = socket.socketpair()
        self.parser = RequestParser(Config(), self.server, ("127.0.0.1", 1))

    def next_body(self) -> tuple[str, DirectBody]:
        """The path of the next request, and its body."""
        request = next(self.parser)
        return request.path, DirectBody(request.body, self.server)


@pytest.fixture
def connection() -> Iterator[Connection]:
    opened = Connection()
    with opened.client, opened.server:
        yield opened


def read_all(body: DirectBody, piece: int) -> list[bytes]:
    buffer = memoryview(bytearray(piece))
    pieces = []
    while count := body.readinto(buffer):
        pieces.append(bytes(buffer[:count]))
    return pieces


@pytest.mark.parametrize("piece", [1, 7, 1000, 100_000])
def test_each_body_ends_where_the_next_request_begins(connection: Connection, piece: int) -> None:
    """Also where they come together, and where some of a body came with its head."""
    bodies = [b"a" * 20_000, b"", b"b" * 3, b"c" * 9000]
    for number, body in enumerate(bodies):
        connection.client.sendall(HEAD % (number, len(body)) + body)
    for number, body in enumerate(bodies):
        path, received = connection.next_body()
        assert path == f"/{number}"
        assert b"".join(read_all(received, piece)) == body


def test_a_buffer_is_filled_before_it_is_given_back(connection: Connection) -> None:
    """However small the pieces are in which the bytes come."""
    connection.client.sendall(HEAD % (0, 3000))
    _path, received = connection.next_body()
    for _ in range(30):
        connection.client.sendall(b"x" * 100)
    assert [len(piece) for piece in read_all(received, 1000)] == [1000, 1000, 1000]


def test_unread_body_is_not_taken_for_a_request(connection: Connection) -> None:
    connection.client.sendall(HEAD % (0, 5000) + b"x" * 5000 + HEAD % (1, 2) + b"yy")
    _path, received = connection.next_body()
    assert received.readinto(memoryview(bytearray(10))) == 10
    path, received = connection.next_body()
    assert (path, read_all(received, 10)) == ("/1", [b"yy"])


def test_a_client_that_has_left_ends_the_body(connection: Connection) -> None:
    connection.client.sendall(HEAD % (0, 5000) + b"x" * 10)
    _path, received = connection.next_body()
    connection.client.close()
    assert b"".join(read_all(received, 5000)) == b"x" * 10


def test_a_client_that_falls_silent_gives_the_thread_back(connection: Connection) -> None:
    """What has come is given first; then it is an error, and the connection is not used again."""
    silence = struct.pack("@ll", 0, 20_000)
    connection.server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, silence)
    connection.client.sendall(HEAD % (0, 5000))
    _path, received = connection.next_body()
    connection.client.sendall(b"x" * 10)
    buffer = memoryview(bytearray(5000))
    assert received.readinto(buffer) == 10
    with pytest.raises(BlockingIOError):
        received.readinto(buffer)
    with pytest.raises(StopIteration):
        next(connection.parser)


def test_the_body_can_be_read_as_wsgi_says(connection: Connection) -> None:
    """PEP 3333: read, readline, readlines, and iteration."""
    for ask, expected in (
        (lambda body: body.read(3), b"a\nb"),
        (lambda body: body.readline(), b"a\n"),
        (lambda body: body.readlines(), [b"a\n", b"b\n"]),
        (list, [b"a\n", b"b\n"]),
    ):
        connection.client.sendall(HEAD % (0, 4) + b"a\nb\n")
        _path, received = connection.next_body()
        assert ask(received) == expected
