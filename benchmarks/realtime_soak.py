"""Nothing missed, nothing twice, in order: 500 clients through everything that goes wrong.

Two gunicorn processes of sockets on greenlets, one of requests that only sends, PostgreSQL, Valkey.
For some minutes 100 notifications a second are committed for 500 people. Meanwhile each client goes
every 20 s on average, mostly without a word, and comes back to either process with the last number
that it saw; every ten seconds a worker with sockets is killed (SIGKILL), the two in turn; every
half minute Valkey is killed, and started again two seconds later.

Claim: at the end every client has exactly the notifications that were committed for its person,
each once, in order. Exit 1 otherwise.

    python benchmarks/realtime_soak.py [minutes, default 3] [clients, default 500]
"""

from __future__ import annotations

import asyncio
import random
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

from shared.measure import verdict
from shared.realtime_served import person
from shared.realtime_serving import Server, serving
from shared.servers import migrated, postgres, running_valkey
from shared.sockets import Socket

PER_SECOND = 100
STAYS_SECONDS = 20
KILL_SECONDS = 10
OUTAGE_SECONDS = 30
AWAY_SECONDS = 2
SETTLE_SECONDS = 60


class Client:
    """Somebody who comes back, again and again."""

    def __init__(self, cookie: str, chosen: random.Random) -> None:
        self.seen: list[int] = []
        self.resets = 0
        self.connects = 0
        self._cookie = cookie
        self._chosen = chosen
        self._wanted = 0
        self._reached = asyncio.Event()

    async def run(self, ports: list[int], calm: asyncio.Event) -> None:
        """Until it is cancelled; once it is calm, it stays."""
        while True:
            try:
                socket = await Socket.open(
                    self._chosen.choice(ports),
                    "/notify",
                    cookie=self._cookie,
                    auth={"last": len(self.seen)},
                )
            except (OSError, asyncio.IncompleteReadError):
                await asyncio.sleep(self._chosen.uniform(0.1, 1.0))
                continue
            self.connects += 1
            stays = None if calm.is_set() else self._chosen.expovariate(1 / STAYS_SECONDS)
            with suppress(TimeoutError):
                await asyncio.wait_for(socket.listen(self._hear), stays)
            socket.close()

    async def has(self, count: int) -> None:
        """Until it has seen so many."""
        self._wanted = count
        self._reached.clear()
        if len(self.seen) < count:
            await self._reached.wait()

    def _hear(self, name: str, data: Any) -> None:
        if name == "noted":
            self.seen.append(data["seq"])
            if len(self.seen) >= self._wanted:
                self._reached.set()
        elif name == "dovetail:reset":
            self.resets += 1


class Faults:
    """What is done to the servers, and how often it was."""

    def __init__(self, sockets: list[Server], valkey: Any) -> None:
        self.done: Counter[str] = Counter()
        self._sockets = sockets
        self._valkey = valkey

    async def run(self) -> None:
        """Until it is cancelled, with all that it stopped started again."""
        second = 0
        while True:
            await asyncio.sleep(1)
            second += 1
            if second % KILL_SECONDS == 0:
                self._sockets[(second // KILL_SECONDS) % 2].kill_worker()
                self.done["workers killed"] += 1
            if second % OUTAGE_SECONDS == 0:
                self._valkey.stop()
                self.done["restarts of Valkey"] += 1
                try:
                    await asyncio.sleep(AWAY_SECONDS)
                finally:
                    self._valkey.start()


async def soak(
    minutes: float, clients: list[Client], web: Server, sockets: list[Server], valkey: Any
) -> tuple[dict[str, int], Counter[str], float]:
    """What was sent to each, what went wrong, and the seconds until all had it."""
    calm = asyncio.Event()
    ports = [server.port for server in sockets]
    tasks = [asyncio.create_task(client.run(ports, calm)) for client in clients]
    await asyncio.sleep(2)
    faults = Faults(sockets, valkey)
    troubling = asyncio.create_task(faults.run())
    sent = await asyncio.to_thread(
        web.tell, "/rate", per_second=PER_SECOND, seconds=minutes * 60, people=len(clients)
    )
    troubling.cancel()
    with suppress(asyncio.CancelledError):
        await troubling
    calm.set()
    ended = time.monotonic()
    for number, client in enumerate(clients):
        with suppress(TimeoutError):  # what is missing, the verdict says
            left = ended + SETTLE_SECONDS - time.monotonic()
            await asyncio.wait_for(client.has(sent.get(person(number), 0)), left)
    settled = time.monotonic() - ended
    await asyncio.sleep(1)  # in which nothing comes twice
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return sent, faults.done, settled


def wrongs(clients: list[Client], sent: dict[str, int]) -> list[str]:
    """Who has not exactly what they should have."""
    failed = []
    for number, client in enumerate(clients):
        due = list(range(1, sent.get(person(number), 0) + 1))
        if client.seen != due or client.resets:
            lost, more = len(set(due) - set(client.seen)), len(client.seen) - len(set(client.seen))
            failed.append(
                f"{person(number)}: {len(due)} were sent, {lost} are missing, {more} came twice, "
                f"{client.resets} resets"
            )
    return failed


def main(minutes: float, count: int) -> int:
    with ExitStack() as stack:
        url = migrated(stack.enter_context(postgres()))
        valkey = stack.enter_context(running_valkey())
        shared = {"DOVETAIL_DATABASE_URL": url, "DOVETAIL_VALKEY_URL": valkey.url}

        def serve(mode: str, **environment: str) -> Server:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            return stack.enter_context(serving("dovetail", mode, folder, **shared, **environment))

        web = serve("threads", DOVETAIL_REALTIME_SERVE="false")
        sockets = [serve("gevent", DOVETAIL_API_ORIGIN=web.origin) for _ in range(2)]
        clients = [
            Client(cookie, random.Random(number))
            for number, cookie in enumerate(web.sign_in(count))
        ]
        sent, done, settled = asyncio.run(soak(minutes, clients, web, sockets, valkey))
    connects = sum(client.connects for client in clients)
    print(f"{count} clients, {minutes:g} min, {sum(sent.values())} notifications")
    print(f"  {connects} connections, " + ", ".join(f"{n} {what}" for what, n in done.items()))
    print(f"  all there {settled:.1f} s after the last was sent", flush=True)
    return verdict(wrongs(clients, sent))


if __name__ == "__main__":
    given = [*sys.argv[1:], *("3", "500")[len(sys.argv) - 1 :]]
    raise SystemExit(main(float(given[0]), int(given[1])))
