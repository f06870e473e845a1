"""Requests that another site makes a browser send, and those that it may not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine

from flask_dovetail import auth
from flask_dovetail.database import upgrade
from support.auth_site import PASSWORD, SECRET_KEY, AuthSite, Browser, MakeSite

CREDENTIALS = {"email": "ada@example.com", "password": PASSWORD}


def code(answer: Any) -> str:
    assert answer.content_type == "application/problem+json"
    return str(answer.json["code"])


@pytest.fixture
def site(make_site: MakeSite) -> AuthSite:
    made = make_site(
        DOVETAIL_API_ORIGIN="http://localhost:5000",
        DOVETAIL_FRONTEND_ORIGINS=["http://localhost:5173"],
        DOVETAIL_AUTH_CSRF_VIEWS="all",
    )
    calls: list[str] = []
    made.app.extensions["calls"] = calls

    @made.app.route("/thing", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
    def thing() -> dict[str, Any]:
        from flask import request

        calls.append(request.method)
        return {"subject": getattr(auth.current_identity(), "subject", None)}

    @made.app.post("/hook")
    @auth.csrf_exempt
    def hook() -> dict[str, Any]:
        return {"subject": getattr(auth.current_identity(), "subject", None)}

    return made


def calls(site: AuthSite) -> list[str]:
    made: list[str] = site.app.extensions["calls"]
    return made


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_an_unsafe_request_with_the_session_cookie_needs_its_token(
    site: AuthSite, browser: Browser, method: str
) -> None:
    browser.sign_in()
    token, browser.token = browser.token, None
    answer = browser._unsafe(method, "/thing")
    assert answer.status_code == 403
    assert code(answer) == "CSRF_FAILED"
    assert calls(site) == []
    browser.token = token
    assert browser._unsafe(method, "/thing").json == {"subject": "ada"}


@pytest.mark.parametrize("token", ["", "x", "x" * 43, "é" * 43, "x" * 7000, "\x00"])
def test_a_token_that_was_not_made_for_this_login_is_refused(browser: Browser, token: str) -> None:
    browser.sign_in()
    browser.token = token.encode("utf-8").decode("latin-1")
    answer = browser.post("/thing")
    assert answer.status_code == 403
    assert code(answer) == "CSRF_FAILED"
    assert token not in answer.text or token in ("", "x")


def test_the_token_of_another_login_is_refused(site: AuthSite) -> None:
    adas, bobs = site.browser(), site.browser()
    adas.sign_in()
    bobs.sign_in("bob")
    adas.token = bobs.token
    assert code(adas.post("/thing")) == "CSRF_FAILED"


def test_the_token_from_before_signing_in_is_refused_after_it(browser: Browser) -> None:
    before = browser.fetch_token()
    browser.sign_in()
    browser.token = before
    assert code(browser.post("/thing")) == "CSRF_FAILED"


def test_the_token_lives_as_long_as_the_login(site: AuthSite, browser: Browser) -> None:
    token = browser.sign_in().json["csrf"]
    for _ in range(3):
        site.clock.advance(3000)
        assert browser.get("/api/csrf-token").json["csrf"] == token
        assert browser.post("/thing").status_code == 200


def test_a_fetched_token_heals_a_refused_request(browser: Browser) -> None:
    browser.sign_in()
    browser.token = None
    assert code(browser.post("/thing")) == "CSRF_FAILED"
    browser.fetch_token()
    assert browser.post("/thing").status_code == 200


def test_an_ended_login_can_still_be_replaced_by_signing_in(
    site: AuthSite, browser: Browser
) -> None:
    browser.sign_in()
    with site.app.app_context():
        auth.end_logins("ada")
    browser.fetch_token()
    assert browser.sign_in().status_code == 200


def test_signing_in_needs_a_token_even_without_any_cookie(site: AuthSite, browser: Browser) -> None:
    """Login CSRF: a foreign page must not sign somebody in to the attacker's account."""
    answer = browser.post("/auth/login", json=CREDENTIALS)
    assert answer.status_code == 403
    assert code(answer) == "CSRF_FAILED"
    browser.token = "x" * 43
    assert code(browser.post("/auth/login", json=CREDENTIALS)) == "CSRF_FAILED"
    assert site.asked == []


def test_the_anonymous_cookie_is_set_once_and_scripts_cannot_read_it(browser: Browser) -> None:
    first = browser.get("/api/csrf-token")
    assert first.headers["Set-Cookie"].startswith("csrf=")
    assert "; HttpOnly" in first.headers["Set-Cookie"]
    assert "; SameSite=Lax" in first.headers["Set-Cookie"]
    second = browser.get("/api/csrf-token")
    assert "Set-Cookie" not in second.headers
    assert second.json == first.json


def test_an_unsafe_request_with_the_anonymous_cookie_needs_its_token(browser: Browser) -> None:
    token = browser.fetch_token()
    browser.token = None
    assert code(browser.post("/thing")) == "CSRF_FAILED"
    browser.token = token
    assert browser.post("/thing").status_code == 200


