"""Two apps with different strategies on one database: what a team has while it switches."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine

from flask_dovetail import auth
from support.auth_site import AuthSite, Browser, MakeSite, TokenBrowser
from support.databases import migrate


def code(answer: Any) -> str:
    assert answer.content_type == "application/problem+json"
    return str(answer.json["code"])


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    url = f"sqlite:///{tmp_path}/shared.sqlite3"
    migrate(url)
    made = create_engine(url)
    yield made
    made.dispose()


@pytest.fixture
def sessions(make_site: MakeSite, engine: Engine) -> AuthSite:
    return make_site(engine=lambda: engine)


@pytest.fixture
def tokens(make_site: MakeSite, engine: Engine) -> AuthSite:
    return make_site(engine=lambda: engine, DOVETAIL_AUTH_STRATEGY="token")


def moved(browser: Browser, site: AuthSite) -> Browser:
    """The same browser, at an app of the other strategy: a deploy has happened meanwhile."""
    there = type(browser)(site.app.test_client())
    there.token = browser.token
    for name, path in (("sid", "/"), ("rt", "/auth"), ("csrf", "/")):
        cookie = browser.client.get_cookie(name, path=path)
        if cookie is not None:
            there.client.set_cookie(name, cookie.value, path=path)
    if isinstance(browser, TokenBrowser):
        assert isinstance(there, TokenBrowser)
        there.access_token = browser.access_token
    return there


def test_a_switch_to_tokens_logs_nobody_out(sessions: AuthSite, tokens: AuthSite) -> None:
    before = sessions.browser()
    login = before.sign_in().json["login"]
    after = moved(before, tokens)
    assert after.get("/api/me").json == login
    assert after.get("/auth/session").json == {"login": login}
    token, after.token = after.token, None
    assert code(after.post("/auth/logout-others")) == "CSRF_FAILED"  # as ever
    after.token = token
    assert after.post("/auth/logout-others").json == {"ended": 0}
    tokens.clock.advance(3000)
    assert after.get("/api/me").status_code == 200


def test_a_switch_to_sessions_logs_nobody_out(sessions: AuthSite, tokens: AuthSite) -> None:
    before = tokens.token_browser()
    login = before.sign_in().json["login"]
    after = moved(before, sessions)
    assert isinstance(after, TokenBrowser)
    assert after.get("/api/me").json == login
    assert after.post("/auth/logout-others").json == {"ended": 0}
    sessions.clock.advance(1000)
    assert code(after.get("/api/me")) == "TOKEN_EXPIRED"
    answer = after.refresh()
    assert (answer.status_code, answer.json["login"]) == (200, login)
    assert after.get("/api/me").json == login
    after.access_token = None
    assert after.get("/auth/session").json == {"login": login}


def test_the_route_for_tokens_of_before_is_no_part_of_the_contract(sessions: AuthSite) -> None:
    document = sessions.app.test_client().get("/openapi.json").json
    assert "/auth/refresh" not in document["paths"]
    answer = sessions.app.test_client().post(
        "/auth/refresh", headers={"X-Requested-With": "XMLHttpRequest"}
    )
    assert (answer.status_code, code(answer)) == (401, "UNAUTHENTICATED")


def test_logins_of_both_kinds_are_listed_and_ended_by_either(
    sessions: AuthSite, tokens: AuthSite
) -> None:
    by_cookie, by_token = sessions.browser(), tokens.token_browser()
    cookie_id = by_cookie.sign_in().json["login"]["id"]
    token_id = by_token.sign_in().json["login"]["id"]
    for browser, current in ((by_cookie, cookie_id), (by_token, token_id)):
        items = {each["id"]: each for each in browser.get("/auth/sessions").json["items"]}
        assert items.keys() == {cookie_id, token_id}
        assert items[cookie_id]["strategy"] == "session"
        assert items[token_id]["strategy"] == "token"
        assert [each["id"] for each in items.values() if each["current"]] == [current]
    assert by_token.delete(f"/auth/sessions/{cookie_id}").status_code == 204
    assert code(by_cookie.get("/api/me")) == "SESSION_EXPIRED"
    by_cookie.fetch_token()
    by_cookie.sign_in()
    assert by_cookie.post("/auth/logout-others").json == {"ended": 1}
    assert code(by_token.refresh()) == "SESSION_EXPIRED"


@pytest.mark.parametrize("where", ["sessions", "tokens"])
def test_signing_in_replaces_a_login_of_the_other_kind(
    sessions: AuthSite, tokens: AuthSite, where: str
) -> None:
    first, second = (tokens, sessions) if where == "sessions" else (sessions, tokens)
    before = first.browser()
    before.sign_in()
    after = second.browser()
    for name, path in (("sid", "/"), ("rt", "/auth")):
        cookie = before.client.get_cookie(name, path=path)
        if cookie is not None:
            after.client.set_cookie(name, cookie.value, path=path)
    assert after.sign_in().status_code == 200
    (login,) = second.logins().of_subject("ada")
    assert login.strategy == ("session" if where == "sessions" else "token")


@pytest.mark.parametrize("where", ["sessions", "tokens"])
def test_signing_out_ends_both_and_clears_both_cookies(
    sessions: AuthSite, tokens: AuthSite, where: str
) -> None:
    by_cookie, by_token = sessions.browser(), tokens.token_browser()
    by_cookie.sign_in()
    by_token.sign_in()
    client = (sessions if where == "sessions" else tokens).app.test_client()
    client.set_cookie("sid", by_cookie.session_id or "")
    client.set_cookie("rt", by_token.refresh_token or "", path="/auth")
    answer = client.post("/auth/logout", headers={"X-Requested-With": "XMLHttpRequest"})
    assert answer.status_code == 204
    cleared = answer.headers.getlist("Set-Cookie")
    assert sorted(each.split("=")[0] for each in cleared) == ["rt", "sid"]
    assert all("Max-Age=0" in each for each in cleared)
    assert sessions.logins().of_subject("ada") == []


def test_a_password_change_ends_both(sessions: AuthSite, tokens: AuthSite) -> None:
    by_cookie, by_token = sessions.browser(), tokens.token_browser()
    by_cookie.sign_in()
    by_token.sign_in()
    with sessions.app.app_context():
        assert auth.end_logins("ada") == 2
    assert code(by_cookie.get("/api/me")) == "SESSION_EXPIRED"
    assert code(by_token.refresh()) == "SESSION_EXPIRED"


def test_each_kind_has_its_own_idle_limit_in_either_app(
    sessions: AuthSite, tokens: AuthSite
) -> None:
    by_cookie, by_token = sessions.browser(), tokens.token_browser()
    by_cookie.sign_in()
    by_token.sign_in()
    for site in (sessions, tokens):
        site.clock.advance(3631)
        with site.app.app_context():
            (left,) = auth.list_logins("ada")
        assert left.strategy == "token"


def test_workers_whose_clocks_differ_by_30_s_serve_one_login(
    make_site: MakeSite, engine: Engine
) -> None:
    ahead, behind = (
        make_site(engine=lambda: engine, DOVETAIL_AUTH_STRATEGY="token") for _ in range(2)
    )
    ahead.clock.advance(30)
    browser = ahead.token_browser()
    browser.sign_in()
    for site in (behind, ahead, behind):
        there = moved(browser, site)
        assert isinstance(there, TokenBrowser)
        assert there.get("/api/me").status_code == 200  # issued in the other's future
        assert there.refresh().status_code == 200
        browser = there
    for site in (ahead, behind):
        site.clock.advance(899)
    slow = moved(browser, ahead)
    assert slow.get("/api/me").status_code == 200  # by its clock, 29 s after the end
