"""Signing in by tokens, refreshing and leaving, through the whole of an app."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, Response

from flask_dovetail import auth
from flask_dovetail.auth.tokens.refresh.rules import RefreshToken, handle_hash, parse, secret_hash
from flask_dovetail.core.identity import Login
from support.auth_site import PASSWORD, AuthSite, MakeSite

BEARER = 'Bearer realm="dovetail"'
CREDENTIALS = {"email": "ada@example.com", "password": PASSWORD}
FORGED = f"{'A' * 43}.{'B' * 43}"
OURS = {"X-Requested-With": "XMLHttpRequest"}


def code(answer: Any) -> str:
    assert answer.content_type == "application/problem+json"
    assert answer.json["status"] == answer.status_code
    return str(answer.json["code"])


@pytest.fixture
def site(make_site: MakeSite) -> AuthSite:
    return make_site(DOVETAIL_AUTH_STRATEGY="token")


def token_of(text: str | None) -> RefreshToken:
    token = parse(text or "")
    assert token is not None
    return token


class TestSigningIn:
    def test_login_answers_with_an_access_token_and_its_login(
        self, any_token_site: AuthSite
    ) -> None:
        browser = any_token_site.token_browser()
        answer = browser.sign_in()
        assert answer.status_code == 200
        assert answer.json.keys() == {"access_token", "token_type", "expires_in", "login"}
        assert (answer.json["token_type"], answer.json["expires_in"]) == ("Bearer", 900)
        login = answer.json["login"]
        assert login["created_at"] == "2027-01-15T08:00:00Z"
        assert login["expires_at"] == "2027-01-29T08:00:00Z"
        assert login["scopes"] == ["posts:read", "posts:write"]
        assert browser.get("/api/me").json == login
        assert browser.get("/auth/session").json == {"login": login}
        assert answer.headers["Cache-Control"] == "no-store"

    def test_the_refresh_token_leaves_by_a_cookie_that_scripts_cannot_read_and_few_paths_get(
        self, site: AuthSite
    ) -> None:
        browser = site.token_browser()
        answer = browser.sign_in()
        cookie = answer.headers["Set-Cookie"]
        assert cookie.startswith("rt=")
        for attribute in ("; HttpOnly", "; SameSite=Lax", "; Path=/auth", "; Max-Age=1209600"):
            assert attribute in cookie
        assert "Domain" not in cookie
        assert len(answer.headers.getlist("Set-Cookie")) == 1
        token = token_of(browser.refresh_token)
        assert token.handle not in answer.text
        assert token.secret not in answer.text

    def test_over_https_the_cookie_is_secure(self, make_site: MakeSite) -> None:
        site = make_site(
            DOVETAIL_AUTH_STRATEGY="token", DOVETAIL_API_ORIGIN="https://api.example.com"
        )
        answer = site.app.test_client().post(
            "/auth/login", json=CREDENTIALS, base_url="https://api.example.com"
        )
        assert answer.headers["Set-Cookie"].startswith("__Secure-rt=")
        assert "; Secure" in answer.headers["Set-Cookie"]

    def test_refresh_token_is_not_stored_in_clear(self, site: AuthSite) -> None:
        browser = site.token_browser()
        browser.sign_in()
        browser.refresh()
        token = token_of(browser.refresh_token)
        folder = Path(site.app.instance_path)
        kept = b"".join(each.read_bytes() for each in folder.iterdir())
        assert token.handle.encode() not in kept
        assert token.secret.encode() not in kept
        assert handle_hash(token.handle).encode() in kept
        assert secret_hash(token.secret).encode() in kept

    def test_login_ends_the_former_login_of_the_browser(self, any_token_site: AuthSite) -> None:
        browser, thief = any_token_site.token_browser(), any_token_site.token_browser()
        browser.sign_in("bob")
        former = browser.refresh_token
        browser.sign_in("ada")
        assert browser.refresh_token != former
        assert code(thief.refresh(former)) == "SESSION_EXPIRED"
        assert any_token_site.logins().of_subject("bob") == []
        assert len(any_token_site.logins().of_subject("ada")) == 1

    def test_a_login_that_no_key_could_sign_is_not_begun(self, site: AuthSite) -> None:
        """Too many scopes for a header: an error of the application's, found before the write."""
        scopes = [f"scope:{number}:{'x' * 20}" for number in range(400)]
        site.people["ada"] = auth.Identity("ada", scopes=scopes)
        with pytest.raises(auth.guard.DeclarationError, match="access token"):
            site.token_browser().sign_in()
        assert site.logins().of_subject("ada") == []


