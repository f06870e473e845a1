"""Refreshes per second, with rotation, and what two tabs get that refresh with the same token.

One process, and a PostgreSQL and a Valkey of its own, all on one core; the whole WSGI call of the
refresh. A round refreshes eighty logins once each, with what the round before it gave; with one
thread, and with eight. Interleaved rounds, median of rounds. Flask-Security has the same databases,
with the same settings. Flask-JWT-Extended refreshes as its documentation shows: nothing is rotated
and nothing stored, so it is here for scale only. Exit 1 when a claim fails.

What two tabs get is tried, not looked up: two threads bring one token at the same instant, and one
brings it a moment after the other, many times over. The worst that was seen is printed.

Claims: on SQLite and on PostgreSQL more refreshes than Flask-Security, with one thread and with
eight; two tabs always get the same successor.

    python benchmarks/refresh.py [rounds]
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Barrier
from typing import TYPE_CHECKING, Any

from shared import servers
from shared.measure import Answer, call, environ, in_turn, settle, verdict
from shared.peers import (
    FLASK_JWT,
    FLASK_SECURITY,
    LOGIN,
    dovetail,
    flask_jwt,
    flask_security,
)
from sqlalchemy import create_engine

from flask_dovetail.database import upgrade

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask

CALLS_PER_ROUND = 80
THREADS = 8
RACES = 30
SAME = "same successor"


@dataclass(frozen=True)
class Peer:
    """An app that refreshes.

    Attributes:
        login, refresh: the requests, without a token.
        carrier: in which variable of the environ a token is sent, and what is written before it.
        token: what an answer gave to present next.
        rotates: whether that is another one each time.
    """

    app: Flask
    login: dict[str, Any]
    refresh: dict[str, Any]
    carrier: tuple[str, str]
    token: Callable[[Answer], str]
    rotates: bool = True

    def sign_in(self) -> str:
        answer = call(self.app, self.login)
        assert answer.status == "200 OK", answer
        return self.token(answer)

    def present(self, token: str) -> str | None:
        """The next token; None where this one is refused."""
        variable, before = self.carrier
        answer = call(self.app, {**self.refresh, variable: before + token})
        if answer.status != "200 OK":
            return None
        return self.token(answer) if self.rotates else token


def of_dovetail(folder: Path, **config: Any) -> Peer:
    asked = {"X-Requested-With": "XMLHttpRequest", "Origin": "http://localhost:5000"}
    return Peer(
        dovetail(folder, DOVETAIL_AUTH_STRATEGY="token", **config),
        environ("/auth/login", method="POST", json=LOGIN),
        environ("/auth/refresh", method="POST", headers=asked),
        ("HTTP_COOKIE", "rt="),
        lambda answer: answer.cookie("rt"),
    )


def of_flask_security(database_url: str) -> Peer:
    return Peer(
        flask_security(database_url, "token", SECURITY_REFRESH_TOKEN=True),
        environ("/login?include_auth_token", method="POST", json=LOGIN),
        environ("/refresh-token", method="POST", json={}),
        ("HTTP_COOKIE", "fs_refresh="),
        lambda answer: answer.cookie("fs_refresh"),
    )


def of_flask_jwt() -> Peer:
    return Peer(
        flask_jwt("HS256"),
        environ("/login", method="POST"),
        environ("/refresh", method="POST"),
        ("HTTP_AUTHORIZATION", "Bearer "),
        lambda answer: json.loads(answer.data)["refresh_token"],
        rotates=False,
    )


def make(folder: Path, postgres: servers.Postgres, valkey_url: str) -> dict[str, Peer]:
    database_url = postgres.create_database()
    engine = create_engine(database_url)
    upgrade(engine)
    engine.dispose()
    return {
        "dovetail, SQLite": of_dovetail(folder / "sqlite"),
        "dovetail, PostgreSQL": of_dovetail(folder, DOVETAIL_DATABASE_URL=database_url),
        "dovetail, Valkey": of_dovetail(
            folder / "valkey",
            DOVETAIL_AUTH_SESSION_STORE="valkey",
            DOVETAIL_VALKEY_URL=valkey_url,
        ),
        f"{FLASK_SECURITY}, SQLite": of_flask_security(f"sqlite:///{folder}/security.sqlite3"),
        f"{FLASK_SECURITY}, PostgreSQL": of_flask_security(postgres.create_database()),
        f"{FLASK_JWT}, nothing kept": of_flask_jwt(),
    }


class Browsers:
    """As many logins as a round has calls, so that each is refreshed once a round."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer
        self._tokens = [peer.sign_in() for _ in range(CALLS_PER_ROUND)]
        self._pool = ThreadPoolExecutor(THREADS)
        self._start = Barrier(THREADS)

    def one_thread(self) -> None:
        self._refresh(range(CALLS_PER_ROUND))

    def threads(self) -> None:
        parts = [range(first, CALLS_PER_ROUND, THREADS) for first in range(THREADS)]
        list(self._pool.map(self._refresh_together, parts))

    def _refresh_together(self, numbers: range) -> None:
        self._start.wait()  # so that each thread takes one part
        self._refresh(numbers)

    def _refresh(self, numbers: range) -> None:
        for number in numbers:
            token = self._peer.present(self._tokens[number])
            assert token is not None
            assert (token != self._tokens[number]) is self._peer.rotates
            self._tokens[number] = token


