"""The time for a large file over a line that is cut: ours, tus and a plain form post, side by side.

"1 % of connections" is counted in bytes, since one peer needs a single connection for all of the
file and another one several for each 8 MiB: on average one of a hundred stretches of 8 MiB that
travel is cut, at a random byte, whoever sends it and over whatever connection. A round's seed gives
all peers the same places (`shared/faulty_line.py`), and another round other ones.

- Dovetail: the browser package in Node, three parts of 8 MiB at a time, all checksums; the local
  store under the starter's gunicorn settings.
- tus: tuspyserver under uvicorn, which its documentation has; a small client of ours that asks for
  the offset (HEAD) after a cut, when its server has had the time to notice, and goes on from there.
  With one PATCH for all, as tus-js-client has it unless told otherwise, and with one per 8 MiB.
- form: one multipart post to a Flask view under gunicorn that saves the file, begun anew after each
  cut, at most so often as `TRIES` says.

Everything on this machine, in Node over one HTTP client, and over lines of one speed, so that it is
not the machine's; interleaved rounds, each with and without cuts; the median of rounds. What has
arrived is read again, and its SHA-256 compared (not timed).

Claims, for the defaults: with cuts ours takes at most 1.1 times as long as without, and as tus at
its best; the form takes longer. Every upload that can be resumed ends, with the same bytes.

    python benchmarks/upload_faults.py [rounds] [MiB] [percent] [Mbit/s, or inf]
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import socket
import statistics
import subprocess
import sys
import tempfile
from contextlib import ExitStack, contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from shared.faulty_line import SLAB_BYTES, FaultyLine, cut_places
from shared.measure import verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HERE = Path(__file__).parent
ROOT = HERE.parent
BIN = ROOT / "node_modules" / ".bin"
MIB = 1024 * 1024
TRIES = 20
MOST = 1.1

DOVETAIL = "dovetail"
TUS = f"tuspyserver {version('tuspyserver')}, one PATCH"
TUS_CHUNKS = f"tuspyserver {version('tuspyserver')}, 8 MiB each"
FORM = "form post, bare Flask"

GUNICORN = ("gunicorn", "--no-control-socket", "--log-level", "critical")
STARTER = ("--config", str(ROOT / "starter" / "backend" / "gunicorn.conf.py"))
THREADS = ("--worker-class", "gthread", "--threads", "8")


class Peer(NamedTuple):
    """A running server, the line to it, and the way of `shared/sending.mjs` to send there."""

    way: str
    line: FaultyLine
    folder: Path


class Sent(NamedTuple):
    """What became of one file.

    Attributes:
        seconds: infinite when it was given up.
        travelled: bytes that the line carried to the server.
    """

    seconds: float
    cuts: int
    travelled: int


class Taken(NamedTuple):
    """A peer's rounds: without cuts, and with."""

    calm: list[Sent]
    cut: list[Sent]

    @property
    def calm_seconds(self) -> float:
        return statistics.median(sent.seconds for sent in self.calm)

    @property
    def seconds(self) -> float:
        return statistics.median(sent.seconds for sent in self.cut)

    @property
    def slowest(self) -> float:
        return max(sent.seconds for sent in self.cut)


@contextmanager
def served(
    folder: Path, rate: float, command: Callable[[int], tuple[str, ...]]
) -> Iterator[FaultyLine]:
    """The line to a server that keeps its files in `folder`.

    Args:
        command: what starts it, given the descriptor of the socket that it listens on.
    """
    folder.mkdir()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        line = FaultyLine(listener.getsockname()[1], rate)
        server = subprocess.Popen(
            (sys.executable, "-m", *command(listener.fileno())),
            cwd=HERE,
            env={
                **os.environ,
                "BENCHMARK_FOLDER": str(folder),
                "BENCHMARK_ORIGIN": origin(line),
            },
            stderr=subprocess.DEVNULL,
            pass_fds=[listener.fileno()],
        )
    try:
        with line:
            yield line
    finally:
        server.terminate()
        server.wait(30)


def origin(line: FaultyLine) -> str:
    return f"http://127.0.0.1:{line.port}"


def start(stack: ExitStack, scratch: Path, rate: float) -> dict[str, Peer]:
    def serve(name: str, command: Callable[[int], tuple[str, ...]]) -> tuple[FaultyLine, Path]:
        folder = scratch / name
        return stack.enter_context(served(folder, rate, command)), folder

    def gunicorn(*options: str) -> Callable[[int], tuple[str, ...]]:
        return lambda fd: (*GUNICORN, "--bind", f"fd://{fd}", *options)

    ours = serve("dovetail", gunicorn(*STARTER, "shared.receivers:dovetail()"))
    tus = serve(
        "tus",
        lambda fd: (
            *("uvicorn", "shared.receivers:tus", "--factory"),
            *("--fd", str(fd), "--log-level", "critical"),
        ),
    )
    form = serve("form", gunicorn(*THREADS, "shared.receivers:form()"))
    return {
        DOVETAIL: Peer("dovetail", *ours),
        TUS: Peer("tus", *tus),
        TUS_CHUNKS: Peer("tus-chunks", *tus),
        FORM: Peer("form", *form),
    }


