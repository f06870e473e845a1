"""How it is measured: whole WSGI calls, peers in turn, one core, ratios.

Waking another core of a virtual machine can take longer than everything that is measured, in either
direction at random: so a script, and the servers that it starts, share one core.
"""

from __future__ import annotations

import gc
import io
import os
import statistics
import time
import warnings
from typing import TYPE_CHECKING, Any, NamedTuple

from werkzeug.test import EnvironBuilder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from flask import Flask


class Answer(NamedTuple):
    """What a WSGI call gave."""

    status: str
    headers: list[tuple[str, str]]
    data: bytes

    def cookie(self, name: str) -> str:
        """The value of a cookie that it set."""
        for header, value in self.headers:
            if header == "Set-Cookie" and value.startswith(f"{name}="):
                return value.removeprefix(f"{name}=").partition(";")[0]
        raise LookupError(f"{self.status}: no cookie {name}")


def call(app: Flask, environ: dict[str, Any]) -> Answer:
    """One whole WSGI call. `environ` can be used again, its body too."""
    body = io.BytesIO(environ["wsgi.input"].getvalue())
    started: list[Any] = []

    def start(status: str, headers: list[tuple[str, str]], _exc: object = None) -> None:
        started.extend((status, headers))

    chunks = app({**environ, "wsgi.input": body}, start)  # type: ignore[arg-type]
    data = b"".join(chunks)
    chunks.close()  # type: ignore[attr-defined]
    return Answer(started[0], started[1], data)


def environ(path: str, **options: Any) -> dict[str, Any]:
    """A WSGI environ, from the options of werkzeug's `EnvironBuilder`."""
    return EnvironBuilder(path=path, **options).get_environ()


def settle() -> None:
    """Take one core and no warnings. Before any server is started, so that it shares the core."""
    warnings.simplefilter("ignore")
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def calls(app: Flask, environs: list[dict[str, Any]]) -> Callable[[], None]:
    """The work of calling `app` with each of `environs`."""

    def work() -> None:
        for each in environs:
            call(app, each)

    return work


def in_turn(
    names: Iterable[str], prepare: Callable[[str], Callable[[], object]], rounds: int
) -> dict[str, list[float]]:
    """Seconds that each round of each peer took; `prepare(name)`, not timed, gives the work."""
    names = list(names)
    gc.collect()
    gc.freeze()
    seconds: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(rounds):
        for name in names:
            work = prepare(name)
            start = time.perf_counter()
            work()
            seconds[name].append(time.perf_counter() - start)
    return seconds


def lower_quartile(seconds: list[float]) -> float:
    """What a round takes when nothing else disturbs it; steadier than the median on a busy host."""
    return statistics.quantiles(seconds, n=4)[0]


def verdict(failed: list[str]) -> int:
    """The exit code of a script, its failed claims printed."""
    for line in failed:
        print(f"FAILED: {line}")
    return 1 if failed else 0
