"""One event to 1,000 sockets: Dovetail beside plain Flask-SocketIO, in the same mode.

gunicorn with one worker, on greenlets and with threads; both peers hold their 1,000 sockets all the
time and are asked in turn. A round is 20 events, emitted by a view one after the other; it begins
with that request, and ends when the last socket has the last of them. All sockets are of one
client, a process of its own that only counts what comes. Dovetail checks the event against what the
namespace says it sends, and its people have signed in; the peer knows nobody.

Claim: at least 0.85x the peer's rate, in either mode; the ratio is the median of the rounds'.

    python benchmarks/realtime_fanout.py [rounds, default 20]
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

from shared.measure import verdict
from shared.realtime_served import NAMESPACE
from shared.realtime_serving import Server, cookies_of, serving
from shared.sockets import Counter, open_many

SOCKETS = 1000
EVENTS = 20
PEOPLE = 100
LEAST = 0.85
PEERS = {"plain": f"Flask-SocketIO {version('flask-socketio')}", "dovetail": "dovetail"}


async def rates(servers: dict[str, Server], rounds: int) -> dict[str, list[float]]:
    """Events that arrived, for each second of each round."""
    counters = {}
    for app, server in servers.items():
        counters[app] = Counter(b'"tick"')
        for each in await open_many(
            server.port, NAMESPACE, cookies_of(app, server, PEOPLE), SOCKETS
        ):
            each.count(counters[app])
    found: dict[str, list[float]] = {app: [] for app in servers}
    for turn in range(rounds + 1):
        for app, server in servers.items():
            counter = counters[app]
            counter.expect(SOCKETS * EVENTS)
            began = time.perf_counter()
            told = asyncio.create_task(asyncio.to_thread(server.tell, "/emit", count=EVENTS))
            await counter.reached(60)
            taken = time.perf_counter() - began
            await told
            if turn:  # the first is to warm up
                found[app].append(SOCKETS * EVENTS / taken)
            await asyncio.sleep(0.1)
    return found


def main(rounds: int) -> int:
    failed = []
    for mode in ("gevent", "threads"):
        with ExitStack() as stack:
            servers = {
                app: stack.enter_context(
                    serving(app, mode, Path(stack.enter_context(tempfile.TemporaryDirectory())))
                )
                for app in PEERS
            }
            found = asyncio.run(rates(servers, rounds))
        print(f"{EVENTS} events to {SOCKETS} sockets, {mode}, median of {rounds} rounds")
        for app, name in PEERS.items():
            ratio = statistics.median(
                ours / theirs for ours, theirs in zip(found[app], found["plain"], strict=True)
            )
            rate = statistics.median(found[app])
            print(f"  {name:24} {rate:9.0f} events/s   {ratio:.2f}x", flush=True)
        if ratio < LEAST:
            failed.append(f"{mode}: {ratio:.2f}x is less than {LEAST}x")
    return verdict(failed)


if __name__ == "__main__":
    raise SystemExit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 20))
