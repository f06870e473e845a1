"""Whether stores of logins stay small: people who keep signing in, and never sign out.

A thousand people sign in ten times a second, by a clock that is moved by hand; sessions end after
an hour without a request. Rows are swept as beside requests (every ten minutes, batch by batch).
In Valkey keys expire by themselves, and entries of indexes are dropped by the sign-ins that follow.
What is kept is counted after each simulated minute. Exit 1 when a claim fails.

Claim: at every moment, at most twice as many rows, or entries, as there are live logins.

    python benchmarks/sweep_growth.py [sign_ins]
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

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

from support.growth import Store, grow, in_sql, in_valkey

PEOPLE = 1000
PER_SECOND = 10
MOST = 2.0


def stores(stack: ExitStack) -> Iterator[tuple[str, AbstractContextManager[Store]]]:
    folder = stack.enter_context(tempfile.TemporaryDirectory())
    url = f"sqlite:///{folder}/logins.sqlite3"
    engine = create_engine(url)
    upgrade(engine)
    engine.dispose()
    yield "sqlite", in_sql(url)
    with servers.postgres() as server:
        yield "postgresql", in_sql(servers.migrated(server))
    with servers.valkey() as url:
        yield "valkey", in_valkey(url)


def main() -> int:
    sign_ins = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    print(f"{sign_ins} sign-ins of {PEOPLE} people, {PER_SECOND} a second, by a simulated clock\n")
    print(f"{'store':<12}{'live at the end':>16}{'kept':>9}{'most kept':>11}{'ratio':>8}{'s':>7}")
    failed = False
    with ExitStack() as stack:
        for kind, made in stores(stack):
            began = time.monotonic()
            most = ratio = 0.0
            with made as store:
                for count in grow(store, sign_ins=sign_ins, people=PEOPLE, per_second=PER_SECOND):
                    most, ratio = max(most, count.kept), max(ratio, count.kept / count.live)
            failed |= ratio > MOST
            seconds = time.monotonic() - began
            print(
                f"{kind:<12}{count.live:>16}{count.kept:>9}{most:>11.0f}{ratio:>8.2f}{seconds:>7.0f}",
                flush=True,
            )
    print("\nA claim has failed." if failed else "\nAll claims hold.")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