class TestRefreshing:
    def test_refresh_gives_a_new_access_token_and_a_new_cookie(
        self, any_token_site: AuthSite
    ) -> None:
        browser = any_token_site.token_browser()
        first = browser.sign_in()
        before = token_of(browser.refresh_token)
        any_token_site.clock.advance(800)
        second = browser.refresh()
        after = token_of(browser.refresh_token)
        assert second.status_code == 200
        assert second.json.keys() == first.json.keys()
        assert second.json["access_token"] != first.json["access_token"]
        assert second.json["login"] == first.json["login"]
        assert (after.handle, after.secret) != (before.handle, before.secret)
        assert after.handle == before.handle
        assert "; Max-Age=1208800" in second.headers["Set-Cookie"]

    def test_refresh_does_not_move_the_end_of_the_login(self, make_site: MakeSite) -> None:
        site = make_site(DOVETAIL_AUTH_STRATEGY="token", DOVETAIL_AUTH_REFRESH_SECONDS=604_800)
        browser = site.token_browser()
        browser.sign_in()
        for _ in range(2):
            site.clock.advance(302_400)
            answer = browser.refresh()
            assert answer.json["login"]["expires_at"] == "2027-01-22T08:00:00Z"
        assert answer.json["expires_in"] == 1  # and no access token outlives it
        site.clock.advance(31)
        assert code(browser.refresh()) == "SESSION_EXPIRED"

    def test_a_login_ends_after_the_idle_limit_and_not_while_busy(
        self, any_token_site: AuthSite
    ) -> None:
        browser = any_token_site.token_browser()
        browser.sign_in()
        any_token_site.clock.advance(600_000)
        assert browser.refresh().status_code == 200
        any_token_site.clock.advance(604_831)
        answer = browser.refresh()
        assert code(answer) == "SESSION_EXPIRED"
        assert "Set-Cookie" not in answer.headers
        assert browser.client.get("/auth/session").json == {"login": None}

    def test_a_lost_answer_is_repeated_within_the_window(self, any_token_site: AuthSite) -> None:
        """The browser never saw the successor, and asks again with what it has."""
        browser, again = any_token_site.token_browser(), any_token_site.token_browser()
        browser.sign_in()
        before = browser.refresh_token
        browser.refresh()
        answer = again.refresh(before)
        assert answer.status_code == 200
        assert again.refresh_token == browser.refresh_token
        assert "; Max-Age=1209600" in answer.headers["Set-Cookie"]

    def test_replay_after_the_window_ends_the_login_and_is_reported(
        self, make_site: MakeSite, caplog: pytest.LogCaptureFixture
    ) -> None:
        site = make_site(DOVETAIL_AUTH_STRATEGY="token", DOVETAIL_AUTH_REFRESH_GRACE_SECONDS=0)
        browser, thief = site.token_browser(), site.token_browser()
        login = browser.sign_in().json["login"]
        stolen = browser.refresh_token
        browser.refresh()
        told: list[tuple[Flask, Login]] = []

        def listener(app: Flask, login: Login) -> None:
            told.append((app, login))
            assert site.logins().of_subject("ada") == []  # it has ended before

        def failing(_app: Flask, **_event: Any) -> None:
            raise RuntimeError("the mail server is away")

        with (
            auth.refresh_reused.connected_to(failing, site.app),
            auth.refresh_reused.connected_to(listener, site.app),
        ):
            answer = thief.refresh(stolen)
        assert code(answer) == "REFRESH_REUSED"
        assert answer.headers["WWW-Authenticate"] == BEARER
        assert "Set-Cookie" not in answer.headers
        ((app, ended),) = told
        assert app is site.app
        assert (ended.id, ended.subject, ended.strategy) == (login["id"], "ada", "token")
        assert code(browser.refresh()) == "SESSION_EXPIRED"
        (event,) = [each for each in caplog.records if each.msg == "refresh token reused"]
        assert (event.levelname, event.subject, event.login) == ("WARNING", "ada", login["id"])  # type: ignore[attr-defined]
        assert any("receiver" in each.msg for each in caplog.records)

    def test_another_app_hears_nothing_of_it(self, make_site: MakeSite) -> None:
        site, other = (
            make_site(DOVETAIL_AUTH_STRATEGY="token", DOVETAIL_AUTH_REFRESH_GRACE_SECONDS=0)
            for _ in range(2)
        )
        browser = site.token_browser()
        browser.sign_in()
        stolen = browser.refresh_token
        browser.refresh()

        def listener(_app: Flask, **_event: Any) -> None:
            pytest.fail("heard of another app's login")

        with auth.refresh_reused.connected_to(listener, other.app):
            assert code(browser.refresh(stolen)) == "REFRESH_REUSED"

    @pytest.mark.parametrize(
        ("cookie", "expected"),
        [
            (None, "UNAUTHENTICATED"),
            ("", "UNAUTHENTICATED"),
            ("x", "UNAUTHENTICATED"),
            ("A" * 43, "UNAUTHENTICATED"),
            (FORGED, "SESSION_EXPIRED"),
            (FORGED + "=", "UNAUTHENTICATED"),
            ("A" * 100_000, "UNAUTHENTICATED"),
            (f"{FORGED}.{'C' * 43}", "UNAUTHENTICATED"),
        ],
    )
    def test_dead_refresh_token_is_refused_and_its_cookie_stays(
        self, site: AuthSite, cookie: str | None, expected: str
    ) -> None:
        headers = OURS if cookie is None else OURS | {"Cookie": f"rt={cookie}"}
        answer = site.app.test_client(use_cookies=False).post("/auth/refresh", headers=headers)
        assert (answer.status_code, code(answer)) == (401, expected)
        assert answer.headers["WWW-Authenticate"] == BEARER
        assert "Set-Cookie" not in answer.headers

    def test_a_tampered_secret_ends_the_login(self, site: AuthSite) -> None:
        """Only somebody who had the cookie knows the handle: it is a replay in disguise."""
        browser = site.token_browser()
        browser.sign_in()
        token = token_of(browser.refresh_token)
        answer = browser.refresh(f"{token.handle}.{token.secret.swapcase()}")
        assert code(answer) == "REFRESH_REUSED"

    def test_two_different_cookies_are_refused(self, site: AuthSite) -> None:
        browser = site.token_browser()
        browser.sign_in()
        twice = {"Cookie": f"rt={browser.refresh_token}; rt={FORGED}"}
        client = site.app.test_client(use_cookies=False)
        for method, path in (
            ("POST", "/auth/refresh"),
            ("POST", "/auth/logout"),
            ("POST", "/auth/login"),
            ("GET", "/auth/session"),
        ):
            answer = client.open(
                path,
                method=method,
                headers=OURS | twice,
                json=CREDENTIALS if path == "/auth/login" else None,
            )
            assert (answer.status_code, code(answer)) == (400, "AMBIGUOUS_COOKIE")
        assert browser.refresh().status_code == 200

    def test_eight_at_once_get_one_successor(self, any_token_site: AuthSite) -> None:
        browser = any_token_site.token_browser()
        browser.sign_in()
        presented = browser.refresh_token
        begin = threading.Barrier(8)

        def present(_: int) -> tuple[int, str | None]:
            tab = any_token_site.token_browser()
            begin.wait(10)
            return tab.refresh(presented).status_code, tab.refresh_token

        with ThreadPoolExecutor(8) as pool:
            for _ in range(3):
                answers = set(pool.map(present, range(8)))
                assert len(answers) == 1
                ((status, successor),) = answers
                assert status == 200
                assert successor != presented
                presented = successor
        assert len(any_token_site.logins().of_subject("ada")) == 1

    def test_a_disabled_account_gets_no_other_token(self, any_token_site: AuthSite) -> None:
        browser = any_token_site.token_browser()
        browser.sign_in()
        any_token_site.people["ada"] = None
        assert code(browser.refresh()) == "SESSION_EXPIRED"
        assert any_token_site.logins().of_subject("ada") == []

    def test_failure_before_the_swap_changes_nothing(self, site: AuthSite) -> None:
        """Otherwise the browser, whose answer was 500, would come back too late one day."""
        browser = site.token_browser()
        browser.sign_in()
        before = browser.refresh_token
        (kept,) = site.logins().of_subject("ada")
        family = site.logins().find_family(handle_hash(token_of(before).handle))
        assert family is not None

        class Away(dict[str, auth.Identity | None]):
            def get(self, *_args: Any) -> Any:
                raise RuntimeError("the users' database is away")

        site.people = Away()
        with pytest.raises(RuntimeError):
            browser.refresh()
        now = site.logins().find_family(handle_hash(token_of(before).handle))
        assert now is not None
        assert (now.refresh_hash, now.rotations) == (family.refresh_hash, ())
        assert site.logins().of_subject("ada") == [kept]


