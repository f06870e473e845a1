"""Downloads through nginx: a file that the app hands over, and one that nginx has by itself.

    python benchmarks/download.py [rounds]

nginx is configured by the text of `docs/downloads.md`, the app stands behind it on gunicorn as the
starter has it. Beside it, for information: gunicorn without nginx, and what one small file costs.
"""

from __future__ import annotations

import socket
import sys
import tempfile
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from shared.measure import in_turn, lower_quartile, verdict
from shared.serving import served
from shared.uploads import MIB, Person

from support.nginx import Nginx, documented

LARGE, SMALL = 512 * MIB, 16 * 1024
SMALL_CALLS = 50
OWN, HANDED_OVER, ALONE = "nginx, its own file", "nginx, handed over", "gunicorn alone"
LEAST = 0.9

Target = tuple[int, str]
"""A port and a path."""


def fetch(target: Target, size: int, times: int = 1) -> None:
    """GET it over one connection, and count what arrives."""
    port, path = target
    buffer = bytearray(4 * MIB)
    request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
    with socket.create_connection(("127.0.0.1", port)) as connection:
        for _ in range(times):
            connection.sendall(request)
            left = size + _read_head(connection, size)
            while left:
                received = connection.recv_into(buffer, min(left, len(buffer)))
                assert received, f"{path.partition('?')[0]} broke off"
                left -= received


def _read_head(connection: socket.socket, size: int) -> int:
    """How far the body has been read with it, as a number below zero."""
    read = b""
    while b"\r\n\r\n" not in read:
        read += connection.recv(65_536)
    head, _, body = read.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 "), head.partition(b"\r\n")[0]
    assert f"content-length: {size}".encode() in head.lower()
    return -len(body)


def upload(person: Person, size: int) -> tuple[str, str]:
    """The path of its content, and where it lies below the folder."""
    person.upload(size)
    link = urlsplit(person.get("/files").json()["items"][0]["content_url"])
    folder = person.server.folder / "files"
    (place,) = (path for path in folder.glob("objects/*/*") if path.stat().st_size == size)
    return f"{link.path}?{link.query}", str(place.relative_to(folder))


def measured(
    behind: Person, alone: Person, nginx: Nginx, size: int, *, times: int = 1, rounds: int
) -> dict[str, float]:
    """Seconds of one download, each way."""
    port = urlsplit(nginx.url).port or 0
    path, place = upload(behind, size)
    ways: dict[str, Target] = {
        OWN: (port, f"/own/{place}"),
        HANDED_OVER: (port, path),
        ALONE: (alone.server.port, upload(alone, size)[0]),
    }
    for target in ways.values():
        fetch(target, size)  # from now on all of it is in the system's memory
    seconds = in_turn(ways, lambda name: partial(fetch, ways[name], size, times), rounds)
    return {name: lower_quartile(each) / times for name, each in seconds.items()}


def compare(behind: Person, alone: Person, nginx: Nginx, rounds: int) -> int:
    for person in (behind, alone):
        person.server.forget_peak()
    before = {person: person.server.memory() for person in (behind, alone)}
    large = measured(behind, alone, nginx, LARGE, rounds=rounds)
    print(f"downloads of 512 MiB, lower quartile of {rounds} rounds")
    for name, seconds in large.items():
        print(f"  {name:30} {LARGE / MIB / seconds:6.0f} MiB/s  {large[OWN] / seconds:5.2f}x")
    for name, person in ((HANDED_OVER, behind), (ALONE, alone)):
        grown = (person.server.peak_memory() - before[person]) / MIB
        print(f"  memory of the app, {name}: +{grown:.1f} MiB")
    small = measured(behind, alone, nginx, SMALL, times=SMALL_CALLS, rounds=rounds)
    print(f"downloads of 16 KiB, lower quartile of {rounds} rounds x {SMALL_CALLS} calls")
    for name, seconds in small.items():
        print(f"  {name:30} {seconds * 1e6:6.0f} µs")
    ratio = large[OWN] / large[HANDED_OVER]
    return verdict([] if ratio >= LEAST else [f"{HANDED_OVER}: {ratio:.2f}x, at least {LEAST}x"])


def main(rounds: int) -> int:
    with (
        tempfile.TemporaryDirectory() as a,
        tempfile.TemporaryDirectory() as b,
        served(Path(a), FLASK_DOVETAIL_FILES_X_ACCEL_PREFIX="/_files/") as app,
        served(Path(b)) as bare,
    ):
        text = documented(port=app.port, folder=Path(a, "files"), log=Path(a, "access.log"))
        text["server"] += f"location /own/ {{ alias {a}/files/; sendfile on; tcp_nopush on; }}"
        with Nginx(**text) as nginx, Person(app) as behind, Person(bare) as alone:
            return compare(behind, alone, nginx, rounds)


if __name__ == "__main__":
    raise SystemExit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 40))