def two_tabs(peer: Peer, *, at_once: bool) -> str:
    """What becomes of two tabs that refresh with one token: all that was seen in many tries."""
    if not peer.rotates:
        return "does not rotate"
    start = Barrier(2 if at_once else 1)

    def tab(token: str) -> str | None:
        start.wait()
        return peer.present(token)

    seen = set()
    with ThreadPoolExecutor(2) as both:
        for _ in range(RACES):
            token = peer.sign_in()
            if at_once:
                one, other = both.map(tab, (token, token))
            else:
                one, other = tab(token), tab(token)
            seen.add(outcome(peer, one, other))
    return ", ".join(sorted(seen))


def outcome(peer: Peer, one: str | None, other: str | None) -> str:
    if one is not None and other is not None:
        return SAME if one == other else "forks"
    left = one or other
    lives_on = left is not None and peer.present(left) is not None
    return "refuses one" if lives_on else "logs out"


def measure(peers: dict[str, Peer], rounds: int) -> dict[str, dict[str, float]]:
    """Refreshes per second, by number of threads and peer."""
    browsers = {name: Browsers(peer) for name, peer in peers.items()}
    took = {
        "1 thread": in_turn(peers, lambda name: browsers[name].one_thread, rounds),
        f"{THREADS} threads": in_turn(peers, lambda name: browsers[name].threads, rounds),
    }
    return {
        threads: {name: CALLS_PER_ROUND / statistics.median(each[name]) for name in peers}
        for threads, each in took.items()
    }


def show(peers: dict[str, Peer], found: dict[str, dict[str, float]]) -> None:
    print(f"{'':40}" + "".join(f"{threads:>12}" for threads in found))
    for name in peers:
        print(f"  {name:38}" + "".join(f"{each[name]:10.0f}/s" for each in found.values()))


def main(rounds: int) -> int:
    settle()
    with (
        servers.postgres() as postgres,
        servers.valkey() as url,
        tempfile.TemporaryDirectory() as folder,
    ):
        peers = make(Path(folder), postgres, url)
        found = measure(peers, rounds)
        at_once = {name: two_tabs(peer, at_once=True) for name, peer in peers.items()}
        after = {name: two_tabs(peer, at_once=False) for name, peer in peers.items()}
    print(f"refreshes per second, median of {rounds} rounds x {CALLS_PER_ROUND} calls")
    show(peers, found)
    print(f"two tabs with one token, {RACES} times: at once / a moment later")
    for name in peers:
        print(f"  {name:38}  {at_once[name]} / {after[name]}")
    failed = [
        f"{name} is not faster than {FLASK_SECURITY} with {threads}"
        for threads, each in found.items()
        for store in ("SQLite", "PostgreSQL")
        if each[name := f"dovetail, {store}"] <= each[f"{FLASK_SECURITY}, {store}"]
    ]
    failed += [
        f"{name}: two tabs get {seen}"
        for name in peers
        for seen in (at_once[name], after[name])
        if name.startswith("dovetail") and seen != SAME
    ]
    return verdict(failed)


if __name__ == "__main__":
    raise SystemExit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 40))