def sha256(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def make_file(path: Path, size: int) -> str:
    """Random bytes; their SHA-256."""
    with path.open("wb") as file:
        for start in range(0, size, MIB):
            file.write(os.urandom(min(MIB, size - start)))
    return sha256(path)


def send(peer: Peer, file: Path, digest: str, package: Path, places: Iterator[int]) -> Sent:
    """One upload, whose bytes are compared and dropped afterwards."""
    os.sync()  # nobody waits for the disk because of who came before
    peer.line.restart(places)
    said = subprocess.run(
        (
            *(BIN / "node", HERE / "shared" / "sending.mjs", peer.way, origin(peer.line)),
            *(file, str(TRIES), package),
        ),
        stdout=subprocess.PIPE,
        check=True,
    )
    outcome = json.loads(said.stdout)
    has_arrived = outcome["seconds"] is not None
    seconds = outcome["seconds"] if has_arrived else math.inf
    sent = Sent(seconds, peer.line.cuts, peer.line.sent)
    size = file.stat().st_size
    arrived = [
        path for path in peer.folder.rglob("*") if path.is_file() and path.stat().st_size == size
    ]
    assert [sha256(path) for path in arrived] == [digest] * has_arrived, peer.way
    for path in arrived:
        path.unlink()
    return sent


def bundle(scratch: Path) -> Path:
    """The browser package as a page would load it, in one module."""
    target = scratch / "dovetail.mjs"
    subprocess.run(
        (
            *(BIN / "esbuild", ROOT / "typescript" / "src" / "index.ts", "--bundle"),
            *("--format=esm", "--target=es2022", "--log-level=warning", f"--outfile={target}"),
        ),
        check=True,
    )
    return target


def measure(rounds: int, size: int, percent: float, rate: float, scratch: Path) -> dict[str, Taken]:
    package = bundle(scratch)
    file, small = scratch / "file", scratch / "small"
    digest = make_file(file, size)
    small_digest = make_file(small, MIB)
    taken: dict[str, Taken] = {}
    with ExitStack() as stack:
        peers = start(stack, scratch, rate)
        for name, peer in peers.items():
            send(peer, small, small_digest, package, iter(()))  # once, so that it has started
            taken[name] = Taken([], [])
        for seed in range(rounds):
            for name, peer in peers.items():
                places = cut_places(seed, percent)
                taken[name].calm.append(send(peer, file, digest, package, iter(())))
                taken[name].cut.append(send(peer, file, digest, package, places))
    return taken


def attempts_until_whole(size: int, percent: float) -> float:
    """How much of the file a form has to send on average, in files, until none of it is cut."""
    stretches, whole = size / SLAB_BYTES, 1 - percent / 100
    return (whole**-stretches - 1) / (1 - whole) / stretches


def report(size: int, percent: float, taken: dict[str, Taken]) -> list[str]:
    """Prints the table; the claims that failed."""
    ours = taken[DOVETAIL]
    print(
        f"{size // MIB} MiB, {percent:g} % of 8 MiB cut, median of {len(ours.cut)} rounds; "
        f"ours was cut {', '.join(str(sent.cuts) for sent in ours.cut)} times"
    )
    print(f"{'':32}{'no cuts':>9}{'with cuts':>11}{'slowest':>10}{'sent':>9}{'ratio':>8}")
    for name, each in taken.items():
        sent = statistics.median(sent.travelled for sent in each.cut) / size
        print(
            f"  {name:30}{shown(each.calm_seconds):>9}{shown(each.seconds):>11}"
            f"{shown(each.slowest):>10}{sent:>8.2f}x{each.seconds / ours.seconds:>7.2f}x"
        )
    form, best_tus = taken[FORM], min(taken[TUS].seconds, taken[TUS_CHUNKS].seconds)
    files = attempts_until_whole(size, percent)
    mean = form.calm_seconds * files
    print(
        f"  {'the same, mean by reckoning':30}{'':9}{shown(mean):>11}{'':10}{files:>8.4g}x"
        f"{mean / ours.seconds:>7.4g}x"
    )
    gave_up = sum(math.isinf(sent.seconds) for sent in form.cut)
    print(f"the form gave up, after {TRIES} tries, in {gave_up} of {len(form.cut)} rounds")
    claims = {
        "cuts cost ours at most a tenth": ours.seconds <= MOST * ours.calm_seconds,
        "ours takes at most 1.1 times as long as tus": ours.seconds <= MOST * best_tus,
        "the form takes longer": ours.seconds < form.seconds,
    }
    return [claim for claim, holds in claims.items() if not holds]


def shown(seconds: float) -> str:
    if math.isinf(seconds):
        return "never"
    return f"{seconds:.1f} s" if seconds < 3600 else f"{seconds / 3600:.0f} h"


def main(rounds: int, mib: int, percent: float, mbits: float) -> int:
    size = mib * MIB
    with tempfile.TemporaryDirectory() as scratch:
        taken = measure(rounds, size, percent, mbits * 1e6 / 8, Path(scratch))
    return verdict(report(size, percent, taken))


if __name__ == "__main__":
    given = [*sys.argv[1:], *("5", "1024", "1", "1000")[len(sys.argv) - 1 :]]
    sys.exit(main(int(given[0]), int(given[1]), float(given[2]), float(given[3])))
