"""Settings that cannot work, a missing extra, and stores that go away under tokens."""

from __future__ import annotations

import importlib.util
import sqlite3
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine

from flask_dovetail.auth.tokens.config import TokenSettings
from flask_dovetail.core import settings
from flask_dovetail.core.errors import ConfigurationError, MissingExtraError
from flask_dovetail.database import upgrade
from support.auth_site import MakeSite, TokenBrowser

TOKEN = {"DOVETAIL_AUTH_STRATEGY": "token"}


def unavailable(answer: Any) -> bool:
    assert answer.status_code == 503
    assert answer.json["code"] == "SERVICE_UNAVAILABLE"
    assert "Retry-After" in answer.headers
    assert "Set-Cookie" not in answer.headers
    return True


@pytest.mark.parametrize(
    ("name", "value", "unusual"),
    [
        ("ACCESS_SECONDS", 299, True),
        ("ACCESS_SECONDS", 901, True),
        ("ACCESS_SECONDS", 0, False),
        ("ACCESS_SECONDS", -900, False),
        ("REFRESH_SECONDS", 604_799, False),  # shorter than the idle limit's default, too
        ("REFRESH_SECONDS", 2_592_001, True),
        ("REFRESH_SECONDS", 401 * 86400, False),
        ("REFRESH_GRACE_SECONDS", 61, True),
        ("REFRESH_GRACE_SECONDS", -1, False),
        ("REFRESH_IDLE_SECONDS", 899, False),
        ("REFRESH_IDLE_SECONDS", 1_209_601, False),
    ],
)
def test_a_lifetime_out_of_range_is_refused_with_the_reason_unless_it_is_wanted(
    name: str, value: int, unusual: bool
) -> None:
    key = f"DOVETAIL_AUTH_{name}"
    with pytest.raises(ConfigurationError) as refused:
        settings.read(TokenSettings, {key: value})
    assert refused.value.key == key
    assert str(value) in refused.value.fact
    assert refused.value.cure
    wanted = {key: value, "DOVETAIL_AUTH_UNUSUAL_LIFETIMES": True}
    if unusual:
        assert "DOVETAIL_AUTH_UNUSUAL_LIFETIMES" in refused.value.cure
        assert settings.read(TokenSettings, wanted)
    else:
        with pytest.raises(ConfigurationError):
            settings.read(TokenSettings, wanted)


@pytest.mark.parametrize("name", ["ACCESS_SECONDS", "REFRESH_SECONDS", "REFRESH_GRACE_SECONDS"])
def test_the_ends_of_each_range_are_accepted(name: str) -> None:
    for value in {
        "ACCESS_SECONDS": (300, 900),
        "REFRESH_SECONDS": (604_800, 2_592_000),
        "REFRESH_GRACE_SECONDS": (0, 60),
    }[name]:
        assert settings.read(TokenSettings, {f"DOVETAIL_AUTH_{name}": value})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("DOVETAIL_AUTH_ALGORITHM", "RS256"),
        ("DOVETAIL_AUTH_ALGORITHM", "none"),
        ("DOVETAIL_AUTH_AUDIENCE", ""),
        ("DOVETAIL_AUTH_REVOCATION", "never"),
    ],
)
def test_a_setting_that_cannot_work_is_refused_at_start(
    make_site: MakeSite, key: str, value: str
) -> None:
    with pytest.raises(ConfigurationError) as refused:
        make_site(**TOKEN, **{key: value})
    assert refused.value.key == key


def test_every_setting_is_documented() -> None:
    for row in settings.document(TokenSettings):
        assert row.key.startswith("DOVETAIL_AUTH_")
        assert row.doc