class TestLeaving:
    def test_it_ends_the_family_and_clears_its_cookie(self, any_token_site: AuthSite) -> None:
        browser, thief = any_token_site.token_browser(), any_token_site.token_browser()
        browser.sign_in()
        token = browser.refresh_token
        set_by = browser.refresh().headers["Set-Cookie"]
        answer = browser.post("/auth/logout")
        assert (answer.status_code, answer.data) == (204, b"")
        cleared = answer.headers["Set-Cookie"]
        assert "Max-Age=0" in cleared
        kept = {p.strip() for p in set_by.split(";")[1:] if "Max-Age" not in p and "Exp" not in p}
        assert kept <= {p.strip() for p in cleared.split(";")}
        assert browser.refresh_token is None
        assert code(thief.refresh(token)) == "SESSION_EXPIRED"
        assert any_token_site.logins().of_subject("ada") == []

    def test_logout_without_a_login_is_no_error(self, site: AuthSite) -> None:
        browser = site.token_browser()
        assert browser.post("/auth/logout").status_code == 204
        browser.sign_in()
        browser.post("/auth/logout")
        assert browser.post("/auth/logout").status_code == 204

    def test_by_the_access_token_alone_it_ends_its_login(self, site: AuthSite) -> None:
        """A mobile app that has lost its cookie."""
        browser = site.token_browser()
        browser.sign_in()
        bearer = {"Authorization": f"Bearer {browser.access_token}"}
        answer = site.app.test_client().post("/auth/logout", headers=bearer)
        assert answer.status_code == 204
        assert "Set-Cookie" not in answer.headers
        assert code(browser.refresh()) == "SESSION_EXPIRED"

    def test_an_expired_access_token_does_not_hinder_it(self, site: AuthSite) -> None:
        browser = site.token_browser()
        browser.sign_in()
        site.clock.advance(2000)
        assert browser.post("/auth/logout").status_code == 204
        assert site.logins().of_subject("ada") == []

    def test_any_generation_of_the_cookie_will_do(self, site: AuthSite) -> None:
        """A logout that races a refresh leaves nobody signed in."""
        browser, other_tab = site.token_browser(), site.token_browser()
        browser.sign_in()
        other_tab.client.set_cookie("rt", browser.refresh_token or "", path="/auth")
        for _ in range(3):
            browser.refresh()
        assert other_tab.post("/auth/logout").status_code == 204
        assert code(browser.refresh()) == "SESSION_EXPIRED"

    def test_ending_the_current_login_by_its_id_signs_out(self, any_token_site: AuthSite) -> None:
        browser = any_token_site.token_browser()
        login_id = browser.sign_in().json["login"]["id"]
        assert browser.delete(f"/auth/sessions/{login_id}").status_code == 204
        assert browser.refresh_token is None

    def test_ending_the_current_login_spares_the_cookie_of_another(self, site: AuthSite) -> None:
        """A bearer of one login in a browser that has the cookie of another."""
        browser, other = site.token_browser(), site.token_browser()
        login_id = browser.sign_in().json["login"]["id"]
        other.sign_in()
        other.access_token = browser.access_token
        answer = other.delete(f"/auth/sessions/{login_id}")
        assert answer.status_code == 204
        assert "Set-Cookie" not in answer.headers
        assert other.refresh().status_code == 200


