"""An outside identity belongs to one account at most, on every database there is."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, text

from flask_dovetail import ConfigurationError, DovetailError, problems
from flask_dovetail.auth.providers import ExternalAccount
from flask_dovetail.auth.providers import connections as module
from flask_dovetail.auth.providers.connections import CLAIM_SECONDS, Connections
from flask_dovetail.storage import database
from flask_dovetail.storage.limits import Limits
from flask_dovetail.storage.own_engine import OwnEngine
from support.provider_site import IdentityProvider, MakeSite

ADA = ExternalAccount("acme", "https://id.example.com", "ada", None, None)
NOW = 1_800_000_000


@pytest.fixture
def connections(any_engine: Engine) -> Connections:
    return Connections(lambda: any_engine)


def owner(connections: Connections, decide: Any, account: Any = ADA, now: int = NOW) -> str:
    return connections.owner(account, decide, now=lambda: now)


def test_first_request_decides_the_account(connections: Connections) -> None:
    assert owner(connections, lambda: "1") == "1"
    assert owner(connections, lambda: "2") == "1"
    (found,) = connections.of_subject("1")
    assert (found.provider, found.issuer, found.external_subject) == (
        "acme",
        "https://id.example.com",
        "ada",
    )
    assert found.connected_at == NOW


def test_issuer_and_subject_are_compared_exactly(connections: Connections) -> None:
    others = [
        ExternalAccount("acme", "https://id.example.com/", "ada", None, None),
        ExternalAccount("acme", "https://ID.example.com", "ada", None, None),
        ExternalAccount("acme", "https://id.example.com", "Ada", None, None),
        ExternalAccount("acme", "https://id.example.com", "ada ", None, None),
        ExternalAccount("acme", "https://id.example.com", "äda", None, None),
    ]
    for number, account in enumerate([ADA, *others]):
        assert owner(connections, lambda number=number: str(number), account) == str(number)


def test_application_that_has_not_committed_is_told_at_once(tmp_path: Path) -> None:
    """On SQLite its own session holds the lock that the connection would be written under."""
    given = create_engine(f"sqlite:///{tmp_path}/app.sqlite3")
    database.upgrade(given)
    own = OwnEngine(lambda: given, size=1, limits=Limits(wait=25, answer=25))
    connections = Connections(own)
    assert connections.of_subject("1") == []  # as in a process that has served a request
    with given.connect() as session:

        def decide() -> str:
            session.execute(text("INSERT INTO dovetail_login_cutoffs VALUES ('1', 0)"))
            return "1"

        def refuse() -> str:
            decide()
            raise problems.NoAccount

        began = time.monotonic()
        with pytest.raises(DovetailError, match="wait for itself"):
            owner(connections, decide)
        session.rollback()
        with pytest.raises(problems.NoAccount):
            owner(connections, refuse, replace(ADA, subject="bob"))
        assert time.monotonic() - began < 20
    given.dispose()


def test_refused_identity_is_not_connected(connections: Connections) -> None:
    def refuse() -> str:
        raise problems.NoAccount

    with pytest.raises(problems.NoAccount):
        owner(connections, refuse)
    assert owner(connections, lambda: "1") == "1"


def test_sixteen_at_once_are_decided_once(connections: Connections) -> None:
    decided: list[int] = []

    def decide(number: int) -> str:
        decided.append(number)
        time.sleep(0.1)
        return str(number)

    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(lambda n: owner(connections, lambda: decide(n)), range(16)))
    assert len(decided) == 1
    assert found == [str(decided[0])] * 16


def test_nobody_waits_for_ever(connections: Connections, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WAIT_SECONDS", 0.2)
    released = threading.Event()

    def slow() -> str:
        assert released.wait(10)
        return "1"

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(owner, connections, slow)
        while not connections.of_subject(""):
            time.sleep(0.01)
        with pytest.raises(problems.ServiceUnavailable):
            owner(connections, lambda: "2")
        released.set()
        assert first.result() == "1"


def test_a_claim_whose_worker_died_is_taken_over(connections: Connections) -> None:
    assert connections._claim(ADA, stale=None, now=NOW) is not None
    assert owner(connections, lambda: "2", now=NOW + CLAIM_SECONDS + 1) == "2"


def test_a_claim_whose_worker_died_is_swept(connections: Connections) -> None:
    """No connection is made either."""
    bob = replace(ADA, subject="bob")
    assert owner(connections, lambda: "1") == "1"
    assert connections._claim(bob, stale=None, now=NOW) is not None
    assert connections.sweep(before=NOW, limit=10) == 0
    assert connections.sweep(before=NOW + 1, limit=10) == 1
    assert connections.sweep(before=NOW + 1, limit=10) == 0
    assert connections.of_subject("") == []
    assert len(connections.of_subject("1")) == 1


def test_slow_request_gets_the_account_decided_by_another(connections: Connections) -> None:
    def slow() -> str:
        assert owner(connections, lambda: "2", now=NOW + CLAIM_SECONDS + 1) == "2"
        return "1"

    assert owner(connections, slow) == "2"
    assert connections.of_subject("1") == []


def test_connections_are_listed_and_ended_by_their_owner(connections: Connections) -> None:
    names = ["a", "b", "c"]
    for number, name in enumerate(names):
        account = ExternalAccount("acme", ADA.issuer, name, None, None)
        owner(connections, lambda: "1", account, now=NOW + number)
    listed = connections.of_subject("1")
    assert [found.external_subject for found in listed] == names
    assert not connections.end("2", listed[0].id)
    assert connections.end("1", listed[0].id)
    assert not connections.end("1", listed[0].id)
    assert connections.end_all("1") == 2
    assert connections.of_subject("1") == []


def test_missing_tables_are_named() -> None:
    engine = create_engine("sqlite://")
    with pytest.raises(ConfigurationError, match="flask dovetail db upgrade"):
        Connections(lambda: engine).of_subject("1")
    engine.dispose()


def test_a_store_that_is_away_sends_the_browser_back_with_a_code(
    make_site: MakeSite, idp: IdentityProvider, postgres: Any, postgres_url: str
) -> None:
    from flask_dovetail.storage import database

    engine = create_engine(postgres_url, pool_pre_ping=True)
    database.upgrade(engine)
    site = make_site(engine=lambda: engine)
    browser = site.browser()
    browser.sign_in(idp)
    back = idp.consent(browser.start(next="/notes").location, "ada")
    postgres.stop()
    try:
        answer = browser.get(back)
    finally:
        postgres.start()
    assert (
        answer.location == "http://localhost:5173/sign-in?problem=SERVICE_UNAVAILABLE&next=%2Fnotes"
    )
    browser.sign_in(idp)
    assert browser.who() == "account-1"