class TestWithoutTheExtra:
    @pytest.fixture(autouse=True, params=["jwt", "cryptography"])
    def missing(self, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
        found = importlib.util.find_spec

        def find_spec(name: str, package: str | None = None) -> ModuleSpec | None:
            return None if name == request.param else found(name, package)

        monkeypatch.setattr("flask_dovetail.auth.open_stores.find_spec", find_spec)

    def test_the_token_strategy_names_what_to_install(self, make_site: MakeSite) -> None:
        with pytest.raises(MissingExtraError, match=r"flask-dovetail\[tokens\]"):
            make_site(**TOKEN)

    def test_the_session_strategy_needs_none(self, make_site: MakeSite) -> None:
        browser = make_site().browser()
        assert browser.sign_in().status_code == 200
        assert browser.get("/api/me").status_code == 200
        bearer = {"Authorization": "Bearer x.y.z"}
        assert browser.get("/api/me", headers=bearer).json["code"] == "INVALID_TOKEN"
        rt = {"Cookie": f"rt={'A' * 43}.{'B' * 43}", "X-Requested-With": "XMLHttpRequest"}
        client = browser.client.application.test_client(use_cookies=False)
        assert client.post("/auth/refresh", headers=rt).json["code"] == "UNAUTHENTICATED"
        assert client.post("/auth/logout", headers=rt).status_code == 204


def refreshed(browser: TokenBrowser) -> bool:
    assert browser.refresh().status_code == 200
    return browser.get("/api/me").status_code == 200


def test_sqlite_locked_is_503_and_heals(make_site: MakeSite, tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path}/app.sqlite3", connect_args={"timeout": 0.05})
    upgrade(engine)
    site = make_site(engine=lambda: engine, DOVETAIL_DATABASE_ANSWER_SECONDS=0.2, **TOKEN)
    browser = site.token_browser()
    browser.sign_in()
    other = sqlite3.connect(tmp_path / "app.sqlite3", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    try:
        assert browser.get("/api/me").status_code == 200  # needs no store
        assert unavailable(browser.refresh())
        assert unavailable(browser.client.get("/auth/session"))
        assert unavailable(browser.post("/auth/logout"))
        assert unavailable(site.token_browser().sign_in("bob"))
    finally:
        other.execute("ROLLBACK")
        other.close()
    assert refreshed(browser)
    assert site.logins().of_subject("bob") == []


@pytest.mark.parametrize("revocation", ["expiry", "immediate"])
def test_postgresql_killed_is_503_and_heals(
    make_site: MakeSite, postgres: Any, postgres_url: str, revocation: str
) -> None:
    engine = create_engine(postgres_url, pool_pre_ping=True)
    upgrade(engine)
    site = make_site(engine=lambda: engine, DOVETAIL_AUTH_REVOCATION=revocation, **TOKEN)
    browser = site.token_browser()
    browser.sign_in()
    presented = browser.refresh_token
    postgres.stop()
    try:
        answer = browser.get("/api/me")
        if revocation == "immediate":
            assert unavailable(answer)
        else:
            assert answer.status_code == 200  # the ring in memory goes on serving
        assert unavailable(browser.refresh())
        assert browser.refresh_token == presented
        assert unavailable(browser.post("/auth/logout"))
    finally:
        postgres.start()
    assert refreshed(browser)


@pytest.mark.parametrize("revocation", ["expiry", "immediate"])
def test_valkey_killed_is_503_and_heals(
    make_site: MakeSite, valkey_server: Any, valkey_url: str, revocation: str
) -> None:
    kept = {"DOVETAIL_AUTH_SESSION_STORE": "valkey", "DOVETAIL_VALKEY_URL": valkey_url}
    site = make_site(DOVETAIL_AUTH_REVOCATION=revocation, **TOKEN, **kept)
    browser = site.token_browser()
    browser.sign_in()
    valkey_server.stop()
    try:
        if revocation == "immediate":
            assert unavailable(browser.get("/api/me"))
        else:
            assert browser.get("/api/me").status_code == 200
        assert unavailable(browser.refresh())
        assert unavailable(browser.sign_in())
    finally:
        valkey_server.start()
    assert browser.refresh().json["code"] == "SESSION_EXPIRED"  # nothing was kept
    assert browser.sign_in().status_code == 200
    assert refreshed(browser)


def test_a_store_killed_between_swap_and_answer_costs_nobody_the_login(
    make_site: MakeSite, postgres: Any, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The swap is committed, the worker dies; the retry, elsewhere, gets the same successor."""
    engine = create_engine(postgres_url, pool_pre_ping=True)
    upgrade(engine)
    here, there = (make_site(engine=lambda: engine, **TOKEN) for _ in range(2))
    browser, again = here.token_browser(), there.token_browser()
    browser.sign_in()
    presented = browser.refresh_token
    logins = here.logins()
    advance = logins.advance
    answered: list[bool] = []

    def committed_but_lost(*args: Any, **kwargs: Any) -> bool:
        answered.append(advance(*args, **kwargs))
        postgres.stop()
        logins.ping()  # raises what the driver raises
        return True

    monkeypatch.setattr(logins, "advance", committed_but_lost)
    try:
        assert unavailable(browser.refresh())
    finally:
        postgres.start()
    monkeypatch.undo()
    assert answered == [True]
    assert again.refresh(presented).status_code == 200
    assert browser.refresh().status_code == 200
    assert browser.refresh_token == again.refresh_token
    assert len(there.logins().of_subject("ada")) == 1
