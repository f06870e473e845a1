"""Sixty people at once, where the app's pool has one connection and Dovetail's has one.

Each request holds the app's connection from its beginning to its end. No request may wait for a
connection while it holds one of the same pool: with a pool of one, the first that does so stops
all of them.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from support.databases import migrate
from support.paths import TESTS
from support.plain_http import NO_TLS
from support.ports import free_port
from support.realtime_site import Visitor
from support.waiting import until

PEOPLE = 6
AT_ONCE = 60
WORKERS = {
    "threads": ["-k", "flask_dovetail.server.gunicorn.ProblemWorker", "--threads", "100"],
    "gevent": ["-k", "gevent"],
}


ON_POSTGRESQL = [pytest.param("sqlite", marks=pytest.mark.long), "postgresql"]
ON_SQLITE = ["sqlite", pytest.param("postgresql", marks=pytest.mark.long)]


@pytest.fixture
def url(request: pytest.FixtureRequest, tmp_path: Path, migrated: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{shutil.copy(migrated, tmp_path)}"
    found: str = request.getfixturevalue("postgres_url")
    migrate(found)
    return found


@pytest.fixture(params=["session", pytest.param("token", marks=pytest.mark.long)])
def strategy(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


@pytest.fixture(params=["threads", pytest.param("gevent", marks=pytest.mark.long)])
def origin(
    request: pytest.FixtureRequest, tmp_path: Path, url: str, strategy: str
) -> Iterator[str]:
    """Where the app is served."""
    where = f"http://127.0.0.1:{free_port()}"
    app = {
        "folder": str(tmp_path),
        "url": url,
        "DOVETAIL_API_ORIGIN": where,
        "DOVETAIL_AUTH_STRATEGY": strategy,
        "DOVETAIL_AUTH_REVOCATION": "immediate",
    }
    command = [sys.executable, "-m", "gunicorn", *WORKERS[request.param], "-w", "1"]
    command += ["--no-control-socket", "--keep-alive", "75", "-b", where.removeprefix("http://")]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "support.crowd_app:from_environment()"],
            env={**os.environ, "PYTHONPATH": str(TESTS), "CROWD_APP": json.dumps(app)},
            stdout=log,
            stderr=log,
            cwd=tmp_path,
        )
    try:
        until(lambda: _answers(where), 30)
        yield where
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture
def people(origin: str) -> Iterator[list[Visitor]]:
    made = [Visitor(origin, f"p{number}", origin) for number in range(PEOPLE)]
    yield made
    for visitor in made:
        visitor.close()


@pytest.mark.parametrize("url", ON_POSTGRESQL, indirect=True)
def test_sixty_requests_of_every_kind_are_answered(origin: str, people: list[Visitor]) -> None:
    """Guard, touch, CSRF, logins, files, notifications and sockets, beside each other."""
    sockets = [person.connect("/notify", "/live") for person in people]

    def get(path: str) -> Callable[[int], int]:
        return lambda number: people[number % PEOPLE].http.get(path).status_code

    def post(path: str) -> Callable[[int], int]:
        return lambda number: people[number % PEOPLE].post(path, count=number).status_code

    def presign(number: int) -> int:
        announced = {"name": f"{number}.txt", "content_type": "text/plain", "size": 1}
        return people[number % PEOPLE].post("/files/upload/presign", **announced).status_code

    def ask(number: int) -> int:
        answer = sockets[number % PEOPLE].call("count", namespace="/live")
        return 200 if answer.get("data", {}).get("count") else 0

    kinds = [
        get("/api/mine"),
        get("/api/guarded"),
        get("/api/notifications"),
        get("/auth/sessions"),
        get("/auth/session"),
        get("/files"),
        get("/api/csrf-token"),
        get("/api/strangers"),
        get("/readyz"),
        post("/api/notify"),
        post("/api/end"),
        presign,
        ask,
    ]
    with ThreadPoolExecutor(AT_ONCE) as crowd:
        answered = [crowd.submit(kinds[n % len(kinds)], n) for n in range(2 * AT_ONCE)]
        statuses = [each.result() for each in answered]
    assert set(statuses) <= {200, 201}, list(enumerate(statuses))


@pytest.mark.parametrize("url", ON_SQLITE, indirect=True)
def test_sixty_sign_ins_and_refreshes_are_answered(origin: str, people: list[Visitor]) -> None:
    """Also those that are proved again, since their person's logins ended a moment ago."""
    for number in range(3):
        assert people[number].post("/api/end", count=number).status_code == 200

    def sign_in(number: int) -> Any:
        visitor = Visitor(origin, f"q{number % 3}", origin)
        try:
            return visitor.refresh() if visitor.token else visitor.get("/auth/session")
        finally:
            visitor.close()

    with ThreadPoolExecutor(AT_ONCE) as crowd:
        assert all(crowd.map(sign_in, range(AT_ONCE)))


def _answers(origin: str) -> bool:
    try:
        return httpx.get(f"{origin}/healthz", verify=NO_TLS).status_code == 200
    except httpx.TransportError:
        return False