class TestTheSession:
    def test_session_is_read_by_the_refresh_cookie_without_replacing_it(
        self, any_token_site: AuthSite
    ) -> None:
        """A page that has just opened has no access token."""
        browser = any_token_site.token_browser()
        login = browser.sign_in().json["login"]
        token = browser.refresh_token
        browser.access_token = None
        answer = browser.get("/auth/session")
        assert answer.json == {"login": login}
        assert "Set-Cookie" not in answer.headers
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Vary"] == "Cookie, Authorization"
        assert browser.refresh_token == token

    def test_bad_access_token_signs_nobody_in_beside_a_good_cookie(self, site: AuthSite) -> None:
        browser = site.token_browser()
        browser.sign_in()
        browser.access_token = "not.a.token"
        assert browser.get("/auth/session").json == {"login": None}

    def test_the_refresh_cookie_signs_nobody_in_elsewhere(self, site: AuthSite) -> None:
        browser = site.token_browser()
        browser.sign_in()
        browser.client.set_cookie("rt", browser.refresh_token or "")  # at every path
        browser.access_token = None
        for path in ("/api/me", "/auth/sessions"):
            answer = browser.get(path)
            assert (code(answer), answer.headers["WWW-Authenticate"]) == ("UNAUTHENTICATED", BEARER)

    def test_list_names_the_strategy_of_each_login(self, site: AuthSite) -> None:
        browser = site.token_browser()
        browser.sign_in()
        (item,) = browser.get("/auth/sessions").json["items"]
        assert (item["strategy"], item["current"]) == ("token", True)
        site.clock.advance(700)
        browser.refresh()
        (item,) = browser.get("/auth/sessions").json["items"]
        assert item["last_seen_at"] == "2027-01-15T08:11:40Z"


