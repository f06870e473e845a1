"""A provider's answer is checked, bounded and kept out of every log."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from flask_dovetail.auth.providers import client as client_module
from support.provider_site import (
    SIGNED_TOKEN,
    Browser,
    IdentityProvider,
    MakeSite,
    ProviderSite,
    set_client_clock,
)


@pytest.fixture
def site(make_site: MakeSite) -> ProviderSite:
    """One strategy is enough: what begins a login is not reached."""
    return make_site()


def problem(location: str) -> str | None:
    return parse_qs(urlsplit(location).query).get("problem", [None])[0]


def reasons(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [r.reason for r in caplog.records if r.message == "provider failed"]  # type: ignore[attr-defined]


def assert_failed(
    browser: Browser, idp: IdentityProvider, caplog: pytest.LogCaptureFixture, reason: str
) -> None:
    caplog.set_level(logging.DEBUG)
    answer = browser.sign_in(idp)
    assert problem(answer.location) == "PROVIDER_FAILED"
    assert browser.who() is None
    assert browser.flows == {}
    assert reason in reasons(caplog)[-1]
    for secret in ("starter-secret", "ada@example.com"):
        assert secret not in caplog.text
    assert not SIGNED_TOKEN.search(caplog.text)


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"nonce": "of another flow"}, "InvalidClaimError nonce"),
        ({"nonce": None}, "MissingClaimError nonce"),
        ({"nonce": ""}, "InvalidClaimError nonce"),
        ({"aud": "another client"}, "InvalidClaimError aud"),
        ({"aud": ["another client"]}, "InvalidClaimError aud"),
        ({"aud": []}, "InvalidClaimError aud"),
        ({"aud": None}, "MissingClaimError aud"),
        ({"aud": ["starter", "another client"]}, "MissingClaimError azp"),
        ({"aud": ["starter", "other"], "azp": "other"}, "InvalidClaimError azp"),
        ({"azp": "another client"}, "InvalidClaimError azp"),
        ({"iss": "https://accounts.example.com"}, "InvalidClaimError iss"),
        ({"iss": None}, "MissingClaimError iss"),
        ({"exp": 1}, "ExpiredTokenError"),
        ({"exp": None}, "MissingClaimError exp"),
        ({"exp": "tomorrow"}, "InvalidClaimError exp"),
        ({"iat": 4_000_000_000}, "iat"),
        ({"nbf": 4_000_000_000}, "nbf"),
        ({"sub": None}, "MissingClaimError sub"),
        ({"sub": 7}, "InvalidClaimError sub"),
        ({"sub": ""}, "the subject is missing"),
        ({"sub": "a" * 256}, "the subject is missing"),
        ({"at_hash": "of another token"}, "InvalidClaimError at_hash"),
    ],
)
def test_an_id_token_that_is_not_for_this_sign_in_signs_nobody_in(
    browser: Browser,
    idp: IdentityProvider,
    caplog: pytest.LogCaptureFixture,
    claims: dict[str, Any],
    reason: str,
) -> None:
    idp.control(claims=claims)
    assert_failed(browser, idp, caplog, reason)


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ("none", "UnsupportedAlgorithmError"),
        ("HS256", "UnsupportedAlgorithmError"),
        ("stranger", "BadSignatureError"),
    ],
)
def test_an_id_token_that_the_provider_has_not_signed_signs_nobody_in(
    browser: Browser,
    idp: IdentityProvider,
    caplog: pytest.LogCaptureFixture,
    how: str,
    reason: str,
) -> None:
    idp.control(sign=how)
    assert_failed(browser, idp, caplog, reason)


def test_an_algorithm_that_is_not_announced_is_refused(
    browser: Browser, idp: IdentityProvider, caplog: pytest.LogCaptureFixture
) -> None:
    idp.control(metadata={"id_token_signing_alg_values_supported": ["ES256"]})
    assert_failed(browser, idp, caplog, "UnsupportedAlgorithmError")


def test_a_provider_that_announces_only_weak_algorithms_is_refused(
    browser: Browser, idp: IdentityProvider, caplog: pytest.LogCaptureFixture
) -> None:
    idp.control(metadata={"id_token_signing_alg_values_supported": ["none", "HS256"]})
    assert_failed(browser, idp, caplog, "no algorithm")


@pytest.mark.parametrize(
    ("faults", "reason"),
    [
        ({"token": {"id_token": None}}, "id token: KeyError"),
        ({"token": {"id_token": 7}}, "id token"),
        ({"token": {"id_token": "garbage"}}, "id token"),
        ({"token": {"id_token": "a.b.c"}}, "id token"),
        ({"token": {"id_token": "x" * 200_000}}, "id token"),
        ({"token": {"access_token": None}}, "token: KeyError"),
        ({"token": {"access_token": 7}}, "token: TypeError"),
        ({"token": {"expires_in": "soon"}}, "token: ValueError"),
        ({"header": {"kid": "unknown"}}, "InvalidKeyIdError"),
        ({"body": {"token": "garbage"}}, "token: ValueError"),
        ({"body": {"token": "[]"}}, "token: ValueError"),
        ({"body": {"token": "[" * 200_000}}, "token: RecursionError"),
        ({"body": {"token": "\xff\xfe"}}, "token"),
        ({"body": {"token": '{"error": "invalid_client"}'}}, "token: OAuthError invalid_client"),
        ({"body": {"token": '{"error": "<b>", "error_description": "eyJ9.eyJ9"}'}}, "unknown"),
        ({"body": {"token": " " * 300_000}}, "an answer of more than"),
        ({"status": {"token": 500}}, "token: HTTPError 500"),
        ({"status": {"token": 302}}, "a redirect"),
        ({"status": {"token": 429}}, "token: HTTPError 429"),
        ({"status": {"jwks": 500}}, "id token: HTTPError 500"),
        ({"body": {"jwks": "garbage"}}, "id token: JSONDecodeError"),
        ({"body": {"jwks": "{}"}}, "id token: KeyError"),
        ({"body": {"jwks": '{"keys": "x"}'}}, "id token"),
        ({"body": {"jwks": '{"keys": []}'}}, "id token"),
        ({"body": {"jwks": '{"keys": [{"kty": "RSA", "n": 7}]}'}}, "id token"),
        ({"claims": {"email": None}, "status": {"userinfo": 500}}, "userinfo: HTTPError 500"),
        ({"claims": {"email": None}, "userinfo": {"sub": "bob-0001"}}, "sub is another's"),
        ({"claims": {"email": None}, "body": {"userinfo": "[]"}}, "userinfo: TypeError"),
    ],
)
def test_an_answer_that_is_not_as_it_must_be_signs_nobody_in(
    browser: Browser,
    idp: IdentityProvider,
    caplog: pytest.LogCaptureFixture,
    faults: dict[str, Any],
    reason: str,
) -> None:
    idp.control(**faults)
    assert_failed(browser, idp, caplog, reason)


@pytest.mark.parametrize(
    ("faults", "reason"),
    [
        ({"status": {"discovery": 500}}, "discovery: HTTPError 500"),
        ({"status": {"discovery": 302}}, "a redirect"),
        ({"body": {"discovery": "garbage"}}, "discovery: JSONDecodeError"),
        ({"body": {"discovery": "[]"}}, "discovery: TypeError"),
        ({"metadata": {"issuer": "https://evil.example"}}, "issuer is another's"),
        ({"metadata": {"issuer": None}}, "issuer is another's"),
        ({"metadata": {"jwks_uri": None}}, "jwks_uri is missing"),
        ({"metadata": {"token_endpoint": "http://evil.example/token"}}, "token_endpoint"),
        ({"metadata": {"authorization_endpoint": "javascript:alert(1)"}}, "authorization_endpoint"),
        ({"metadata": {"userinfo_endpoint": "file:///etc/passwd"}}, "userinfo_endpoint"),
    ],
)
def test_a_discovery_that_cannot_be_relied_on_sends_nobody_away(
    site: ProviderSite,
    browser: Browser,
    idp: IdentityProvider,
    caplog: pytest.LogCaptureFixture,
    faults: dict[str, Any],
    reason: str,
) -> None:
    idp.control(**faults)
    answer = browser.start(next="/notes")
    assert answer.status_code == 303
    assert answer.location == "http://localhost:5173/sign-in?problem=PROVIDER_FAILED&next=%2Fnotes"
    assert reason in reasons(caplog)[-1]
    assert browser.flows == {}
    idp.control()
    set_client_clock(site, time.monotonic() + 5)
    assert browser.start().location.startswith(idp.issuer)


def test_a_provider_that_nobody_answers_for_is_a_failure(
    make_site: MakeSite, caplog: pytest.LogCaptureFixture
) -> None:
    provider = {"issuer": "http://127.0.0.1:9", "client_id": "x", "client_secret": "x"}
    browser = make_site(DOVETAIL_AUTH_PROVIDERS={"gone": provider}).browser()
    assert problem(browser.start("gone").location) == "PROVIDER_FAILED"
    assert reasons(caplog) == ["discovery: ConnectionError"]


def test_a_provider_that_does_not_answer_holds_nobody_up(
    browser: Browser,
    idp: IdentityProvider,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(client_module, "TIMEOUT_SECONDS", 0.3)
    idp.control(delay_seconds={"token": 2})
    began = time.monotonic()
    assert_failed(browser, idp, caplog, "token: ReadTimeout")
    assert time.monotonic() - began < 1.5


def test_five_seconds_are_the_limit() -> None:
    assert client_module.TIMEOUT_SECONDS == 5


def test_discovery_and_keys_are_asked_for_once_an_hour(
    site: ProviderSite, browser: Browser, idp: IdentityProvider
) -> None:
    for person in ("ada", "bob", "ada"):
        browser.sign_in(idp, person)
    assert idp.asked() == {"discovery": 1, "jwks": 1, "token": 3}
    set_client_clock(site, time.monotonic() + 3600)
    browser.sign_in(idp)
    assert idp.asked() == {"discovery": 2, "jwks": 2, "token": 4}


def test_a_provider_may_change_its_keys(site: ProviderSite, idp: IdentityProvider) -> None:
    site.browser().sign_in(idp)
    idp.control(rotate_key=True)
    browser = site.browser()
    browser.sign_in(idp)
    assert browser.who() == "account-1"
    assert idp.asked()["jwks"] == 1


def test_the_client_authenticates_in_the_body_where_only_that_is_announced(
    browser: Browser, idp: IdentityProvider
) -> None:
    idp.control(metadata={"token_endpoint_auth_methods_supported": ["client_secret_post"]})
    browser.sign_in(idp)
    assert browser.who() == "account-1"


def test_clocks_may_differ_by_thirty_seconds(browser: Browser, idp: IdentityProvider) -> None:
    now = int(time.time())
    idp.control(claims={"iat": now + 20, "nbf": now + 20, "exp": now - 20})
    browser.sign_in(idp)
    assert browser.who() == "account-1"


def test_email_and_name_come_from_userinfo_where_the_id_token_has_none(
    site: ProviderSite, browser: Browser, idp: IdentityProvider
) -> None:
    idp.control(claims={"email": None, "email_verified": None, "name": None})
    browser.sign_in(idp)
    assert (site.asked[0].email, site.asked[0].name) == ("ada@example.com", "Ada Lovelace")


def test_an_email_and_its_verification_never_come_from_two_sources(
    site: ProviderSite, browser: Browser, idp: IdentityProvider
) -> None:
    idp.control(claims={"email": "victim@example.com", "email_verified": None})
    browser.sign_in(idp, "ada")
    idp.control(
        claims={"email": None, "email_verified": True},
        userinfo={"email": "victim@example.com", "email_verified": None},
    )
    browser.sign_in(idp, "bob")
    assert [account.email for account in site.asked] == [None, None]


def test_a_person_without_email_or_name_is_somebody_too(
    site: ProviderSite, browser: Browser, idp: IdentityProvider
) -> None:
    browser.sign_in(idp, "anon")
    assert browser.who() == "account-1"
    assert (site.asked[0].email, site.asked[0].name) == (None, None)


@pytest.mark.parametrize(
    "beginning",
    [
        b"Content-Length: 1000\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n",
        b"X: ",
    ],
    ids=["body", "chunk size", "head"],
)
def test_an_answer_that_trickles_holds_nobody_up(
    make_site: MakeSite,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    beginning: bytes,
) -> None:
    class Trickle(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.wfile.write(b"HTTP/1.1 200 OK\r\n" + beginning)
            with suppress(OSError):  # the client has left, as it should
                for _ in range(40):
                    self.wfile.write(b"0")
                    time.sleep(0.1)

        def log_message(self, *_: Any) -> None:
            pass

    monkeypatch.setattr(client_module, "TIMEOUT_SECONDS", 0.5)
    with ThreadingHTTPServer(("127.0.0.1", 0), Trickle) as server:
        threading.Thread(target=server.serve_forever).start()
        issuer = f"http://127.0.0.1:{server.server_port}"
        provider = {"issuer": issuer, "client_id": "x", "client_secret": "x"}
        browser = make_site(DOVETAIL_AUTH_PROVIDERS={"slow": provider}).browser()
        began = time.monotonic()
        assert problem(browser.start("slow").location) == "PROVIDER_FAILED"
        assert time.monotonic() - began < 2
        server.shutdown()
    assert "discovery: ReadTimeout" in reasons(caplog)[-1]


def test_nothing_slow_is_imported_before_somebody_leaves_for_a_provider() -> None:
    program = """
import sys
from flask import Flask
from flask_dovetail import Dovetail
app = Flask("app")
provider = {"issuer": "https://id.example.com", "client_id": "x", "client_secret": "x"}
app.config.update(SECRET_KEY="x" * 32, DOVETAIL_AUTH_PROVIDERS={"acme": provider})
nobody = lambda _: None
Dovetail(authenticate=nobody, load_identity=nobody, identify_external=nobody).init_app(app)
assert len(app.test_client().get("/auth/providers").json["items"]) == 1
print({"authlib", "joserfc", "requests", "cryptography", "sqlalchemy"} & set(sys.modules))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == "set()\n"


def test_the_contract_says_where_browsers_are_sent(site: ProviderSite, browser: Browser) -> None:
    paths = browser.get("/openapi.json").json["paths"]
    assert set(paths["/auth/providers/{name}/start"]["get"]["responses"]) >= {"303", "404", "422"}
    assert "303" in paths["/auth/providers/{name}/callback"]["get"]["responses"]
    assert set(paths["/auth/providers/{name}/connect"]["post"]["responses"]) >= {
        *("200", "401", "403", "404", "422", "502"),
    }
    assert set(paths["/auth/connections"]["get"]["responses"]) >= {"200", "401"}
