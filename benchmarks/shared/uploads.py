"""Uploads to a server of `serving.py`, as the browser package makes them but for what it costs."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

import httpx

from .peers import LOGIN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .serving import Server

MIB = 1024 * 1024
SENDER = Path(__file__).with_name("sender.py")
READER = Path(__file__).with_name("reader.py")
PARTS_AT_ONCE = 3  # the default of the browser package


class Person(httpx.Client):
    """Somebody who signs in on the way into the context."""

    def __init__(self, server: Server) -> None:
        super().__init__(base_url=f"http://127.0.0.1:{server.port}", timeout=60, trust_env=False)
        self.server = server

    def __enter__(self) -> Self:
        super().__enter__()
        self.headers["X-CSRF-Token"] = self.get("/api/csrf-token").json()["csrf"]
        self.headers["X-CSRF-Token"] = self.post("/auth/login", json=LOGIN).json()["csrf"]
        return self

    def announce(self, size: int) -> dict[str, Any]:
        """The ticket of an upload of `size` zeros."""
        announced = {"name": "zeros", "content_type": "application/octet-stream", "size": size}
        answer = self.post("/files/upload/presign", json=announced)
        assert answer.status_code == 201, answer.text
        ticket: dict[str, Any] = answer.json()
        return ticket

    def upload(self, size: int) -> None:
        """`size` zeros: announced, sent in parts, committed with the checksum of each part."""
        ticket = self.announce(size)
        while ticket["parts"]:
            send(self.server, ways(ticket, PARTS_AT_ONCE), ticket["part_size"])
            ticket = self.get(f"/files/upload/{ticket['key']}").json()
        answer = self.post(
            "/files/upload/commit", json={"key": ticket["key"], "parts": checksums(ticket)}
        )
        assert answer.status_code == 200, answer.text

    def arrived(self, tickets: list[dict[str, Any]]) -> int:
        """The bytes that have arrived of uploads of whole parts."""
        now = [self.get(f"/files/upload/{ticket['key']}").json() for ticket in tickets]
        return sum(len(ticket["arrived"]) * ticket["part_size"] for ticket in now)

    def read(self, path: str, *, per_second: int, seconds: int) -> list[float]:
        """The milliseconds of each read at that rate, by another process."""
        told = {
            "port": self.server.port,
            "path": path,
            "cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
            "per_second": per_second,
            "seconds": seconds,
        }
        ran = subprocess.run(
            [sys.executable, READER],
            input=json.dumps(told),
            capture_output=True,
            text=True,
            check=True,
        )
        took: list[float] = json.loads(ran.stdout)
        assert len(took) == per_second * seconds, "a read has failed"
        return took


def ways(ticket: dict[str, Any], at_once: int) -> list[list[tuple[str, int]]]:
    """The parts that the ticket has addresses for, dealt to so many connections."""
    parts = []
    for part in ticket["parts"]:
        address = urlsplit(part["url"])
        parts.append((f"{address.path}?{address.query}", part["size"]))
    return [parts[start::at_once] for start in range(min(at_once, len(parts)))]


def checksums(ticket: dict[str, Any]) -> list[dict[str, Any]]:
    size, part_size, count = ticket["size"], ticket["part_size"], ticket["part_count"]
    sums = {
        length: hashlib.sha256(bytes(length)).hexdigest()
        for length in (part_size, size - (count - 1) * part_size)
    }
    return [
        {"number": n, "sha256": sums[min(part_size, size - (n - 1) * part_size)]}
        for n in range(1, count + 1)
    ]


def send(server: Server, requests: list[list[tuple[str, int]]], block: int) -> None:
    """Send all of it, by another process."""
    told = json.dumps({"port": server.port, "block": block, "ways": requests})
    ran = subprocess.run(
        [sys.executable, SENDER], input=told, capture_output=True, text=True, check=True
    )
    statuses = json.loads(ran.stdout)
    assert statuses == [204], statuses


@contextmanager
def sending(server: Server, tickets: list[dict[str, Any]]) -> Iterator[subprocess.Popen[str]]:
    """Send the parts of all tickets, one after the other each, until the end of the context."""
    told = {
        "port": server.port,
        "block": tickets[0]["part_size"],
        "ways": [ways(ticket, 1)[0] for ticket in tickets],
    }
    with subprocess.Popen(
        ["nice", "-n", "19", sys.executable, SENDER],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdin is not None
        process.stdin.write(json.dumps(told))
        process.stdin.close()
        try:
            yield process
        finally:
            process.kill()
