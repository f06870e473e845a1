"""A store that is locked, killed or gone: 503, nothing half-written, and it heals by itself."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine

from flask_dovetail.core.errors import ConfigurationError
from flask_dovetail.database import upgrade
from support.auth_site import AuthSite, MakeSite


def unavailable(answer: Any) -> bool:
    assert answer.status_code == 503
    assert answer.json["code"] == "SERVICE_UNAVAILABLE"
    assert answer.headers["Retry-After"] == "5"
    assert "Set-Cookie" not in answer.headers
    assert "sqlite" not in answer.text.lower()
    return True


@pytest.fixture
def locked_site(make_site: MakeSite, tmp_path: Path) -> AuthSite:
    """Logins in an SQLite file without WAL, on which nobody waits long."""
    engine = create_engine(f"sqlite:///{tmp_path}/app.sqlite3", connect_args={"timeout": 0.05})
    upgrade(engine)
    return make_site(engine=lambda: engine, DOVETAIL_DATABASE_ANSWER_SECONDS=0.2)


def test_sqlite_locked_is_503_and_heals(locked_site: AuthSite, tmp_path: Path) -> None:
    here, there = locked_site.browser(), locked_site.browser()
    here.sign_in()
    there.fetch_token()
    other = sqlite3.connect(tmp_path / "app.sqlite3", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    try:
        assert unavailable(here.get("/api/me"))
        assert unavailable(here.get("/auth/session"))
        assert unavailable(here.post("/auth/logout"))
        assert unavailable(there.sign_in("bob"))
    finally:
        other.execute("ROLLBACK")
        other.close()
    assert here.get("/api/me").status_code == 200
    assert locked_site.logins().of_subject("bob") == []
    assert there.sign_in("bob").status_code == 200


def test_a_database_that_a_new_thread_cannot_open_is_503(
    make_site: MakeSite, tmp_path: Path
) -> None:
    """Each thread reads logins by a connection of its own, which fails where it is made."""
    path = tmp_path / "app.sqlite3"
    engine = create_engine(f"sqlite:///{path}")
    upgrade(engine)
    site = make_site(engine=lambda: engine)
    browser = site.browser()
    browser.sign_in()
    engine.dispose()
    path.rename(tmp_path / "moved")
    path.mkdir()
    with ThreadPoolExecutor(1) as another:
        assert unavailable(another.submit(browser.get, "/api/me").result())
    path.rmdir()
    (tmp_path / "moved").rename(path)
    with ThreadPoolExecutor(1) as another:
        assert another.submit(browser.get, "/api/me").result().status_code == 200
    engine.dispose()


def test_views_that_do_not_ask_go_on(locked_site: AuthSite, tmp_path: Path) -> None:
    locked_site.app.add_url_rule("/open", view_func=lambda: {"open": True}, endpoint="open")
    browser = locked_site.browser()
    browser.sign_in()
    other = sqlite3.connect(tmp_path / "app.sqlite3", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    try:
        assert browser.get("/open").json == {"open": True}
        assert browser.get("/api/csrf-token").status_code == 200
    finally:
        other.close()


def test_postgresql_killed_is_503_and_heals(
    make_site: MakeSite, postgres: Any, postgres_url: str
) -> None:
    engine = create_engine(postgres_url, pool_pre_ping=True)
    upgrade(engine)
    site = make_site(engine=lambda: engine)
    browser = site.browser()
    browser.sign_in()
    postgres.stop()
    try:
        assert unavailable(browser.get("/api/me"))
        assert unavailable(browser.post("/auth/logout"))
    finally:
        postgres.start()
    assert browser.get("/api/me").status_code == 200


def test_valkey_killed_is_503_and_heals(
    make_site: MakeSite, valkey_server: Any, valkey_url: str
) -> None:
    site = make_site(DOVETAIL_AUTH_SESSION_STORE="valkey", DOVETAIL_VALKEY_URL=valkey_url)
    browser = site.browser()
    browser.sign_in()
    valkey_server.stop()
    try:
        assert unavailable(browser.get("/api/me"))
        assert unavailable(browser.post("/auth/logout"))
        assert unavailable(browser.sign_in())
    finally:
        valkey_server.start()
    assert browser.get("/api/me").json["code"] == "SESSION_EXPIRED"  # nothing was kept
    browser.fetch_token()
    assert browser.sign_in().status_code == 200


def test_without_the_count_of_attempts_nobody_is_let_in(
    make_site: MakeSite, valkey_server: Any, valkey_url: str
) -> None:
    """Logins in SQL, attempts counted in Valkey: no guessing while the counter is away."""
    site = make_site(DOVETAIL_VALKEY_URL=valkey_url)
    signed_in, browser = site.browser(), site.browser()
    signed_in.sign_in()
    browser.fetch_token()
    site.asked.clear()
    valkey_server.stop()
    try:
        assert unavailable(browser.sign_in())
        assert site.asked == []
        assert signed_in.get("/api/me").status_code == 200
    finally:
        valkey_server.start()
    assert browser.sign_in().status_code == 200


def test_a_restarted_store_costs_nobody_a_request(
    make_site: MakeSite, valkey_server: Any, valkey_url: str
) -> None:
    """Connections of the pool are stale after a restart; the first request does not notice."""
    site = make_site(DOVETAIL_AUTH_SESSION_STORE="valkey", DOVETAIL_VALKEY_URL=valkey_url)
    browser = site.browser()
    browser.sign_in()
    valkey_server.stop()
    valkey_server.start()
    assert browser.get("/auth/session").json == {"login": None}


def test_a_database_without_our_tables_says_what_to_run(
    make_site: MakeSite, tmp_path: Path
) -> None:
    engine = create_engine(f"sqlite:///{tmp_path}/empty.sqlite3")
    site = make_site(engine=lambda: engine)
    browser = site.browser()
    browser.client.set_cookie("sid", "A" * 43)
    with pytest.raises(ConfigurationError, match="flask dovetail db upgrade"):
        browser.get("/api/me")
    upgrade(engine)
    assert browser.get("/api/me").json["code"] == "SESSION_EXPIRED"


def test_an_account_lookup_that_fails_ends_no_login(any_site: AuthSite) -> None:
    browser = any_site.browser()
    browser.sign_in()
    people, any_site.people = any_site.people, None  # type: ignore[assignment]
    with pytest.raises(AttributeError):
        browser.get("/api/me")
    any_site.people = people
    assert browser.get("/api/me").status_code == 200
