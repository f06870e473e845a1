"""Small reads while others upload: gunicorn as the starter has it, one process.

200 guarded reads a second, each due at its own moment and timed from then, so that a server that
stalls does not stop the clock; alone, and while 20 people upload, each a part after the other, as
fast as the machine can. Sender and reader are processes of their own. The sender, which would be on
other machines, has the lowest priority, and takes what time the server and the reader leave.

Claim: the reads' 99th percentile beside the uploads is at most twice what it is alone (median of
the rounds). Exit 1 when it fails.

    python benchmarks/upload_beside_api.py [rounds, default 5]
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

from shared.measure import verdict
from shared.serving import served
from shared.uploads import MIB, Person, sending

UPLOADS = 20
SIZE = 512 * MIB
PER_SECOND = 200
SECONDS = 10
MOST = 2.0


def percentile(took: list[float], percent: int) -> float:
    return statistics.quantiles(took, n=100)[percent - 1]


def beside(person: Person) -> tuple[list[float], float]:
    """The reads, and the MiB that arrived in each second of them."""
    tickets = [person.announce(SIZE) for _ in range(UPLOADS)]
    with sending(person.server, tickets) as process:
        while not person.arrived(tickets):
            time.sleep(0.05)
        before, began = person.arrived(tickets), time.perf_counter()
        took = person.read("/thing", per_second=PER_SECOND, seconds=SECONDS)
        rate = (person.arrived(tickets) - before) / MIB / (time.perf_counter() - began)
        assert process.poll() is None, "the uploads ended before the reads did: make SIZE larger"
    for ticket in tickets:
        person.delete(f"/files/upload/{ticket['key']}")
    return took, rate


def main(rounds: int) -> int:
    ratios = []
    print(f"{PER_SECOND} reads a second, {SECONDS} s; {UPLOADS} uploads at once")
    with (
        tempfile.TemporaryDirectory() as folder,
        served(Path(folder)) as server,
        Person(server) as person,
    ):
        person.upload(24 * MIB)
        person.read("/thing", per_second=PER_SECOND, seconds=1)
        for _ in range(rounds):
            alone = person.read("/thing", per_second=PER_SECOND, seconds=SECONDS)
            others, rate = beside(person)
            ratios.append(percentile(others, 99) / percentile(alone, 99))
            for name, took in (("alone", alone), ("beside uploads", others)):
                p50, p99 = percentile(took, 50), percentile(took, 99)
                print(f"  {name:16} p50 {p50:6.1f} ms   p99 {p99:6.1f} ms", end="   ")
                print(f"{ratios[-1]:.2f}x, {rate:.0f} MiB/s" if took is others else "", flush=True)
    ratio = statistics.median(ratios)
    print(f"  p99, median of {rounds} rounds: {ratio:.2f}x")
    return verdict([f"p99 is {ratio:.2f}x, more than {MOST:.0f}x"] if ratio > MOST else [])


if __name__ == "__main__":
    raise SystemExit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 5))