def test_rotating_in_the_very_request_that_begins_a_token_login_does_nothing(
    site: AuthSite,
) -> None:
    @site.app.after_request
    def rotate(answer: Response) -> Response:
        auth.rotate_login()
        return answer

    browser = site.token_browser()
    assert browser.sign_in().status_code == 200
    assert browser.refresh().status_code == 200


def test_the_document_says_what_this_strategy_serves(site: AuthSite, make_site: MakeSite) -> None:
    tokens = site.app.test_client().get("/openapi.json").json
    sessions = make_site().app.test_client().get("/openapi.json").json
    assert tokens["components"]["securitySchemes"]["bearer"] == {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "From POST /auth/login, and again from POST /auth/refresh. Needs no CSRF "
        "token.",
    }
    assert tokens["paths"]["/api/me"]["get"]["security"] == [{"bearer": []}, {"session": []}]
    assert sessions["paths"]["/api/me"]["get"]["security"] == [{"session": []}]
    only_here = {"/auth/refresh", "/.well-known/jwks.json"}
    assert tokens["paths"].keys() - sessions["paths"].keys() == only_here
    assert sessions["paths"].keys() <= tokens["paths"].keys()
    answer = tokens["paths"]["/auth/login"]["post"]["responses"]["200"]["content"]
    assert answer["application/json"]["schema"] == {"$ref": "#/components/schemas/Granted"}
    refresh = tokens["paths"]["/auth/refresh"]["post"]
    assert {"200", "400", "401", "403"} <= refresh["responses"].keys()
    assert "security" not in refresh
