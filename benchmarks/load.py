"""Mixed traffic on the starter while its stores and its processes fail: nothing lost, nobody out.

The starter as `make run` serves it, on SQLite, PostgreSQL, and PostgreSQL with Valkey, each with
people who read, write, like, upload and sign in, one request a second for every one of 40 and half
a one for each of 200. Each row of the table is a server that starts anew on the same data, two
seconds of traffic, a fault of some seconds, and traffic until all is well again. Then every write
that was acknowledged is looked for, and every login is tried. Exit 1 when a claim fails.

Claims, in every row: no acknowledged write is lost or doubled, no login is lost or lives on after
signing out, no answer of 500, none of 4xx (nothing that is sent deserves one), no request longer
than ten seconds, and all is well again before the row ends. Without a fault: no answer but good
ones.

    python benchmarks/load.py [--quick] [--store sqlite] [--fault "database killed"] [--people 40]
        [--strategy token] [--seed 7] [--logs FOLDER]
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from shared.browser import Browser
from shared.crowd import CUT, HUNG, Account, Crowd, Found, look, newest_post
from shared.faulting import STORES, Fault, addresses, stores
from shared.measure import verdict
from shared.starter import Peaks, Starter, end_on_sigterm, list_of, machine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shared.faulting import Store

PAUSES = {40: 1.0, 200: 2.0}
BEFORE_SECONDS = 1.5
WELL_SECONDS = 2.0
"""So long has to go by without a bad answer."""
PATIENCE_SECONDS = 14.0
"""For all to be well again; longer than any request may take."""
FEW_FAULTS = ("none", "locked", "database stopped")
"""Those of 200 people, and of `--quick`."""


@dataclass(frozen=True)
class Row:
    """What one fault did, in seconds from its end where times are meant."""

    store: str
    people: int
    fault: str
    account: Account
    found: Found
    away: float
    """From the beginning of the fault to its end."""
    first_good: float | None
    well: float | None
    """When the last bad answer came; None: they never ended."""
    peaks: Peaks
    log_bytes: int
    tracebacks: Counter[str]
    client_share: float

    def count(self, low: int, high: int) -> int:
        return sum(low <= outcome.status <= high for outcome in self.account.outcomes)

    @property
    def slowest(self) -> float:
        return max(outcome.ended - outcome.began for outcome in self.account.outcomes)

    def failed(self) -> Iterator[str]:
        """Its claims that do not hold."""
        found = self.found
        must_be_zero = {
            "acknowledged writes lost": found.lost,
            "writes doubled": found.doubled,
            "logins lost": found.logins_lost,
            "logins alive after signing out": found.logins_undead,
            "answers of 4xx": self.count(400, 499),
            "answers of 500": self.count(500, 500),
            "hung requests": self.count(HUNG, HUNG),
        }
        if self.fault == "none":
            must_be_zero["answers of 503"] = self.count(503, 503)
            must_be_zero["connections cut"] = self.count(CUT, CUT)
        for what, many in must_be_zero.items():
            if many:
                yield f"{self.title}: {many} {what}"
        if self.well is None:
            yield f"{self.title}: not well {PATIENCE_SECONDS:.0f} s after the fault"

    @property
    def title(self) -> str:
        return f"{STORES[self.store]}, {self.people} people, {self.fault}"


HEAD = (
    f"{'':20}{'people':>6}  {'fault':<18}{'asked':>6}{'4xx':>5}{'500':>5}{'503':>6}{'cut':>5}"
    f"{'hung':>5}{'slowest':>8}{'away':>7}{'first':>7}{'well':>7}{'acked':>6}{'lost':>5}{'dup':>4}{'unw':>4}"
    f"{'logins':>7}{'lost':>5}{'undead':>7}{'MiB':>5}{'fds':>5}{'thr':>4}{'log kB':>7}{'trc':>5}"
    f"{'client':>7}"
)


def show(row: Row) -> str:
    account, found, peaks = row.account, row.found, row.peaks
    first, well = (
        f"{seconds:.1f} s" if seconds is not None else "never"
        for seconds in (row.first_good, row.well)
    )
    return (
        f"{STORES[row.store]:20}{row.people:6}  {row.fault:<18}{len(account.outcomes):6}"
        f"{row.count(400, 499):5}{row.count(500, 500):5}{row.count(501, 599):6}"
        f"{row.count(CUT, CUT):5}{row.count(HUNG, HUNG):5}{row.slowest:6.1f} s{row.away:5.1f} s"
        f"{first:>7}{well:>7}"
        f"{len(account.acknowledged):6}{found.lost:5}{found.doubled:4}{found.unwanted:4}"
        f"{len(account.logins):7}{found.logins_lost:5}{found.logins_undead:7}"
        f"{peaks.memory / 2**20:5.0f}{peaks.descriptors:5}{peaks.threads:4}"
        f"{row.log_bytes / 1000:7.0f}{sum(row.tracebacks.values()):5}{row.client_share:7.0%}"
    )


async def play(
    store: str, starter: Starter, fault: Fault, crowd: Crowd, options: argparse.Namespace
) -> Row:
    """Play one row on a server that runs."""
    account, peaks, stop = Account(), Peaks(), asyncio.Event()
    people = len(crowd.people)
    async with Browser(starter.port) as reader:
        since = await newest_post(reader)
    began, used = time.monotonic(), time.process_time()
    looking = asyncio.create_task(_look(starter, peaks))
    seed = f"{options.seed} {store} {people} {fault.name}"
    pause = PAUSES.get(people, people / 60)
    living = asyncio.create_task(crowd.live(account, seed, pause, stop))
    await asyncio.sleep(BEFORE_SECONDS)
    fault_began = time.monotonic()
    await asyncio.to_thread(fault.begin)
    try:
        await asyncio.sleep(fault.seconds)
    finally:
        await asyncio.to_thread(fault.end)
    mended = time.monotonic()
    well = await _well_after(account, mended)
    stop.set()
    await living
    share = (time.process_time() - used) / (time.monotonic() - began)
    looking.cancel()
    if well is None:  # what was written can be looked for on a server that is well
        await asyncio.to_thread(starter.restart)
    good = [one.ended for one in account.outcomes if one.ended > mended and not one.is_bad]
    return Row(
        store,
        people,
        fault.name,
        account,
        await look(account, crowd, since),
        away=mended - fault_began,
        first_good=min(good) - mended if good else None,
        well=well,
        peaks=peaks,
        log_bytes=starter.log.stat().st_size,
        tracebacks=starter.tracebacks(),
        client_share=share,
    )


async def _well_after(account: Account, mended: float) -> float | None:
    """Wait until no bad answer has come for a while. When the last one came; None: they go on."""
    while True:
        await asyncio.sleep(0.2)
        now = time.monotonic()
        bad = [one.ended for one in account.outcomes if one.is_bad and one.ended > mended]
        last = max(bad, default=mended)
        is_answering = any(
            one.ended > max(last, now - WELL_SECONDS) and not one.is_bad
            for one in account.outcomes[-50:]
        )
        if is_answering and now - last >= WELL_SECONDS:
            return last - mended
        if now - mended > PATIENCE_SECONDS:
            return None


async def _look(starter: Starter, peaks: Peaks) -> None:
    while True:
        peaks.look(starter.worker())
        await asyncio.sleep(0.1)


def nothing() -> None:
    """No fault."""


def faults_of(starter: Starter, used: list[Store]) -> list[Fault]:
    """All that can be played on this set-up."""
    return [
        Fault("none", nothing, nothing),
        *(fault for store in used for fault in store.faults()),
        Fault("worker killed", starter.kill_worker, starter.wait, seconds=0.1),
        Fault("server restarted", starter.stop, starter.start, seconds=0),
    ]


async def rows_of(store: str, options: argparse.Namespace) -> list[Row]:
    """Every row of one set-up, printed as it comes."""
    rows = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="dt-load-")))
        used = stack.enter_context(stores(store, folder))
        for each in used:
            if each.line is not None:
                await each.line.serve()
        starter = Starter(folder, addresses(used), strategy=options.strategy)
        await asyncio.to_thread(starter.prepare, max(options.people))
        for people in options.people:
            crowd = Crowd(starter.port, people, options.strategy)
            has_signed_in = False
            for fault in faults_of(starter, used):
                if not _is_chosen(fault.name, people, options):
                    continue
                with starter.running(**addresses(used, is_slow=fault.is_slow)):
                    if not has_signed_in:
                        await crowd.sign_in()
                        has_signed_in = True
                    await crowd.renew()
                    row = await play(store, starter, fault, crowd, options)
                print(show(row), flush=True)
                rows.append(row)
                if options.logs:
                    starter.keep_log(options.logs, f"{store}-{people}-{fault.name}")
    return rows


def _is_chosen(fault: str, people: int, options: argparse.Namespace) -> bool:
    if options.fault:
        return fault in options.fault
    return (people == options.people[0] and not options.quick) or fault in FEW_FAULTS


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="few faults, one minute")
    parser.add_argument("--store", action="append", choices=STORES)
    parser.add_argument("--fault", action="append", help="such as none or 'database killed'")
    parser.add_argument("--people", action="append", type=int)
    parser.add_argument("--strategy", choices=("session", "token"), default="session")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--logs", type=Path, help="a folder that keeps the server's logs")
    options = parser.parse_args(arguments)
    options.store = options.store or list(STORES)
    options.people = options.people or ([40] if options.quick else [40, 200])
    return options


def main(arguments: list[str]) -> int:
    options = parse(arguments)
    end_on_sigterm()
    began = time.monotonic()
    print(machine())
    print(HEAD, flush=True)
    rows = [row for store in options.store for row in asyncio.run(rows_of(store, options))]
    print(f"{len(rows)} rows in {time.monotonic() - began:.0f} s, seed {options.seed}, {machine()}")
    print(list_of(sum((row.tracebacks for row in rows), Counter[str]())))
    return verdict([line for row in rows for line in row.failed()])


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
