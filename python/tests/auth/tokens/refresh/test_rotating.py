"""`rotate_login` in the token strategy: another refresh token, and the former is worth nothing."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from flask_dovetail import auth
from flask_dovetail.auth.tokens.refresh.families import Ended, Families, Refreshed, Reused
from flask_dovetail.core.identity import Login
from support.auth_site import AuthSite, MakeSite, TokenBrowser
from support.dpop_proofs import BrowserKey
from support.login_stores import NOW, Store, a_hash, kept, kept_family


@pytest.fixture
def site(any_token_site: AuthSite) -> AuthSite:
    return with_elevation(any_token_site)


def with_elevation(site: AuthSite) -> AuthSite:
    @site.app.post("/elevate")
    @auth.signed_in
    def elevate() -> dict[str, Any]:
        auth.rotate_login()
        login = auth.current_login()
        assert login is not None
        return {"id": login.id}

    return site


def copy_of(site: AuthSite, browser: TokenBrowser) -> TokenBrowser:
    copy = site.token_browser()
    assert browser.refresh_token is not None
    copy.client.set_cookie("rt", browser.refresh_token, path="/auth")
    return copy


def test_login_goes_on_with_another_refresh_token(site: AuthSite) -> None:
    browser = site.token_browser()
    login = browser.sign_in().json["login"]
    former = browser.refresh_token
    assert browser.post("/elevate").json == {"id": login["id"]}
    assert browser.refresh_token != former
    for _ in range(3):
        answer = browser.refresh()
        assert (answer.status_code, answer.json["login"]["id"]) == (200, login["id"])
        site.clock.advance(60)
    (item,) = browser.get("/auth/sessions").json["items"]
    assert (item["id"], item["strategy"]) == (login["id"], "token")


def test_copy_of_the_former_token_is_worth_nothing_and_ends_nothing(site: AuthSite) -> None:
    browser = site.token_browser()
    browser.sign_in()
    browser.refresh()
    copy = copy_of(site, browser)
    browser.post("/elevate")
    refused = copy.refresh()
    assert (refused.status_code, refused.json["code"]) == (401, "SESSION_EXPIRED")
    assert copy.get("/auth/session").json["login"] is None
    copy.post("/auth/logout")
    assert browser.refresh().status_code == 200


def test_token_that_was_replaced_before_is_worth_nothing_either(site: AuthSite) -> None:
    """Also within the window in which it had a successor."""
    browser = site.token_browser()
    browser.sign_in()
    copy = copy_of(site, browser)
    browser.refresh()
    browser.post("/elevate")
    assert copy.refresh().json["code"] == "SESSION_EXPIRED"
    assert browser.refresh().status_code == 200


def test_reuse_of_the_new_token_still_ends_the_login(any_token_site: AuthSite) -> None:
    site = with_elevation(any_token_site)
    families = site.authority().families
    families._grace_seconds = 0
    browser = site.token_browser()
    browser.sign_in()
    browser.post("/elevate")
    copy = copy_of(site, browser)
    browser.refresh()
    assert copy.refresh().json["code"] == "REFRESH_REUSED"
    assert browser.refresh().status_code == 401


def test_limits_of_the_login_stay(site: AuthSite) -> None:
    browser = site.token_browser()
    expires_at = browser.sign_in().json["login"]["expires_at"]
    site.clock.advance(600)
    answer = browser.post("/elevate")
    max_age = int(answer.headers["Set-Cookie"].partition("Max-Age=")[2].partition(";")[0])
    assert max_age == 14 * 86400 - 600
    assert browser.refresh().json["login"]["expires_at"] == expires_at


def test_ended_login_is_refused(site: AuthSite) -> None:
    browser = site.token_browser()
    browser.sign_in()
    with site.app.app_context():
        auth.end_logins("ada")
    answer = browser.post("/elevate")
    assert (answer.status_code, answer.json["code"]) == (401, "SESSION_EXPIRED")
    assert "Set-Cookie" not in answer.headers


def test_bound_login_stays_bound(make_site: MakeSite) -> None:
    site = with_elevation(make_site(DOVETAIL_AUTH_STRATEGY="token", DOVETAIL_AUTH_DPOP=True))
    key, browser = BrowserKey(), site.token_browser()
    browser.sign_in(headers={"DPoP": key.proof("/auth/login")})
    browser.post("/elevate")
    assert browser.refresh(headers={"DPoP": key.proof()}).status_code == 200
    (login,) = site.logins().of_subject("ada")
    copy = site.token_browser()
    assert browser.refresh_token is not None
    copy.client.set_cookie("rt", browser.refresh_token, path="/auth")
    assert copy.refresh().json["code"] == "INVALID_DPOP_PROOF"
    assert site.logins().of_subject("ada") == [login]


def families_on(store: Store) -> Families:
    return Families(lambda: store.logins, keys=(b"key",), grace_seconds=10, idle_seconds=3600)


def test_family_has_one_token_after_it(store: Store) -> None:
    families = families_on(store)
    family, _ = kept_family(store.logins)
    token = families.rotate(family.login)
    assert token is not None
    outcome = families.refresh(token, now=NOW)
    assert isinstance(outcome, Refreshed)
    assert outcome.login.id == family.login.id
    found = families.find(outcome.token, now=NOW)
    assert found is not None
    assert found.bound_key == "thumbprint"
    assert store.logins.exists("ada", family.login.id)
    assert [login.id for login in store.logins.of_subject("ada")] == [family.login.id]
    assert store.logins.end("ada", family.login.id)
    assert isinstance(families.refresh(outcome.token, now=NOW), Ended)


def test_refresh_under_way_does_not_bring_the_former_token_back(store: Store) -> None:
    """A refresh and a rotation at once: the login lives, under the rotation's token only."""
    families = families_on(store)
    for _ in range(20):
        login = kept_family(store.logins)[0].login._replace(subject="ada")
        former = families.rotate(login)
        assert former is not None
        with ThreadPoolExecutor(2) as pool:
            refreshing = pool.submit(families.refresh, former, now=NOW)
            rotating = pool.submit(families.rotate, login)
        refreshed, token = refreshing.result(), rotating.result()
        assert token is not None
        assert not isinstance(refreshed, Reused)
        if isinstance(refreshed, Refreshed):
            assert families.find(refreshed.token, now=NOW) is None
        assert families.find(former, now=NOW) is None
        assert isinstance(families.refresh(token, now=NOW), Refreshed)


def test_session_login_has_no_family_to_rotate(store: Store) -> None:
    login, token_hash = kept(store.logins)
    assert not store.logins.rotate_family(login, a_hash(), refresh_hash=a_hash())
    assert store.logins.find(token_hash) == login


def test_nobody_rotates_the_login_of_another(store: Store) -> None:
    family, token_hash = kept_family(store.logins, "bob")
    mine: Login = family.login._replace(subject="ada")
    assert not store.logins.rotate_family(mine, a_hash(), refresh_hash=a_hash())
    assert store.logins.find_family(token_hash) is not None
