"""Over TLS, as providers are: answers arrive whole, or in time, from whom the certificate names."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests

from flask_dovetail.auth.providers.deadline import DeadlineAdapter
from support.certificates import certificate_of_localhost


class Provider(BaseHTTPRequestHandler):
    """Answers `/` at once, and everything else a byte at a time."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path == "/":
            self.send_response(200)
            self.send_header("Content-Length", "200000")
            self.end_headers()
            self.wfile.write(b"x" * 200_000)
            return
        with suppress(OSError):  # the client has left
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
            for _ in range(40):
                self.wfile.write(b"0")
                time.sleep(0.1)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The origin, and the certificate."""
    folder = tmp_path_factory.mktemp("provider")
    certificate = certificate_of_localhost(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, folder / "key.pem")
    with ThreadingHTTPServer(("127.0.0.1", 0), Provider) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"https://127.0.0.1:{server.server_port}", certificate
        server.shutdown()


@pytest.fixture
def session(provider: tuple[str, Path]) -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        session.verify = str(provider[1])
        session.mount("https://", DeadlineAdapter(1.0))
        yield session


def test_answers_arrive_whole_on_one_connection(
    provider: tuple[str, Path], session: requests.Session
) -> None:
    for _ in range(3):
        assert len(session.get(f"{provider[0]}/", timeout=5).content) == 200_000


def test_a_head_that_drips_ends_in_time(
    provider: tuple[str, Path], session: requests.Session
) -> None:
    began = time.monotonic()
    with pytest.raises(requests.Timeout):
        session.get(f"{provider[0]}/slow", timeout=5)
    assert time.monotonic() - began < 3


def test_a_certificate_that_nobody_vouches_for_is_refused(
    provider: tuple[str, Path], session: requests.Session
) -> None:
    session.verify = True
    with pytest.raises(requests.exceptions.SSLError):
        session.get(f"{provider[0]}/", timeout=5)
