"""Requests that another site makes a browser send, where bearers and refresh cookies count."""

from __future__ import annotations

import json
import secrets
import uuid
from typing import Any

import pytest

from flask_dovetail import auth
from flask_dovetail.auth.logins.rules import digest
from support.auth_site import PASSWORD, AuthSite, Browser, MakeSite

CREDENTIALS = {"email": "ada@example.com", "password": PASSWORD}
OURS = {"X-Requested-With": "XMLHttpRequest"}
PAGE = "http://localhost:5173"


def code(answer: Any) -> str:
    assert answer.content_type == "application/problem+json"
    return str(answer.json["code"])


@pytest.fixture(params=["session", "token"])
def site(request: pytest.FixtureRequest, make_site: MakeSite) -> AuthSite:
    """In each strategy, with the session cookie of a login beside."""
    made = make_site(
        DOVETAIL_AUTH_STRATEGY=request.param,
        DOVETAIL_API_ORIGIN="http://localhost:5000",
        DOVETAIL_FRONTEND_ORIGINS=[PAGE],
        DOVETAIL_AUTH_CSRF_VIEWS="all",
    )

    @made.app.route("/thing", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
    def thing() -> dict[str, Any]:
        return {"subject": getattr(auth.current_identity(), "subject", None)}

    @made.app.post("/guarded")
    @auth.signed_in
    def guarded() -> dict[str, Any]:
        return {"called": True}

    return made


def with_session_cookie(site: AuthSite) -> Browser:
    """A browser with the session cookie of a login that the session strategy has begun."""
    session_id = secrets.token_urlsafe(32)
    now = site.authority().now()
    site.logins().create(
        auth.Login(str(uuid.uuid4()), "ada", now, now, now + 9999, "", ""),
        digest(session_id),
    )
    client = site.app.test_client()
    client.set_cookie("sid", session_id)
    return Browser(client)


BEARERS = [
    "Bearer x.y.z",
    "bearer x.y.z",
    "BEARER x.y.z",
    "Bearer    x.y.z",
    "  Bearer x.y.z  ",
    "Bearer",
    "Bearer ",
    "bearer   ",
    "Bearer x.y.z, Bearer a.b.c",
    "Bearer x y z",
    "Bearer =",
    "Bearer \x00",
    "Bearer " + "x" * 100_000,
]
OTHERS = [
    "",
    " ",
    "Basic YWRhOnB3",
    "Basic YWRhOnB3, Bearer x.y.z",
    "Bearer\tx.y.z",
    "Bearer\xa0x.y.z",
    "Bearer,x.y.z",
    "Bearer:x.y.z",
    "BearerBearer x.y.z",
    "Bear er x",
    '"Bearer" x.y.z',
    ", Bearer x.y.z",
    "DPoP x.y.z",
]


@pytest.mark.parametrize("header", [*BEARERS, *OTHERS])
@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_no_authorization_header_lets_a_cookie_in_without_its_csrf_token(
    site: AuthSite, header: str, method: str
) -> None:
    browser = with_session_cookie(site)
    answer = browser._unsafe(method, "/thing", headers={"Authorization": header})
    if header in BEARERS:
        assert answer.json == {"subject": None}
    else:
        assert code(answer) == "CSRF_FAILED"


@pytest.mark.parametrize("header", BEARERS)
def test_a_bad_bearer_is_not_made_good_by_a_cookie(site: AuthSite, header: str) -> None:
    browser = with_session_cookie(site)
    browser.fetch_token()
    assert browser.post("/guarded").json == {"called": True}
    for answer in (
        browser.post("/guarded", headers={"Authorization": header}),
        browser.get("/api/me", headers={"Authorization": header}),
    ):
        assert (answer.status_code, code(answer)) == (401, "INVALID_TOKEN")
        assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
        assert "x.y.z" not in answer.text


@pytest.mark.parametrize("header", OTHERS)
def test_other_authorization_scheme_is_ignored(site: AuthSite, header: str) -> None:
    browser = with_session_cookie(site)
    browser.fetch_token()
    answer = browser.post("/guarded", headers={"Authorization": header})
    assert answer.json == {"called": True}


def test_a_header_that_is_taken_away_later_does_not_bring_the_cookie_back(site: AuthSite) -> None:
    """A hook of the application removes it after the CSRF check has been skipped for it."""
    from flask import request

    @site.app.before_request
    def strip() -> None:
        request.environ.pop("HTTP_AUTHORIZATION", None)

    browser = with_session_cookie(site)
    answer = browser.post("/thing", headers={"Authorization": "Bearer x.y.z"})
    assert answer.json == {"subject": None}


def test_exempt_view_ignores_a_bearer_token(make_site: MakeSite) -> None:
    site = make_site(DOVETAIL_AUTH_STRATEGY="token")
    site.app.add_url_rule(
        "/hook",
        view_func=auth.csrf_exempt(lambda: {"seen": str(auth.current_identity())}),
        methods=["POST"],
    )
    browser = site.browser()
    browser.sign_in()
    assert browser.post("/hook").json == {"seen": "None"}


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
)
@pytest.mark.parametrize(
    "path", ["/thing", "/auth/login", "/auth/refresh", "/auth/logout", "/auth/logout-others"]
)
def test_the_origin_is_checked_whatever_else_is_sent(
    make_site: MakeSite, path: str, headers: dict[str, str]
) -> None:
    site = make_site(DOVETAIL_AUTH_STRATEGY="token")
    browser = site.token_browser()
    browser.sign_in()
    token = browser.refresh_token
    answer = browser.post(path, headers=OURS | headers, json=CREDENTIALS)
    assert (answer.status_code, code(answer)) == (403, "ORIGIN_NOT_ALLOWED")
    assert browser.refresh_token == token
    assert len(site.logins().of_subject("ada")) == 1


