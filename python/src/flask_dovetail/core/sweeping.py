"""Delete what has ended, in a thread beside the requests and by `flask dovetail sweep`.

Each feature registers a sweep. The background thread and the command run the same functions.
"""

from __future__ import annotations

import os
import random
import threading
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import click
from flask.cli import with_appcontext

from . import outages, settings, state
from .errors import DovetailError
from .settings import setting

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from flask import Flask

BATCH = 1000
"""The most rows that one batch drops: it holds SQLite's write lock for some milliseconds."""

PAUSE_SECONDS = 0.02
"""The least time between two batches. A batch that took longer is followed by as long a pause."""


@dataclass(frozen=True)
class SweepSettings:
    """The frequency and the duration of the sweeps of each process."""

    every_seconds: int = setting(
        "DOVETAIL_SWEEP_EVERY_SECONDS",
        within=(0, 86_400),
        default=600,
        doc="Seconds between two sweeps of a process that serves requests, give or take a tenth. "
        "0: no sweeps, because a timer runs `flask dovetail sweep`.",
    )
    budget_seconds: int = setting(
        "DOVETAIL_SWEEP_BUDGET_SECONDS",
        within=(1, 86_400),
        default=60,
        doc="The longest time that one sweep beside requests works. The rest is dropped after a "
        "tenth of the time between two sweeps.",
    )


class Swept(NamedTuple):
    """The result of a batch, or of a whole sweep: how many were dropped, and how many failed."""

    dropped: int
    failed: int = 0


class Sweeping:
    """The sweeps of one app.

    Args:
        clock: monotonic seconds.
        start: runs its argument somewhere else. Default: in a thread that no exit waits for.
        pause: waits for so many seconds between two batches.
    """

    def __init__(
        self,
        app: Flask,
        settings: SweepSettings,
        *,
        clock: Callable[[], float] = time.monotonic,
        start: Callable[[Callable[[], None]], object] | None = None,
        pause: Callable[[float], object] = time.sleep,
    ) -> None:
        self._app = app
        self._settings = settings
        self._clock = clock
        self._start = start or _in_thread
        self._pause = pause
        self._sweeps: dict[str, Callable[[], Iterator[Swept]]] = {}
        self._lock = threading.Lock()
        self._due = -1.0 if settings.every_seconds else float("inf")
        self._running_in = 0
        """The process in which a sweep is running: a forked one has not inherited the thread."""

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the registered sweeps."""
        return tuple(self._sweeps)

    def register(self, name: str, sweep: Callable[[], Iterator[Swept]]) -> None:
        """Add a sweep.

        Args:
            name: in the table of the command, such as "logins".
            sweep: a generator function. Each step drops one batch (`BATCH` rows at most) in a short
                transaction; it ends when nothing is left. Runs in an app context, and has to be
                safe in several processes at once.
        """
        self._sweeps[name] = sweep

    def kick(self) -> None:
        """Begin a sweep if it is time; called before each request, one comparison otherwise.

        The first sweep comes a tenth or two of the time between sweeps after the first request.
        """
        if self._clock() >= self._due:
            self._begin()

    def run(self, names: Collection[str] | None = None) -> dict[str, Swept]:
        """Sweep to the end, in this thread and an app context; return the results by name."""
        total = {name: Swept(0) for name in self._sweeps if names is None or name in names}
        for name, batch in self._batches(total):
            so_far = total[name]
            total[name] = Swept(so_far.dropped + batch.dropped, so_far.failed + batch.failed)
        return total

    def _begin(self) -> None:
        with self._lock:
            now, every = self._clock(), self._settings.every_seconds
            if now < self._due:
                return  # another thread was here first
            is_first = self._due < 0
            self._due = now + every * (random.uniform(0.1, 0.2) if is_first else _about_one())  # noqa: S311
            if is_first or self._running_in == os.getpid():
                return
            self._running_in = os.getpid()
        try:
            self._start(self._sweep_beside_requests)
        except RuntimeError as error:  # no thread can be started: the request goes on
            self._running_in = 0
            outages.current(self._app).caught(error, during="sweep")

    def _sweep_beside_requests(self) -> None:
        try:
            with self._app.app_context():
                finished = self._sweep_within_budget()
            if not finished:
                self._due = self._clock() + self._settings.every_seconds / 10 * _about_one()
        except Exception as error:  # nobody waits for this thread: log the error
            outages.current(self._app).caught(error, during="sweep")
        finally:
            self._running_in = 0

    def _sweep_within_budget(self) -> bool:
        """Sweep until the budget is used up; return whether nothing was left to do."""
        began = self._clock()
        deadline = began + self._settings.budget_seconds
        for _ in self._batches(self._sweeps):
            now = self._clock()
            if now >= deadline:
                return False
            self._pause(max(PAUSE_SECONDS, now - began))
            began = self._clock()
        return True

    def _batches(self, names: Collection[str]) -> Iterator[tuple[str, Swept]]:
        """Yield one batch of each sweep in turn, so that a long sweep keeps no other waiting."""
        waiting = deque((name, self._sweeps[name]()) for name in names)
        while waiting:
            name, sweep = waiting.popleft()
            try:
                batch = next(sweep)
            except StopIteration:
                continue
            except Exception as error:  # one store is away: the others can still be swept
                outages.current(self._app).caught(error, during=f"sweep of {name}")
                batch = Swept(0, failed=1)
            else:
                waiting.append((name, sweep))
            yield name, batch


def command(*names: str) -> click.Command:
    """Make a command `sweep` that runs every sweep, or only those named."""

    @click.command("sweep")
    @with_appcontext
    def sweep() -> None:
        """Drop what is over: ended logins, deleted files, old notifications. Then exit.

        Processes that serve requests do the same in a thread. Exits with 1 when something could not
        be dropped; the log says why.
        """
        swept = state.get(Sweeping).run(names or None)
        width = max(map(len, ("name", *swept)))
        click.echo(f"{'name':{width}}  {'dropped':>9}  {'failed':>9}")
        for name, (dropped, failed) in swept.items():
            click.echo(f"{name:{width}}  {dropped:>9}  {failed:>9}")
        if any(failed for _, failed in swept.values()):
            raise SystemExit(1)

    return sweep


def of(app: Flask) -> Sweeping:
    """Return the sweeps of `app`; the first feature that asks for them, at start, makes them."""
    with suppress(DovetailError):
        return state.get(Sweeping, app)
    sweeping = Sweeping(app, settings.read(SweepSettings, app.config))
    state.put(app, sweeping)
    return sweeping


def _about_one() -> float:
    return random.uniform(0.9, 1.1)  # noqa: S311 - so that processes do not sweep in step


def _in_thread(work: Callable[[], None]) -> None:
    threading.Thread(target=work, name="dovetail-sweep", daemon=True).start()
