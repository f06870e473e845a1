"""Bursts on the starter, one figure for each claim about many people at once.

The starter as `make run` serves it, on SQLite and on PostgreSQL (for the stopped store also with
Valkey); for each figure the server starts anew. Figures that compare are taken in rounds that
alternate, and are the median of them; a round that fails is not repeated. Exit 1 when a claim
fails.

Claims:
    at once       20, 60 and 200 signed-in reads over fresh connections all give 200, the slowest
                  within 4 times the slowest of as many strangers on the feed
    throughput    60 signed-in clients get at least 0.8 times what 60 strangers get, on the feed
    stopped       a store stopped for 20 s under 60 requests a second: none takes longer than 6 s,
                  none is answered by 500, no acknowledged write is lost, and no bad answer comes
                  later than 1 s after its return
    sign-ins      24 at once: at most 300 MiB more, `/healthz` within 100 ms throughout
    password      seven sign-ins 30 ms apart around a change of password: none of them that was
                  proved by the old password is alive afterwards

    python benchmarks/bursts.py [--figure "at once"] [--store sqlite] [--rounds 3] [--pool 5]
        [--strategy token]
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from shared.browser import Answer, Browser, CutError, HungError
from shared.crowd import CUT, HUNG, Account, Crowd, Outcome, Write, look, newest_post
from shared.faulting import STORES, addresses, stores
from shared.measure import verdict
from shared.starter import PASSWORD, Peaks, Starter, email, end_on_sigterm, list_of, machine

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from shared.faulting import Store

SIZES = (20, 60, 200)
PATHS = {"feed": "/api/posts", "notifications": "/api/notifications"}
PATIENCE_SECONDS = 45.0
MOST_TIMES_STRANGERS = 4.0
CLIENTS = 60
THROUGHPUT_SECONDS = 3.0
LEAST_THROUGHPUT = 0.8
STOPPED_SECONDS = 20.0
PER_SECOND = 60
WRITES = 0.1
AROUND_SECONDS = 3.0, 8.0
SLOWEST_SECONDS = 6.0
HEALED_SECONDS = 1.0
SIGN_INS = 24
MOST_MIB = 300
HEALTH_SECONDS = 0.1
RACES = 4
RACING = 7
APART_SECONDS = 0.03


class Site(NamedTuple):
    """A running starter, the stores that it uses, and people who are signed in."""

    name: str
    starter: Starter
    stores: list[Store]
    crowd: Crowd


class Report:
    """The figures, each printed beside its target as it comes."""

    def __init__(self) -> None:
        self.failed: list[str] = []
        self.tracebacks: Counter[str] = Counter()

    def tell(self, what: str, found: str, target: str, *, holds: bool) -> None:
        print(f"{what:48}{found:72}{target:32}{'ok' if holds else 'FAILED'}", flush=True)
        if not holds:
            self.failed.append(f"{what}: {found} (target: {target})")


class Burst(NamedTuple):
    statuses: Counter[str]
    slowest: float


async def timed(send: Callable[[], Awaitable[Answer]], kind: str = "") -> Outcome:
    began = time.monotonic()
    try:
        status = (await send()).status
    except HungError:
        status = HUNG
    except CutError:
        status = CUT
    return Outcome(kind, began, time.monotonic(), status)


async def burst(browsers: list[Browser], path: str) -> Burst:
    """One read by each browser at the same moment, over a fresh connection."""
    for browser in browsers:
        browser.close()
    outcomes = await asyncio.gather(
        *(timed(lambda browser=browser: browser.send("GET", path)) for browser in browsers)
    )
    for browser in browsers:
        browser.close()
    return Burst(
        Counter(name_of(outcome.status) for outcome in outcomes),
        max(outcome.ended - outcome.began for outcome in outcomes),
    )


def name_of(status: int) -> str:
    return {HUNG: "hung", CUT: "cut"}.get(status, str(status))


def shown(statuses: Counter[str]) -> str:
    return " ".join(f"{many}x{status}" for status, many in sorted(statuses.items()))


def windows(site: Site, count: int) -> list[Browser]:
    """Browsers of so many people who are signed in, as patient as a burst takes."""
    made = [member.browser.same_login() for member in site.crowd.members[:count]]
    for browser in made:
        browser.patience = PATIENCE_SECONDS
    return made


def strangers(site: Site, count: int) -> list[Browser]:
    return [Browser(site.starter.port, PATIENCE_SECONDS) for _ in range(count)]


# The figures


async def at_once(site: Site, report: Report, rounds: int) -> None:
    for size in SIZES:
        signed_in, others = windows(site, size), strangers(site, size)
        await burst(others, PATHS["feed"])  # threads are made, caches filled
        for name, path in PATHS.items():
            pairs = []
            for _ in range(rounds):
                theirs = await burst(others, PATHS["feed"])
                pairs.append((theirs.slowest, await burst(signed_in, path)))
                if pairs[-1][1].statuses != {"200": size}:
                    break
            base = statistics.median(pair[0] for pair in pairs)
            statuses = pairs[-1][1].statuses
            is_good = statuses == {"200": size}
            slowest = [pair[1].slowest for pair in pairs]
            ours = statistics.median(slowest) if is_good else slowest[-1]
            report.tell(
                f"{site.name}: {name}, {size} at once",
                f"{shown(statuses)}, {ours:.2f} s, strangers {base:.2f} s: {ours / base:.1f}x",
                f"{size}x200, at most {MOST_TIMES_STRANGERS:.0f}x",
                holds=is_good and ours <= MOST_TIMES_STRANGERS * base,
            )
            if not is_good:
                await asyncio.to_thread(site.starter.restart)


async def throughput(site: Site, report: Report, rounds: int) -> None:
    rates: dict[str, list[float]] = {"strangers": [], "signed in": []}
    statuses: Counter[str] = Counter()
    crowds = {"strangers": strangers(site, CLIENTS), "signed in": windows(site, CLIENTS)}
    await burst(crowds["strangers"], PATHS["feed"])
    for _ in range(rounds):
        for name, browsers in crowds.items():
            end = time.monotonic() + THROUGHPUT_SECONDS
            told = await asyncio.gather(*(read_until(browser, end) for browser in browsers))
            outcomes = [outcome for each in told for outcome in each]
            good = sum(one.status == 200 and one.ended <= end for one in outcomes)
            rates[name].append(good / THROUGHPUT_SECONDS)
            if name == "signed in":
                statuses.update(name_of(one.status) for one in outcomes)
        if set(statuses) != {"200"}:
            break
    base, ours = (statistics.median(rates[name]) for name in crowds)
    report.tell(
        f"{site.name}: feed, {CLIENTS} clients",
        f"{ours:.0f}/s ({shown(statuses)}), strangers {base:.0f}/s: {ours / base:.2f}x",
        f"at least {LEAST_THROUGHPUT}x",
        holds=ours >= LEAST_THROUGHPUT * base and set(statuses) == {"200"},
    )


async def read_until(browser: Browser, end: float) -> list[Outcome]:
    outcomes = []
    while time.monotonic() < end:
        outcomes.append(await timed(lambda: browser.send("GET", PATHS["feed"])))
    browser.close()
    return outcomes


async def stopped(site: Site, report: Report, _rounds: int) -> None:
    """Each request is due at its own moment, and timed from then, whatever became of the others."""
    for store in site.stores:
        fault = store.faults()[0]
        account = Account()
        async with Browser(site.starter.port) as reader:
            since = await newest_post(reader)
        before, after = AROUND_SECONDS
        sending = asyncio.create_task(
            send_steadily(site, account, before + STOPPED_SECONDS + after, f"{fault.name} {since}")
        )
        await asyncio.sleep(before)
        await asyncio.to_thread(fault.begin)
        await asyncio.sleep(STOPPED_SECONDS)
        await asyncio.to_thread(fault.end)
        returned = time.monotonic()
        await sending
        outcomes = account.outcomes
        statuses = Counter(name_of(one.status) for one in outcomes)
        slowest = max(one.ended - one.began for one in outcomes)
        healed = max([one.ended - returned for one in outcomes if one.is_bad], default=0.0)
        if healed > after:  # it may not heal at all while it is asked
            await asyncio.to_thread(site.starter.restart)
        lost = (await look(account, site.crowd, since)).lost
        report.tell(
            f"{site.name}: {fault.name} {STOPPED_SECONDS:.0f} s",
            f"{shown(statuses)}, slowest {slowest:.1f} s,"
            f" healed {max(healed, 0.0):.1f} s, lost {lost}",
            f"{SLOWEST_SECONDS:.0f} s, {HEALED_SECONDS:.0f} s, 0 lost, no 500",
            holds=slowest <= SLOWEST_SECONDS
            and healed <= HEALED_SECONDS
            and lost == 0
            and not {"500", "hung", "cut"} & set(statuses),
        )


async def send_steadily(site: Site, account: Account, seconds: float, seed: str) -> None:
    """Mostly signed-in reads, one post in ten requests; a connection more where all are taken."""
    luck = random.Random(seed)
    idle = windows(site, CLIENTS)

    async def one(due: float, path: str, text: str | None) -> None:
        browser = idle.pop() if idle else windows(site, 1)[0]
        method, body = ("GET", None) if text is None else ("POST", {"title": text, "body": text})
        outcome = await timed(lambda: browser.send(method, path, body))
        account.outcomes.append(Outcome(path, due, outcome.ended, outcome.status))
        if text is not None and outcome.status == 201:
            account.acknowledged.append(Write("posts", text))
        idle.append(browser)

    async with asyncio.TaskGroup() as group:
        began = time.monotonic()
        for number in range(int(seconds * PER_SECOND)):
            due = began + number / PER_SECOND
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            if luck.random() < WRITES:
                group.create_task(one(due, PATHS["feed"], f"{seed} {number}"))
            else:
                group.create_task(one(due, luck.choice([*PATHS.values()]), None))
    for browser in idle:
        browser.close()


async def sign_ins(site: Site, report: Report, rounds: int) -> None:
    more, health, alone = [], [], []
    statuses: Counter[str] = Counter()
    for _ in range(rounds):
        await asyncio.to_thread(site.starter.restart)
        async with Browser(site.starter.port) as first:
            assert (await first.sign_in(email(0), PASSWORD)).status == 200
        alone.append(max(await watch_health(site, asyncio.create_task(asyncio.sleep(1)))))
        peaks, before = Peaks(), Peaks()
        before.look(site.starter.worker())
        browsers = strangers(site, SIGN_INS)
        for browser in browsers:
            await browser.send("GET", "/api/csrf-token")
        signing_in = asyncio.gather(
            *(
                timed(lambda browser=browser, n=n: browser.sign_in(email(n), PASSWORD))
                for n, browser in enumerate(browsers)
            )
        )
        health.append(max(await watch_health(site, signing_in, peaks)))
        statuses.update(name_of(outcome.status) for outcome in await signing_in)
        more.append((peaks.memory - before.memory) / 2**20)
        for browser in browsers:
            browser.close()
    memory, wait = statistics.median(more), statistics.median(health)
    report.tell(
        f"{site.name}: {SIGN_INS} sign-ins at once, {rounds} rounds",
        f"+{memory:.0f} MiB, /healthz {wait * 1000:.0f} ms (alone"
        f" {statistics.median(alone) * 1000:.0f} ms), {shown(statuses)}",
        f"+{MOST_MIB} MiB, {HEALTH_SECONDS * 1000:.0f} ms",
        holds=memory <= MOST_MIB
        and wait <= HEALTH_SECONDS
        and set(statuses) <= {"200", "503", "429"},
    )


async def watch_health(
    site: Site, until: asyncio.Future[object], peaks: Peaks | None = None
) -> list[float]:
    """Seconds that each read of `/healthz` took, one after the other, until that is done."""
    took = []
    async with Browser(site.starter.port, PATIENCE_SECONDS) as browser:
        await browser.send("GET", "/healthz")
        while not until.done():
            outcome = await timed(lambda: browser.send("GET", "/healthz"))
            took.append(outcome.ended - outcome.began)
            if peaks:
                peaks.look(site.starter.worker())
            await asyncio.sleep(0.005)
    return took


async def password(site: Site, report: Report, _rounds: int) -> None:
    alive, proved = [], []
    for turn in range(RACES):
        who = email(len(site.crowd.people) + turn)  # nobody else's account
        changing = Browser(site.starter.port)
        assert (await changing.sign_in(who, PASSWORD)).status == 200
        racers = strangers(site, RACING)
        for racer in racers:
            await racer.send("GET", "/api/csrf-token")

        async def change(browser: Browser = changing) -> None:
            await asyncio.sleep((RACING - 1) / 2 * APART_SECONDS)
            answer = await browser.send("PUT", "/api/password", {"password": f"new {PASSWORD}"})
            assert answer.status == 204, answer.body

        async def sign_in(number: int, racer: Browser, who: str = who) -> bool:
            await asyncio.sleep(number * APART_SECONDS)
            return (await racer.sign_in(who, PASSWORD)).status == 200

        outcomes = await asyncio.gather(
            *(sign_in(number, racer) for number, racer in enumerate(racers)), change()
        )
        begun = [racer for racer, is_in in zip(racers, outcomes, strict=False) if is_in]
        proved.append(len(begun))
        alive.append([(await racer.send("GET", "/api/me")).status for racer in begun].count(200))
        for browser in (changing, *racers):
            browser.close()
    report.tell(
        f"{site.name}: password changed under {RACING} sign-ins",
        f"alive afterwards {alive}, of {proved} that were let in",
        "none",
        holds=not any(alive),
    )


FIGURES = {
    "at once": at_once,
    "throughput": throughput,
    "stopped": stopped,
    "sign-ins": sign_ins,
    "password": password,
}
WITH_VALKEY = ("stopped", "password")


async def measure(store: str, report: Report, options: argparse.Namespace) -> None:
    """All figures of one set-up."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="dt-bursts-")))
        used = stack.enter_context(stores(store, folder))
        starter = Starter(folder, addresses(used), strategy=options.strategy, pool=options.pool)
        people = 250 if "at once" in options.figure else 80  # a fifth is not signed in
        await asyncio.to_thread(starter.prepare, people + RACES)
        crowd = Crowd(starter.port, people, options.strategy)
        site = Site(STORES[store], starter, used, crowd)
        has_signed_in = False
        for figure in options.figure:
            if store == "valkey" and figure not in WITH_VALKEY:
                continue
            with starter.running():
                if not has_signed_in:
                    await crowd.sign_in()
                    has_signed_in = True
                await FIGURES[figure](site, report, options.rounds)
                report.tracebacks += starter.tracebacks()
            if options.logs:
                starter.keep_log(options.logs, f"{store}-{figure}")


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--figure", action="append", choices=FIGURES)
    parser.add_argument("--store", action="append", choices=STORES)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--pool", type=int, help="connections of the app's pool")
    parser.add_argument("--logs", type=Path, help="a folder that keeps the server's logs")
    parser.add_argument("--strategy", choices=("session", "token"), default="session")
    options = parser.parse_args(arguments)
    options.figure = options.figure or list(FIGURES)
    options.store = options.store or list(STORES)
    return options


def main(arguments: list[str]) -> int:
    options, report = parse(arguments), Report()
    end_on_sigterm()
    began = time.monotonic()
    print(machine())
    for store in options.store:
        asyncio.run(measure(store, report, options))
    print(f"in {time.monotonic() - began:.0f} s, {machine()}")
    print(list_of(report.tracebacks))
    return verdict(report.failed)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
