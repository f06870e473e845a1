"""A race for refresh families: many presenters bring tokens at once, round after round.

Presenters are threads, in this process or in processes of their own (this module), whose clocks
differ by up to 30 s. In each round one of them at least brings the current token of every family,
the others bring it too, or one of up to three rounds ago. What they get is checked in each round;
`Race.run` counts what must never happen. `benchmarks/refresh_race.py` runs it at full size.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any, Self

from flask_dovetail.auth.logins.sql import SqlLogins
from flask_dovetail.auth.logins.store import Logins
from flask_dovetail.auth.logins.valkey import ValkeyLogins
from flask_dovetail.auth.tokens.refresh.families import Ended, Families, Refreshed, Reused
from flask_dovetail.auth.tokens.refresh.rules import parse
from flask_dovetail.core.identity import Login
from support.paths import TESTS

KEYS = (b"a key for races", b"its fallback")
DAY = 86400
LATEST = 3  # rounds that a presenter may be late
CLOCKS = 30  # seconds between the earliest and the latest


@dataclass
class Counts:
    """The counts of a race. All but the first three must be 0."""

    answers: int = 0
    rotations: int = 0
    lost_swaps: int = 0
    logouts: int = 0
    forks: int = 0
    survivors: int = 0

    def fair(self) -> bool:
        return self.logouts == self.forks == self.survivors == 0

    def add(self, other: Counts) -> None:
        for name, value in asdict(other).items():
            setattr(self, name, getattr(self, name) + value)


class Counting:
    """A store that counts the swaps that were won and lost."""

    def __init__(self, logins: Any) -> None:
        self._logins = logins
        self._lock = threading.Lock()
        self.won = self.lost = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._logins, name)

    def advance(self, *args: Any, **kwargs: Any) -> bool:
        won = bool(self._logins.advance(*args, **kwargs))
        with self._lock:
            self.won += won
            self.lost += not won
        return won


def open_store(kind: str, url: str) -> Logins:
    """A plain engine, as an application may have one: no WAL, no timeout but the driver's 5 s."""
    limits = {"idle_seconds": DAY, "refresh_idle_seconds": DAY}
    if kind == "valkey":
        from valkey import Valkey

        client = Valkey.from_url(url)
        return ValkeyLogins(lambda: client, **limits)
    from sqlalchemy import create_engine

    engine = create_engine(url)
    return SqlLogins(lambda: engine, **limits)


class Presenters:
    """Threads that present tokens at the same time, on one store.

    `clocks` is by how much their clocks are off, in seconds: one each.
    """

    def __init__(self, logins: Any, clocks: Sequence[float]) -> None:
        self._store = Counting(logins)
        self._clocks = clocks

    def present(self, tokens: list[list[str]], grace_seconds: int) -> dict[str, Any]:
        """Return what each thread got for its tokens, in order: a token, "ended" or "reused"."""
        won, lost = self._store.won, self._store.lost
        families = Families(
            lambda: self._store,  # type: ignore[arg-type, return-value]
            keys=KEYS,
            grace_seconds=grace_seconds,
            idle_seconds=DAY,
        )
        ready = threading.Barrier(len(tokens))

        def run(mine: list[str], clock: float) -> list[str]:
            ready.wait()
            return [_outcome(families, token, clock) for token in mine]

        with ThreadPoolExecutor(len(tokens)) as pool:
            outcomes = list(pool.map(run, tokens, self._clocks))
        return {
            "outcomes": outcomes,
            "won": self._store.won - won,
            "lost": self._store.lost - lost,
        }


def _outcome(families: Families, text: str, clock: float) -> str:
    token = parse(text)
    assert token is not None
    outcome = families.refresh(token, now=int(time.time() + clock))
    if isinstance(outcome, Refreshed):
        return outcome.token.text()
    assert isinstance(outcome, (Ended, Reused))
    return type(outcome).__name__.lower()


class Worker:
    """Presenters in another process."""

    def __init__(self, kind: str, url: str, clocks: Sequence[float]) -> None:
        order = json.dumps({"kind": kind, "url": url, "clocks": clocks})
        self._process = subprocess.Popen(
            [sys.executable, "-m", "support.refresh_race", order],
            cwd=TESTS,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def send(self, tokens: list[list[str]], grace_seconds: int) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps([tokens, grace_seconds]) + "\n")
        self._process.stdin.flush()

    def answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "a worker has died: see its traceback"
        answer: dict[str, Any] = json.loads(line)
        return answer

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(30)
        self._process.stdout.close()


