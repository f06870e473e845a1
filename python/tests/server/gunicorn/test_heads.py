"""The head of a request is bounded as a whole, however many fields it is spread over."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from support.certificates import certificate_of_localhost
from support.serving import Server, answer_on, code_on, serving

LONGEST = 16 * 1024


@pytest.fixture(scope="module", params=["http", "https"])
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """Speaks TLS itself, too: there gunicorn reads the head."""
    folder = tmp_path_factory.mktemp("heads")
    certificate = certificate_of_localhost(folder) if request.param == "https" else None
    with serving(folder, certificate=certificate, DOVETAIL_SERVER_HEAD_BYTES=LONGEST) as running:
        yield running


def head(size: int) -> bytes:
    """Return a head of about that size, whose fields are each within gunicorn's limit."""
    line = b"Cookie: " + b"x" * 990 + b"\r\n"
    begin = b"GET /quick HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    return begin + line * ((size - len(begin)) // len(line)) + b"\r\n"


@pytest.mark.limit("DOVETAIL_SERVER_HEAD_BYTES")
def test_fields_that_are_short_but_many_are_refused_together(server: Server) -> None:
    with server.connect() as connection:
        connection.sendall(head(LONGEST - 1000))
        assert answer_on(connection).status == 200
        connection.sendall(head(LONGEST + 4000))
        assert code_on(connection) == (431, "HEADER_FIELDS_TOO_LARGE")
    assert server.get("/quick") == 200


def test_a_long_head_is_refused_before_its_end(tmp_path_factory: pytest.TempPathFactory) -> None:
    with (
        serving(tmp_path_factory.mktemp("long"), DOVETAIL_SERVER_HEAD_BYTES=LONGEST) as server,
        server.connect() as connection,
    ):
        for piece in (head(LONGEST)[:-2], b"X: " + b"x" * 2000):
            connection.sendall(piece)
            time.sleep(0.1)
        assert code_on(connection) == (431, "HEADER_FIELDS_TOO_LARGE")
