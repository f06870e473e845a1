"""From `notify` to the client, at 200 notifications a second: in one process, and across processes.

100 people with one socket each, all of one client, a process of its own; a view in the server sends
to people chosen at random, each at its due moment. Measured is from just before `notify` is called,
so that its transaction is in the figure, to the event in the client's hands; both read the clock of
this machine. Across: the sender takes no sockets (`DOVETAIL_REALTIME_SERVE=false`) and has threads;
those who do are on greenlets, and hear of it over Valkey. PostgreSQL does not wait for its disk.
Every notification has to arrive, once.

Beside it: plain Flask-SocketIO, which emits to each person's room and stores nothing; between its
processes, over Valkey too. No claim is made about it: it says what of the figure is the machine's.

Claims: 99 of 100 within 50 ms in one process, within 100 ms across; median of the rounds.

    python benchmarks/realtime_latency.py [rounds, default 5] [seconds of each, default 10]
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from shared.measure import verdict
from shared.realtime_served import NAMESPACE
from shared.realtime_serving import Server, cookies_of, serving
from shared.servers import migrated, postgres, valkey
from shared.sockets import open_many

if TYPE_CHECKING:
    from collections.abc import Callable

PEOPLE = 100
PER_SECOND = 200
WITHIN_MS = 50
ACROSS_MS = 100
PLAIN = f"Flask-SocketIO {version('flask-socketio')}, nothing kept"


class Way(NamedTuple):
    """One row: who sends, and who has the sockets."""

    name: str
    app: str
    receiver: Server
    sender: Server
    most_ms: float | None


def start(stack: ExitStack) -> list[Way]:
    made: list[Way] = []
    engine = stack.enter_context(postgres())
    bus = stack.enter_context(valkey())

    def serve(app: str, mode: str, **environment: str) -> Server:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        return stack.enter_context(serving(app, mode, folder, **environment))

    def one(name: str, app: str, mode: str, **environment: str) -> None:
        server = serve(app, mode, **environment)
        most = WITHIN_MS if app == "dovetail" else None
        made.append(Way(f"{name}, {mode}", app, server, server, most))

    one("SQLite", "dovetail", "threads")
    for mode in ("threads", "gevent"):
        one("PostgreSQL", "dovetail", mode, DOVETAIL_DATABASE_URL=migrated(engine))
        one(PLAIN, "plain", mode)
    shared = {"DOVETAIL_DATABASE_URL": migrated(engine), "DOVETAIL_VALKEY_URL": bus}
    receiver = serve("dovetail", "gevent", **shared)
    shared["DOVETAIL_API_ORIGIN"] = receiver.origin
    sender = serve("dovetail", "threads", DOVETAIL_REALTIME_SERVE="false", **shared)
    made.append(Way("PostgreSQL, across", "dovetail", receiver, sender, ACROSS_MS))
    receiver, sender = (
        serve("plain", mode, DOVETAIL_VALKEY_URL=bus) for mode in ("gevent", "threads")
    )
    made.append(Way(f"{PLAIN}, across", "plain", receiver, sender, None))
    return made


async def measure(ways: list[Way], rounds: int, seconds: float) -> list[list[list[float]]]:
    """The milliseconds of each notification, of each round, of each way."""
    heard: list[list[float]] = [[] for _ in ways]
    listening = set()
    for way, times in zip(ways, heard, strict=True):
        namespace = "/notify" if way.app == "dovetail" else NAMESPACE
        cookies = cookies_of(way.app, way.receiver, PEOPLE)
        for each in await open_many(way.receiver.port, namespace, cookies, PEOPLE):
            listening.add(asyncio.create_task(each.listen(note(times))))
    found: list[list[list[float]]] = [[] for _ in ways]
    for turn in range(rounds + 1):
        for number, way in enumerate(ways):
            times = heard[number]
            times.clear()
            sent = await asyncio.to_thread(
                way.sender.tell,
                "/rate",
                per_second=PER_SECOND,
                seconds=seconds if turn else 1,  # the first is to warm up
                people=PEOPLE,
            )
            await asyncio.sleep(1)
            assert len(times) == sum(sent.values()), f"{way.name}: {len(times)} of {sent}"
            if turn:
                found[number].append(list(times))
    for task in listening:
        task.cancel()
    return found


def note(times: list[float]) -> Callable[[str, Any], None]:
    def heard(name: str, data: Any) -> None:
        if name == "noted":
            at = data["data"]["at"] if "data" in data else data["at"]
            times.append((time.time() - at) * 1000)

    return heard


def main(rounds: int, seconds: float) -> int:
    with ExitStack() as stack:
        ways = start(stack)
        found = asyncio.run(measure(ways, rounds, seconds))
    failed = []
    print(f"{PER_SECOND} a second to {PEOPLE} people, median of {rounds} rounds of {seconds:.0f} s")
    for way, taken in zip(ways, found, strict=True):
        p50 = statistics.median(statistics.median(times) for times in taken)
        p99s = [statistics.quantiles(times, n=100)[98] for times in taken]
        p99 = statistics.median(p99s)
        print(
            f"  {way.name:48} p50 {p50:5.1f} ms   p99 {p99:5.1f} ms"
            f"   ({min(p99s):.1f} to {max(p99s):.1f})"
        )
        if way.most_ms is not None and p99 > way.most_ms:
            failed.append(f"{way.name}: p99 is {p99:.0f} ms, more than {way.most_ms}")
    return verdict(failed)


if __name__ == "__main__":
    given = [*sys.argv[1:], *("5", "10")[len(sys.argv) - 1 :]]
    raise SystemExit(main(int(given[0]), float(given[1])))