class Race:
    """Presenters at one store.

    Args:
        kind, url: of the store; SQL tables are there already.
        presenters: how many, spread evenly over `processes`; 0 are threads of this process.
        wrap: what the presenters of this process see in place of the store.
    """

    def __init__(
        self, kind: str, url: str, *, presenters: int = 8, processes: int = 0, wrap: Any = None
    ) -> None:
        self._logins = open_store(kind, url)
        self._presenters = presenters
        spread = [CLOCKS * (i / (presenters - 1) - 0.5) for i in range(presenters)]
        share = presenters // (processes or 1)
        groups = [spread[i : i + share] for i in range(0, presenters, share)]
        self._share = share
        seen = wrap(self._logins) if wrap else self._logins
        self._here = None if processes else Presenters(seen, spread)
        self._workers = [Worker(kind, url, group) for group in groups] if processes else []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            worker.close()
        if isinstance(self._logins, SqlLogins):
            self._logins._bound().dispose()

    def run(
        self, *, families: int, rounds: int, at_once: int = 20, window: int = 10, seed: int = 0
    ) -> Counts:
        """Race, `at_once` families at a time; then bring back what was replaced."""
        counts, replaced = Counts(), []
        chance = random.Random(seed)
        for start in range(0, families, at_once):
            one = self._rounds(min(at_once, families - start), rounds, chance, counts)
            replaced += [(chance.choice(chain[:-1]), chain[-1]) for chain in one]
        time.sleep(window + 0.1)
        self._replay(replaced, window, counts)
        return counts

    def _rounds(
        self, families: int, rounds: int, chance: random.Random, counts: Counts
    ) -> list[list[str]]:
        begun = Families(lambda: self._logins, keys=KEYS, grace_seconds=10, idle_seconds=DAY)
        chains = [[begun.begin(_login()).text()] for _ in range(families)]
        for _ in range(rounds):
            sent = [
                [
                    chain[-1] if not presenter or chance.random() < 0.6 else _late(chain, chance)
                    for chain in chains
                ]
                for presenter in range(self._presenters)
            ]
            got, won, lost = self._present(sent, 10)
            counts.lost_swaps += lost
            for number, chain in enumerate(chains):
                answers = [outcomes[number] for outcomes in got]
                counts.answers += len(answers)
                counts.logouts += sum(answer in ("ended", "reused") for answer in answers)
                # The late ones may have come before the swap, and have got the current token.
                successors = set(answers) - {"ended", "reused", chain[-1]}
                counts.forks += len(successors) != 1
                counts.forks += any(
                    outcomes[number] == tokens[number]
                    for outcomes, tokens in zip(got, sent, strict=True)
                )
                chain.append(successors.pop() if successors else chain[-1])
            counts.rotations += won
            counts.forks += won != families  # one swap each, and no more
        return chains

    def _replay(self, replaced: list[tuple[str, str]], window: int, counts: Counts) -> None:
        """All bring the old tokens, then the current ones: one ends each family, for good."""
        olds = [old for old, _ in replaced]
        got, _, _ = self._present([olds] * self._presenters, window)
        for number in range(len(olds)):
            answers = [outcomes[number] for outcomes in got]
            counts.survivors += sorted(answers) != ["ended"] * (self._presenters - 1) + ["reused"]
        got, _, _ = self._present([[new for _, new in replaced]] * self._presenters, window)
        counts.survivors += sum(outcome != "ended" for outcomes in got for outcome in outcomes)

    def _present(
        self, tokens: list[list[str]], grace_seconds: int
    ) -> tuple[list[list[str]], int, int]:
        if self._here is not None:
            answers = [self._here.present(tokens, grace_seconds)]
        else:
            for number, worker in enumerate(self._workers):
                mine = tokens[number * self._share : (number + 1) * self._share]
                worker.send(mine, grace_seconds)
            answers = [worker.answer() for worker in self._workers]
        got = [outcomes for answer in answers for outcomes in answer["outcomes"]]
        return got, sum(each["won"] for each in answers), sum(each["lost"] for each in answers)


def _late(chain: list[str], chance: random.Random) -> str:
    return chain[-1 - min(chance.randint(1, LATEST), len(chain) - 1)]


def _login() -> Login:
    now = int(time.time())
    return Login(str(uuid.uuid4()), "ada", now, now, now + 14 * DAY, "", "", "token")


def main() -> None:
    order = json.loads(sys.argv[1])
    presenters = Presenters(open_store(order["kind"], order["url"]), order["clocks"])
    for line in sys.stdin:
        tokens, grace_seconds = json.loads(line)
        sys.stdout.write(json.dumps(presenters.present(tokens, grace_seconds)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
