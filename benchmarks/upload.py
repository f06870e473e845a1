"""Uploading 2 GiB to the local store, through gunicorn as the starter has it.

Beside it, in the same gunicorn: a bare WSGI view that reads the stream in 1 MiB chunks into a file,
one request of 2 GiB. The upload is what the browser package makes of it: announced, 256 parts on
three connections at once, each hashed on arrival, committed with the checksum of each part. The
client is a process of its own that only sends zeros; it works no checksum out while it is timed.

Claims: at least 0.7 times the rate of the bare view; the server's memory, at its peak over all
rounds, at most 24 MiB above what it was after a small upload. Exit 1 when one of them fails.

    python benchmarks/upload.py [rounds, default 5] [folder, default: for temporary files]
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from shared.measure import verdict
from shared.serving import Server, served
from shared.uploads import MIB, Person, send

if TYPE_CHECKING:
    from collections.abc import Callable

SIZE = 2048 * MIB
BLOCK = 8 * MIB
WARM_UP = 24 * MIB
LEAST_RATE = 0.7
MOST_MEMORY = 24 * MIB
BARE, BARE_AT_ONCE, UPLOAD = "bare view", "bare view, 3 at once", "upload in parts"


def bare(server: Server, size: int, connections: int) -> None:
    names = [f"bare{number}" for number in range(connections)]
    send(server, [[(f"/bare/{name}", size // connections)] for name in names], BLOCK)
    for name in names:
        (server.folder / name).unlink()


def upload(person: Person, size: int) -> None:
    person.upload(size)
    for path in (person.server.folder / "files" / "objects").rglob("*"):
        if path.is_file():
            path.unlink()


def seconds(work: Callable[[], None]) -> float:
    os.sync()  # what the round before has left to write is not ours
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def main(rounds: int, folder: str | None) -> int:
    with (
        tempfile.TemporaryDirectory(dir=folder) as data,
        served(Path(data)) as server,
        Person(server) as person,
    ):
        ways: dict[str, Callable[[int], None]] = {
            BARE: lambda size: bare(server, size, 1),
            BARE_AT_ONCE: lambda size: bare(server, size, 3),
            UPLOAD: lambda size: upload(person, size),
        }
        for work in ways.values():
            work(WARM_UP)
        took: dict[str, list[float]] = {name: [] for name in ways}
        grown: dict[str, int] = dict.fromkeys(ways, 0)
        for _ in range(rounds):
            for name, work in ways.items():
                before = server.memory()
                server.forget_peak()
                took[name].append(seconds(lambda work=work: work(SIZE)))  # type: ignore[misc]
                grown[name] = max(grown[name], server.peak_memory() - before)
    print(f"2 GiB, median of {rounds} rounds")
    for name, each in took.items():
        rate = SIZE / MIB / statistics.median(each)
        ratio = statistics.median(b / t for b, t in zip(took[BARE], each, strict=True))
        memory = grown[name] / MIB
        print(f"  {name:22}{rate:7.0f} MiB/s {ratio:6.2f}x   memory {memory:+6.1f} MiB")
    failed = []
    if ratio < LEAST_RATE:
        failed.append(f"an upload has {ratio:.2f}x the rate of a bare view, not {LEAST_RATE}x")
    if grown[UPLOAD] > MOST_MEMORY:
        failed.append(f"memory grew by {memory:.1f} MiB, more than {MOST_MEMORY // MIB}")
    return verdict(failed)


if __name__ == "__main__":
    arguments = [*sys.argv[1:], None, None]
    raise SystemExit(main(int(arguments[0] or 5), arguments[1]))