def test_a_client_without_our_cookies_needs_no_token(browser: Browser) -> None:
    browser.client.set_cookie("theme", "dark")
    assert browser.post("/thing").json == {"subject": None}


def test_a_foreign_cookie_of_our_name_is_not_taken_for_ours(browser: Browser) -> None:
    """Ports do not isolate cookies: another program on localhost may have set `sid`."""
    browser.client.set_cookie("sid", "somebody-elses")
    assert browser.post("/thing").json == {"subject": None}
    assert browser.sign_in().status_code == 200


@pytest.mark.parametrize(
    ("content_type", "data"),
    [
        ("text/plain", '{"email": "ada@example.com", "password": "x"}'),
        ("application/x-www-form-urlencoded", "email=ada%40example.com&password=x"),
        ("multipart/form-data; boundary=x", "--x--"),
    ],
)
@pytest.mark.parametrize("path", ["/thing", "/auth/login", "/auth/logout", "/auth/logout-others"])
def test_form_post_with_the_cookie_is_refused(
    site: AuthSite, browser: Browser, path: str, content_type: str, data: str
) -> None:
    browser.sign_in()
    browser.token = None
    answer = browser.post(path, data=data, content_type=content_type)
    assert answer.status_code == 403
    assert code(answer) == "CSRF_FAILED"
    assert calls(site) == []
    assert browser.get("/api/me").status_code == 200


def test_a_token_in_the_form_or_the_address_does_not_count(browser: Browser) -> None:
    browser.sign_in()
    token, browser.token = browser.token, None
    for kwargs in (
        {"data": {"csrf": token, "X-CSRF-Token": token, "csrf_token": token}},
        {"query_string": {"csrf": token, "csrf_token": token}},
    ):
        assert code(browser.post("/thing", **kwargs)) == "CSRF_FAILED"


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": "http://localhost:5174"},
        {"Origin": "http://localhost:5173/"},
        {"Origin": "http://localhost:5173, http://localhost:5173"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
)
@pytest.mark.parametrize("path", ["/thing", "/auth/login", "/auth/logout", "/no-such-path"])
def test_cross_origin_unsafe_request_is_refused_even_with_the_token(
    site: AuthSite, browser: Browser, path: str, headers: dict[str, str]
) -> None:
    browser.sign_in()
    answer = browser.post(path, headers=headers, json=CREDENTIALS)
    assert answer.status_code == 403
    assert code(answer) == "ORIGIN_NOT_ALLOWED"
    assert calls(site) == []
    assert browser.get("/api/me").status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://localhost:5173"},
        {"Origin": "http://localhost:5000", "Sec-Fetch-Site": "same-origin"},
        {"Origin": "http://localhost:5173", "Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-origin"},
        {},
    ],
)
def test_our_own_pages_may_write(browser: Browser, headers: dict[str, str]) -> None:
    browser.sign_in()
    assert browser.post("/thing", headers=headers).status_code == 200


def test_cross_origin_read_is_not_checked(browser: Browser) -> None:
    answer = browser.get("/thing", headers={"Origin": "https://evil.example"})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "override",
    [
        {"headers": {"X-HTTP-Method-Override": "DELETE"}},
        {"headers": {"X-HTTP-Method": "DELETE"}},
        {"headers": {"X-Method-Override": "DELETE"}},
        {"query_string": {"_method": "DELETE"}},
    ],
)
def test_a_method_override_is_never_honoured(
    site: AuthSite, browser: Browser, override: dict[str, Any]
) -> None:
    browser.sign_in()
    assert browser.get("/thing", **override).status_code == 200
    assert browser.post("/thing", data={"_method": "DELETE"}, **override).status_code == 200
    login_id = browser.get("/api/me").json["id"]
    assert browser.get(f"/auth/sessions/{login_id}", **override).status_code == 405
    assert calls(site) == ["GET", "POST"]


def test_exempt_view_accepts_any_origin_but_no_login(browser: Browser) -> None:
    browser.sign_in()
    browser.token = None
    answer = browser.post("/hook", headers={"Origin": "https://evil.example"})
    assert answer.json == {"subject": None}


def test_no_state_changes_on_get(browser: Browser) -> None:
    browser.sign_in()
    for path in ("/auth/login", "/auth/logout", "/auth/logout-others"):
        assert browser.get(path).status_code == 405
    assert browser.get("/api/me").status_code == 200


def test_a_rotated_secret_key_keeps_tokens_valid(make_site: MakeSite, tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path}/shared.sqlite3")
    upgrade(engine)
    before = make_site(engine=lambda: engine).browser()
    before.sign_in()
    assert before.session_id is not None
    for fallbacks, status in (([SECRET_KEY], 200), (["quite another key"], 403)):
        rotated = make_site(
            engine=lambda: engine,
            SECRET_KEY="the new key of this app",
            SECRET_KEY_FALLBACKS=fallbacks,
        )
        browser = rotated.browser()
        browser.client.set_cookie("sid", before.session_id)
        browser.token = before.token
        assert browser.post("/auth/logout-others").status_code == status
