"""What idle sockets cost a process: Dovetail beside plain Flask-SocketIO, the same way.

gunicorn with one worker, on greenlets (2,000 sockets) and with threads (200); all sockets in a
namespace, and left alone long enough to be pinged. Memory is the worker's proportional set size, so
that what its master has made before the fork counts half. Nobody's client is in that process.

Claims: with 2,000 sockets on greenlets, all of Dovetail's process is at most 250 MiB, and a socket
takes less than the peer's. With threads there is none: on SQLite, each thread that has asked the
store of logins keeps a connection to it.

    python benchmarks/realtime_memory.py [seconds of idleness, default 30]
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from shared.measure import verdict
from shared.realtime_served import NAMESPACE
from shared.realtime_serving import Server, cookies_of, serving
from shared.sockets import Counter, open_many

MIB = 1024 * 1024
MOST_MIB = 250
PEOPLE = 100
PEERS = {"dovetail": "dovetail", "plain": f"Flask-SocketIO {version('flask-socketio')}"}


class Cost(NamedTuple):
    """Bytes of the process, and what it used of a core in that time, 1 being all of it."""

    before: int
    after: int
    cpu: float


async def idle(server: Server, cookies: list[str], count: int, seconds: float) -> Cost:
    before = server.memory()
    sockets = await open_many(server.port, NAMESPACE, cookies, count)
    counter = Counter(b"tick")
    for each in sockets:
        each.count(counter)
    used = server.cpu_seconds()
    await asyncio.sleep(seconds)
    cpu = (server.cpu_seconds() - used) / seconds
    after = server.memory()
    counter.expect(count)
    await asyncio.to_thread(server.tell, "/emit", count=1)
    await counter.reached(30)  # all of them were there to the end
    for each in sockets:
        each.close()
    return Cost(before, after, cpu)


def main(seconds: float) -> int:
    costs: dict[tuple[str, str], Cost] = {}
    for mode, count in (("gevent", 2000), ("threads", 200)):
        print(f"{count} idle sockets, {mode}, {seconds:.0f} s")
        for app, name in PEERS.items():
            with (
                tempfile.TemporaryDirectory() as folder,
                serving(app, mode, Path(folder)) as server,
            ):
                cookies = cookies_of(app, server, PEOPLE)
                cost = asyncio.run(idle(server, cookies, count, seconds))
            costs[mode, app] = cost
            each = (cost.after - cost.before) / count / 1024
            print(
                f"  {name:24} {cost.after / MIB:6.1f} MiB, {cost.before / MIB:5.1f} of them before"
                f"   {each:6.1f} KiB a socket   {cost.cpu:5.1%} of a core",
                flush=True,
            )
    whole = costs["gevent", "dovetail"].after / MIB
    failed = [] if whole <= MOST_MIB else [f"{whole:.0f} MiB are more than {MOST_MIB}"]
    ours, theirs = costs["gevent", "dovetail"], costs["gevent", "plain"]
    if ours.after - ours.before >= theirs.after - theirs.before:
        failed.append("a socket takes more than the peer's")
    return verdict(failed)


if __name__ == "__main__":
    raise SystemExit(main(float(sys.argv[1]) if len(sys.argv) > 1 else 30))