class TestInTheTokenStrategy:
    @pytest.fixture
    def site(self, make_site: MakeSite) -> AuthSite:
        return make_site(DOVETAIL_AUTH_STRATEGY="token", DOVETAIL_FRONTEND_ORIGINS=[PAGE])

    def test_signing_in_needs_no_token_whatever_cookies_are_there(self, site: AuthSite) -> None:
        browser = with_session_cookie(site)
        browser.client.get("/api/csrf-token")
        answer = browser.post("/auth/login", json=CREDENTIALS, headers={"Origin": PAGE})
        assert answer.status_code == 200

    @pytest.mark.parametrize(
        "kind",
        [None, "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "a/b"],
    )
    def test_cross_site_request_without_preflight_signs_nobody_in(
        self, site: AuthSite, kind: str | None
    ) -> None:
        data = json.dumps(CREDENTIALS)
        answer = site.app.test_client().post("/auth/login", data=data, content_type=kind)
        assert (answer.status_code, code(answer)) == (415, "UNSUPPORTED_MEDIA_TYPE")
        assert "Set-Cookie" not in answer.headers
        assert site.asked == []

    @pytest.mark.parametrize(
        "headers",
        [
            {},
            {"X-Requested-With": ""},
            {"X-Requested-With": "fetch"},
            {"X-Requested-With": "xmlhttprequest"},
            {"X-Requested-With": "XMLHttpRequest, XMLHttpRequest"},
            {"Authorization": "Bearer x.y.z"},
            {"X-CSRF-Token": "x" * 43},
            {"Origin": PAGE},
        ],
    )
    def test_refreshing_needs_the_header_that_no_form_can_send(
        self, site: AuthSite, headers: dict[str, str]
    ) -> None:
        browser = site.token_browser()
        browser.sign_in()
        token = browser.refresh_token
        answer = browser.client.post("/auth/refresh", headers=headers)
        assert (answer.status_code, code(answer)) == (403, "CSRF_FAILED")
        assert browser.refresh_token == token
        assert browser.refresh().status_code == 200

    def test_a_good_bearer_does_not_replace_that_header(self, site: AuthSite) -> None:
        browser = site.token_browser()
        browser.sign_in()
        bearer = {"Authorization": f"Bearer {browser.access_token}"}
        answer = browser.client.post("/auth/refresh", headers=bearer)
        assert code(answer) == "CSRF_FAILED"

    @pytest.mark.parametrize("override", ["X-HTTP-Method-Override", "X-HTTP-Method"])
    def test_no_get_refreshes_or_signs_out(self, site: AuthSite, override: str) -> None:
        browser = site.token_browser()
        browser.sign_in()
        for path in ("/auth/refresh", "/auth/logout", "/auth/login"):
            answer = browser.client.get(path, headers=OURS | {override: "POST"})
            assert answer.status_code == 405
        assert browser.refresh().status_code == 200


class TestSigningOut:
    """In either strategy: with the CSRF token, `X-Requested-With` or a bearer."""

    def test_the_session_cookie_needs_one_of_them(self, site: AuthSite) -> None:
        browser = with_session_cookie(site)
        assert code(browser.post("/auth/logout")) == "CSRF_FAILED"
        assert len(site.logins().of_subject("ada")) == 1
        assert browser.post("/auth/logout", headers=OURS).status_code == 204
        assert site.logins().of_subject("ada") == []

    def test_its_csrf_token_will_do(self, site: AuthSite) -> None:
        browser = with_session_cookie(site)
        browser.fetch_token()
        assert browser.post("/auth/logout").status_code == 204

    def test_the_refresh_cookie_needs_one_of_them(self, site: AuthSite) -> None:
        client = site.app.test_client()
        client.set_cookie("rt", f"{'A' * 43}.{'B' * 43}", path="/auth")
        for kwargs in ({}, {"data": {"a": "b"}}, {"data": "{}", "content_type": "text/plain"}):
            assert code(client.post("/auth/logout", **kwargs)) == "CSRF_FAILED"
        assert client.post("/auth/logout", headers=OURS).status_code == 204
        assert client.get_cookie("rt", path="/auth") is None

    def test_without_any_cookie_of_ours_it_is_harmless(self, site: AuthSite) -> None:
        assert site.app.test_client().post("/auth/logout").status_code == 204


def test_a_bearer_does_not_spare_the_token_of_a_session_login(make_site: MakeSite) -> None:
    """It sets a cookie: login CSRF would be possible for whoever can set a header, but not read."""
    site = make_site()
    answer = site.app.test_client().post(
        "/auth/login", json=CREDENTIALS, headers={"Authorization": "Bearer x.y.z"}
    )
    assert code(answer) == "CSRF_FAILED"
    assert site.asked == []
