"""What a guarded read costs: the whole WSGI call of a signed-in GET, with SQLite and with Valkey.

One process and a Valkey of its own, both on one core. Short interleaved rounds, lower quartile of
rounds. Every peer answers the same JSON to somebody who is signed in; each is checked, also that it
refuses strangers, before it is timed. Exit 1 when a claim fails.

Claims: at most 2.2 times a bare Flask view with SQLite, at most 3 times with Valkey; faster than
Flask-Security's session guard.

    python benchmarks/session.py [rounds]
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shared import servers
from shared.measure import call, calls, environ, in_turn, lower_quartile, settle, verdict
from shared.peers import BARE, FLASK_SECURITY, LOGIN, bare, bare_with_key, dovetail, flask_security
from sqlalchemy import create_engine, text
from werkzeug.test import Client

from flask_dovetail import Identity

if TYPE_CHECKING:
    from flask import Flask

CALLS_PER_ROUND = 50
MOST = {"dovetail, SQLite": 2.2, "dovetail, Valkey": 3.0}


def with_user_row(folder: Path) -> Flask:
    """As Flask-Security does, the user's row is read too."""
    engine = create_engine(f"sqlite:///{folder}/users.sqlite3")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE users (id TEXT PRIMARY KEY, role TEXT)"))
        connection.execute(text("INSERT INTO users VALUES ('7', 'staff')"))
    query = text("SELECT role FROM users WHERE id = :id")

    def load(subject: str) -> Identity:
        with engine.connect() as connection:
            return Identity(subject, roles=connection.execute(query, {"id": subject}).one())

    return dovetail(folder / "sqlite-user", load)


def cookies_of(app: Flask) -> str:
    """Sign in where there is a way to, and say what the browser would send."""
    client = Client(app)
    if "/auth/login" in {rule.rule for rule in app.url_map.iter_rules()}:
        token = client.get("/api/csrf-token").json["csrf"]
        headers = {"X-CSRF-Token": token}
        assert client.post("/auth/login", json=LOGIN, headers=headers).status_code == 200
    elif "/login" in {rule.rule for rule in app.url_map.iter_rules()}:
        answer = client.post("/login", json=LOGIN, headers={"Accept": "application/json"})
        assert answer.status_code == 200, answer.text
    kept = client._cookies or {}
    return "; ".join(f"{cookie.key}={cookie.value}" for cookie in kept.values())


def guarded_read(cookies: str) -> dict[str, Any]:
    return environ("/thing", headers={"Accept": "application/json", "Cookie": cookies})


def measure(rounds: int, folder: Path, valkey_url: str) -> dict[str, float]:
    """Seconds per call, by peer."""
    in_valkey = {"DOVETAIL_AUTH_SESSION_STORE": "valkey", "DOVETAIL_VALKEY_URL": valkey_url}
    apps: dict[str, Flask] = {
        BARE: bare(),
        "bare Flask, SECRET_KEY set": bare_with_key(),
        "dovetail, SQLite": dovetail(folder / "sqlite"),
        "dovetail, SQLite + user row": with_user_row(folder),
        "dovetail, Valkey": dovetail(folder / "valkey", **in_valkey),
        FLASK_SECURITY: flask_security(f"sqlite:///{folder}/security.sqlite3", "session"),
    }
    requests = {name: guarded_read(cookies_of(app)) for name, app in apps.items()}
    expected = call(apps[BARE], requests[BARE])
    for name, app in apps.items():
        answer = call(app, requests[name])
        assert (answer.status, answer.data) == (expected.status, expected.data), name
        refused = call(app, guarded_read("")).status.startswith("401")
        assert refused is not name.startswith("bare"), f"{name} lets strangers in"
    took = in_turn(apps, lambda name: calls(apps[name], [requests[name]] * CALLS_PER_ROUND), rounds)
    return {name: lower_quartile(seconds) / CALLS_PER_ROUND for name, seconds in took.items()}


def main(rounds: int) -> int:
    settle()
    with servers.valkey() as url, tempfile.TemporaryDirectory() as folder:
        found = measure(rounds, Path(folder), url)
    first = found[BARE]
    print(f"guarded read, lower quartile of {rounds} rounds x {CALLS_PER_ROUND} calls")
    for name, took in found.items():
        print(f"  {name:28} {took * 1e6:8.1f} µs   {took / first:5.2f}x")
    failed = [
        f"{name} is {found[name] / first:.2f}x a bare view, more than {most}x"
        for name, most in MOST.items()
        if found[name] > most * first
    ]
    failed += [
        f"{name} is not faster than {FLASK_SECURITY}"
        for name, took in found.items()
        if name.startswith("dovetail") and took >= found[FLASK_SECURITY]
    ]
    return verdict(failed)


if __name__ == "__main__":
    raise SystemExit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 120))
