"""What the nginx that we ship does with the answers of socket processes."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from support.fleet import nginx_text
from support.nginx import Nginx
from support.ports import free_port


class _Sockets(BaseHTTPRequestHandler):
    """Refuses who asks for it, as a process refuses an address that is over its limit."""

    def do_GET(self) -> None:
        self.send_response(429 if "refuse" in self.path else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def origin(certificate: Path) -> Iterator[str]:
    """Where the nginx listens that stands before two processes."""
    with ExitStack() as stack:
        ports = []
        for _ in range(2):
            server = stack.enter_context(ThreadingHTTPServer(("127.0.0.1", 0), _Sockets))
            thread = threading.Thread(target=server.serve_forever, args=(0.01,))
            thread.start()
            stack.callback(thread.join)
            stack.callback(server.shutdown)
            ports.append(server.server_port)
        port = free_port()
        text = nginx_text(port=port, web=ports[:1], sockets=ports, folder=certificate.parent)
        stack.enter_context(Nginx(http=text, server="return 404;"))
        yield f"https://127.0.0.1:{port}"


def test_a_client_that_is_refused_takes_no_process_from_others(
    origin: str, certificate: Path
) -> None:
    """nginx takes a 429 for a failure of the process where it passes it on to the next."""
    trusted = ssl.create_default_context(cafile=certificate)
    with httpx.Client(base_url=origin, verify=trusted) as client:
        refused = [client.get("/socket.io?refuse").status_code for _ in range(20)]
        assert set(refused) == {429}
        assert [client.get("/socket.io").status_code for _ in range(4)] == [200] * 4
