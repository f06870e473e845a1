"""Signing in and out, and how long a login lives, through the whole of an app."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from flask import Response

from flask_dovetail import auth
from flask_dovetail.auth.authority import Auth
from flask_dovetail.auth.logins.rules import digest
from flask_dovetail.core import state
from support.auth_site import PASSWORD, AuthSite, Browser, MakeSite


def code(answer: Any) -> str:
    assert answer.content_type == "application/problem+json"
    assert answer.json["status"] == answer.status_code
    return str(answer.json["code"])


def test_signing_in_answers_with_the_login_and_its_token(any_site: AuthSite) -> None:
    browser = any_site.browser()
    answer = browser.sign_in()
    assert answer.status_code == 200
    login = answer.json["login"]
    assert login["subject"] == "ada"
    assert login["roles"] == ["staff"]
    assert login["scopes"] == ["posts:read", "posts:write"]
    assert login["created_at"] == "2027-01-15T08:00:00Z"
    assert login["expires_at"] == "2027-01-29T08:00:00Z"
    assert browser.get("/api/me").json == login
    assert browser.get("/auth/session").json == {"login": login}
    assert browser.get("/api/csrf-token").json == {"csrf": answer.json["csrf"]}


def test_the_session_cookie_is_out_of_reach_of_scripts_and_lives_no_longer_than_the_login(
    browser: Browser,
) -> None:
    cookie = browser.sign_in().headers["Set-Cookie"]
    assert "; HttpOnly" in cookie
    assert "; SameSite=Lax" in cookie
    assert "; Max-Age=1209600" in cookie
    assert "Domain" not in cookie
    assert len(cookie) < 4096


def test_over_https_the_cookie_is_secure_and_bound_to_the_host(make_site: MakeSite) -> None:
    site = make_site(DOVETAIL_API_ORIGIN="https://api.example.com")
    client = site.app.test_client()
    base = {"base_url": "https://api.example.com"}
    token = client.get("/api/csrf-token", **base).json["csrf"]
    answer = client.post(
        "/auth/login",
        json={"email": "ada@example.com", "password": PASSWORD},
        headers={"X-CSRF-Token": token},
        **base,
    )
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-sid=")
    assert "; Secure" in cookie
    assert client.get("/api/me", **base).status_code == 200


def test_the_session_id_leaves_by_the_cookie_only_and_is_kept_as_a_hash(
    site: AuthSite, browser: Browser
) -> None:
    answer = browser.sign_in()
    assert browser.session_id is not None
    assert browser.session_id not in answer.text
    for path in ("/api/me", "/auth/session", "/auth/sessions"):
        assert browser.session_id not in browser.get(path).text
    folder = Path(site.app.instance_path)
    kept = b"".join(each.read_bytes() for each in folder.iterdir())
    assert browser.session_id.encode() not in kept
    assert digest(browser.session_id).encode() in kept


def test_every_login_has_an_id_of_its_own(site: AuthSite) -> None:
    seen = set()
    for _ in range(5):
        browser = site.browser()
        browser.sign_in()
        seen.add(browser.session_id)
    assert len(seen) == 5


def test_signing_in_again_ends_the_login_that_the_browser_had(any_site: AuthSite) -> None:
    browser, thief = any_site.browser(), any_site.browser()
    browser.sign_in("bob")
    first = browser.session_id
    assert first is not None
    browser.sign_in("ada")
    assert browser.session_id != first
    thief.client.set_cookie("sid", first)
    assert code(thief.get("/api/me")) == "SESSION_EXPIRED"
    assert any_site.logins().of_subject("bob") == []


def test_an_id_that_was_planted_before_is_not_taken_over(any_site: AuthSite) -> None:
    browser = any_site.browser()
    planted = "A" * 43
    browser.client.set_cookie("sid", planted)
    assert browser.sign_in().status_code == 200
    assert browser.session_id != planted
    thief = any_site.browser()
    thief.client.set_cookie("sid", planted)
    assert code(thief.get("/api/me")) == "SESSION_EXPIRED"


def test_logging_out_ends_the_login_on_the_server(any_site: AuthSite) -> None:
    browser, thief = any_site.browser(), any_site.browser()
    browser.sign_in()
    assert browser.session_id is not None
    thief.client.set_cookie("sid", browser.session_id)
    assert thief.get("/api/me").status_code == 200
    answer = browser.post("/auth/logout")
    assert answer.status_code == 204
    assert browser.session_id is None
    assert code(browser.get("/api/me")) == "UNAUTHENTICATED"
    assert code(thief.get("/api/me")) == "SESSION_EXPIRED"


def test_logging_out_clears_the_cookie_with_the_attributes_it_was_set_with(
    browser: Browser,
) -> None:
    def attributes(cookie: str) -> set[str]:
        parts = {part.strip() for part in cookie.split(";")[1:]}
        return {part for part in parts if not part.startswith(("Max-Age", "Expires"))}

    set_by = browser.sign_in().headers["Set-Cookie"]
    cleared_by = browser.post("/auth/logout").headers["Set-Cookie"]
    assert attributes(set_by) == attributes(cleared_by)
    assert "Max-Age=0" in cleared_by


def test_logging_out_when_signed_out_is_no_error(browser: Browser) -> None:
    assert browser.post("/auth/logout").status_code == 204
    browser.sign_in()
    browser.post("/auth/logout")
    browser.fetch_token()
    assert browser.post("/auth/logout").status_code == 204


def test_logging_out_with_a_login_that_has_ended_still_clears_the_cookie(
    site: AuthSite, browser: Browser
) -> None:
    browser.sign_in()
    with site.app.app_context():
        auth.end_logins("ada")
    assert browser.post("/auth/logout").status_code == 204
    assert code(browser.get("/api/me")) == "UNAUTHENTICATED"


def test_a_request_that_loses_its_login_midway_clears_no_cookie(
    any_site: AuthSite,
) -> None:
    """A logout races a slower request of another tab: the slow one changes nothing."""
    entered, ended = threading.Event(), threading.Event()

    @any_site.app.get("/slow")
    @auth.signed_in
    def slow() -> dict[str, str]:
        entered.set()
        assert ended.wait(10)
        return {"seen": str(auth.current_identity())}

    browser, other_tab = any_site.browser(), any_site.browser()
    browser.sign_in()
    assert browser.session_id is not None
    other_tab.client.set_cookie("sid", browser.session_id)
    with ThreadPoolExecutor(1) as pool:
        pending = pool.submit(other_tab.get, "/slow")
        assert entered.wait(10)
        any_site.clock.advance(120)  # touching would be due now
        assert browser.post("/auth/logout").status_code == 204
        ended.set()
        answer = pending.result()
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
    after = other_tab.get("/api/me")
    assert code(after) == "SESSION_EXPIRED"
    assert "Set-Cookie" not in after.headers


def test_a_login_ends_after_the_idle_limit_and_not_while_busy(any_site: AuthSite) -> None:
    browser = any_site.browser()
    browser.sign_in()
    for _ in range(4):
        any_site.clock.advance(3000)
        assert browser.get("/api/me").status_code == 200
    any_site.clock.advance(3631)
    answer = browser.get("/api/me")
    assert answer.status_code == 401
    assert code(answer) == "SESSION_EXPIRED"
    assert "Set-Cookie" not in answer.headers
    assert browser.get("/auth/session").json == {"login": None}


def test_a_login_ends_at_its_absolute_limit_however_busy(make_site: MakeSite) -> None:
    site = make_site(DOVETAIL_AUTH_ABSOLUTE_SECONDS=4000)
    browser = site.browser()
    expires_at = browser.sign_in().json["login"]["expires_at"]
    for _ in range(2):
        site.clock.advance(2000)
        assert browser.get("/api/me").json["expires_at"] == expires_at
    site.clock.advance(31)
    assert code(browser.get("/api/me")) == "SESSION_EXPIRED"


def test_workers_whose_clocks_differ_by_30_s_agree_about_a_login(any_site: AuthSite) -> None:
    browser = any_site.browser()
    browser.sign_in()
    any_site.clock.advance(-30)
    assert browser.get("/api/me").status_code == 200
    any_site.clock.advance(30 + 3600 + 30)
    assert browser.get("/api/me").status_code == 200


def test_last_seen_is_written_at_most_once_a_minute(any_site: AuthSite) -> None:
    browser = any_site.browser()
    browser.sign_in()
    for seconds, seen in ((59, 0), (1, 60), (30, 60), (60, 150)):
        any_site.clock.advance(seconds)
        browser.get("/api/me")
        (login,) = any_site.logins().of_subject("ada")
        assert login.last_seen_at == 1_800_000_000 + seen


def test_ending_the_current_login_by_its_id_signs_out(any_site: AuthSite) -> None:
    browser = any_site.browser()
    login_id = browser.sign_in().json["login"]["id"]
    assert browser.delete(f"/auth/sessions/{login_id}").status_code == 204
    assert browser.session_id is None
    assert code(browser.get("/api/me")) == "UNAUTHENTICATED"


def test_logins_that_a_limit_has_ended_are_not_listed(any_site: AuthSite) -> None:
    old, new = any_site.browser(), any_site.browser()
    old.sign_in()
    any_site.clock.advance(3631)
    new.sign_in()
    assert len(new.get("/auth/sessions").json["items"]) == 1


def test_a_change_of_privilege_gives_the_login_a_new_id(any_site: AuthSite) -> None:
    @any_site.app.post("/elevate")
    @auth.signed_in
    def elevate() -> dict[str, str]:
        auth.rotate_login()
        login = auth.current_login()
        assert login is not None
        return {"id": login.id}

    browser, thief = any_site.browser(), any_site.browser()
    login = browser.sign_in().json["login"]
    old = browser.session_id
    assert old is not None
    assert browser.post("/elevate").json == {"id": login["id"]}
    assert browser.session_id != old
    assert browser.get("/api/me").json == login
    thief.client.set_cookie("sid", old)
    assert code(thief.get("/api/me")) == "SESSION_EXPIRED"
    assert code(browser.post("/auth/logout-others")) == "CSRF_FAILED"
    browser.fetch_token()
    assert browser.post("/auth/logout-others").status_code == 200


def test_rotating_a_login_that_ended_midway_does_not_bring_it_back(any_site: AuthSite) -> None:
    @any_site.app.post("/elevate")
    @auth.signed_in
    def elevate() -> dict[str, str]:
        auth.end_logins("ada")
        auth.rotate_login()
        return {}

    browser = any_site.browser()
    browser.sign_in()
    answer = browser.post("/elevate")
    assert code(answer) == "SESSION_EXPIRED"
    assert "Set-Cookie" not in answer.headers
    assert any_site.logins().of_subject("ada") == []


def test_nobody_is_signed_in_outside_a_request(site: AuthSite) -> None:
    with site.app.app_context():
        assert auth.current_identity() is None
        assert auth.current_login() is None
        assert auth.current_subject() is None


def test_an_app_context_that_outlives_a_request_does_not_carry_its_login(site: AuthSite) -> None:
    with site.app.app_context():
        signed_in, stranger = site.browser(), site.browser()
        signed_in.sign_in()
        assert signed_in.get("/api/me").status_code == 200
        assert stranger.get("/api/me").status_code == 401


def test_two_apps_in_one_process_do_not_share_logins(make_site: MakeSite) -> None:
    one, other = make_site(), make_site()
    browser = one.browser()
    browser.sign_in()
    assert browser.session_id is not None
    stranger = other.browser()
    stranger.client.set_cookie("sid", browser.session_id)
    assert code(stranger.get("/api/me")) == "SESSION_EXPIRED"


def test_answer_that_depends_on_the_login_is_not_cached(site: AuthSite, browser: Browser) -> None:
    @site.app.get("/cached")
    @auth.signed_in
    def cached() -> Any:
        return {"a": 1}, {"Cache-Control": "private, max-age=60", "Vary": "Accept-Language"}

    @site.app.get("/public")
    def public() -> dict[str, int]:
        return {"a": 1}

    browser.sign_in()
    for path in ("/api/me", "/auth/session", "/auth/sessions", "/api/csrf-token"):
        answer = browser.get(path)
        assert answer.headers["Cache-Control"] == "no-store", path
        assert answer.headers["Vary"] == "Cookie, Authorization", path
    assert site.browser().get("/api/me").headers["Cache-Control"] == "no-store"
    own = browser.get("/cached").headers
    assert own["Cache-Control"] == "private, max-age=60"
    assert own["Vary"] == "Accept-Language, Cookie, Authorization"
    assert "Vary" not in browser.get("/public").headers


def test_vary_header_of_a_view_is_preserved(site: AuthSite, browser: Browser) -> None:
    @site.app.get("/varied")
    @auth.signed_in
    def varied() -> Any:
        answer = Response("varied")
        answer.headers.extend([("Vary", "Accept-Language"), ("vary", "cookie, Origin")])
        return answer

    browser.sign_in()
    headers = browser.get("/varied").headers
    assert headers.getlist("Vary") == ["Accept-Language, cookie, Origin, Authorization"]


class CountingLogins:
    """Passes everything on, and counts reads."""

    def __init__(self, logins: Any) -> None:
        self._logins = logins
        self.reads = 0

    def find(self, token_hash: str) -> Any:
        self.reads += 1
        return self._logins.find(token_hash)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._logins, name)


def test_the_store_is_read_once_when_asked_and_never_otherwise(
    site: AuthSite, browser: Browser
) -> None:
    @site.app.get("/often")
    @auth.signed_in(role="staff")
    def often() -> dict[str, bool]:
        return {"same": auth.current_identity() is auth.current_identity()}

    @site.app.get("/never")
    def never() -> dict[str, str | None]:
        return {"subject": auth.current_subject()}

    browser.sign_in()
    counting = CountingLogins(site.logins())
    with site.app.app_context():
        vars(state.get(Auth))["logins"] = counting
    assert browser.get("/never").json == {"subject": None}
    assert counting.reads == 0
    assert browser.get("/often").json == {"same": True}
    assert counting.reads == 1


def test_an_app_without_logins_has_no_routes_for_them(make_site: MakeSite, tmp_path: Any) -> None:
    from flask import Flask

    from flask_dovetail import contract
    from flask_dovetail.topology import Topology

    app = Flask("no_logins", instance_path=str(tmp_path))
    app.config["SECRET_KEY"] = "x" * 32
    app.extensions[state.KEY] = state.State()
    contract.init_app(app, request_id=lambda: None, store_of=lambda _: None, security_schemes={})
    auth.init_app(
        app,
        topology=Topology.from_config({}),
        authenticate=None,
        load_identity=None,
        engine=lambda: pytest.fail("no store is needed"),
        valkey=None,
    )

    @app.get("/guarded")
    @auth.signed_in
    def guarded() -> dict[str, int]:
        return {}

    client = app.test_client()
    client.set_cookie("sid", "A" * 43)
    assert code(client.get("/guarded")) == "UNAUTHENTICATED"
    assert client.get("/auth/session").status_code == 404
    assert client.get("/api/csrf-token").status_code == 200
