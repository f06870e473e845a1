"""Nobody is logged out by a race: 200 families, 8 presenters at once, round after round.

On SQLite, PostgreSQL and Valkey, with the presenters as threads of one process and as processes,
their clocks up to 30 s apart, with the default window of 10 s. In each round every family's current
token is brought by one presenter at least; the others bring it too, or one that was replaced up to
three rounds ago. SQLite is as an application may have it: a plain engine, no WAL.

Claims, per store: nobody is logged out; every generation is replaced once, by one successor that
all are given; and what is brought back after the window ends its family, by exactly one of those
who bring it, for good. Exit 1 when one of them fails.

    python benchmarks/refresh_race.py [rounds, default 20]
"""

from __future__ import annotations

import sys
import tempfile
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

from shared import servers
from sqlalchemy import create_engine

from flask_dovetail.database import upgrade
from support.refresh_race import Counts, Race

if TYPE_CHECKING:
    from collections.abc import Iterator

FAMILIES = 200
PRESENTERS = 8
WAYS = {"threads": 0, "processes": PRESENTERS}


def stores(stack: ExitStack) -> Iterator[tuple[str, str]]:
    folder = stack.enter_context(tempfile.TemporaryDirectory())
    yield "sqlite", f"sqlite:///{folder}/logins.sqlite3"
    yield "postgresql", stack.enter_context(servers.postgres()).create_database()
    yield "valkey", stack.enter_context(servers.valkey())


def holds(counts: Counts, rounds: int) -> bool:
    return counts.fair() and counts.rotations == FAMILIES * rounds


def main() -> int:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    print(f"{FAMILIES} families, {PRESENTERS} presenters, {rounds} rounds\n")
    print(
        f"{'store':<11}{'presenters':<12}{'answers':>9}{'rotations':>11}{'lost swaps':>12}"
        f"{'logouts':>9}{'forks':>7}{'replays that did not revoke':>29}{'seconds':>9}"
    )
    failed = False
    with ExitStack() as stack:
        for kind, url in stores(stack):
            if kind != "valkey":
                engine = create_engine(url)
                upgrade(engine)
                engine.dispose()
            for way, processes in WAYS.items():
                with Race(kind, url, presenters=PRESENTERS, processes=processes) as race:
                    began = time.monotonic()
                    counts = race.run(families=FAMILIES, rounds=rounds)
                    seconds = time.monotonic() - began
                failed |= not holds(counts, rounds)
                print(
                    f"{kind:<11}{way:<12}{counts.answers:>9}{counts.rotations:>11}"
                    f"{counts.lost_swaps:>12}{counts.logouts:>9}{counts.forks:>7}"
                    f"{counts.survivors:>29}{seconds:>9.0f}",
                    flush=True,
                )
    print("\nA claim has failed." if failed else "\nAll claims hold.")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
