"""The answers of `POST /auth/refresh`, as in the vectors that both halves read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import create_engine
from werkzeug.test import TestResponse

from support.auth_site import SECRET_KEY, AuthSite, MakeSite, TokenBrowser
from support.dpop_proofs import BrowserKey
from support.ports import free_port
from support.wire_vectors import assert_answer, load

FILE = load("refresh")
TOKENS = {"DOVETAIL_AUTH_STRATEGY": "token", "DOVETAIL_AUTH_ALGORITHM": "HS256"}
FORGED = f"{'A' * 43}.{'B' * 43}"


def signed_in(make_site: MakeSite, **config: Any) -> tuple[AuthSite, TokenBrowser]:
    site = make_site(**(TOKENS | config))
    browser = site.token_browser()
    assert browser.sign_in().status_code == 200
    return site, browser


def rotated(make_site: MakeSite) -> TestResponse:
    _, browser = signed_in(make_site)
    return browser.refresh()


def repeated(make_site: MakeSite) -> TestResponse:
    """The cookie that the first refresh gave is given once more."""
    _, browser = signed_in(make_site)
    former = browser.refresh_token
    browser.refresh()
    current = browser.refresh_token
    answer = browser.refresh(former)
    assert browser.refresh_token == current
    return answer


def reused(make_site: MakeSite) -> TestResponse:
    _, browser = signed_in(make_site, DOVETAIL_AUTH_REFRESH_GRACE_SECONDS=0)
    former = browser.refresh_token
    browser.refresh()
    return browser.refresh(former)


def idle(make_site: MakeSite) -> TestResponse:
    site, browser = signed_in(make_site)
    site.clock.advance(8 * 86_400)
    return browser.refresh()


def ended(make_site: MakeSite) -> TestResponse:
    site, browser = signed_in(make_site)
    site.logins().end_all("ada")
    return browser.refresh()


def unknown(make_site: MakeSite) -> TestResponse:
    return make_site(**TOKENS).token_browser().refresh(FORGED)


def missing(make_site: MakeSite) -> TestResponse:
    return make_site(**TOKENS).token_browser().refresh()


def ambiguous(make_site: MakeSite) -> TestResponse:
    site, browser = signed_in(make_site)
    plain = TokenBrowser(site.app.test_client(use_cookies=False))
    return plain.refresh(headers={"Cookie": f"rt={browser.refresh_token}; rt={FORGED}"})


def foreign_origin(make_site: MakeSite) -> TestResponse:
    _, browser = signed_in(make_site)
    return browser.refresh(headers={"Origin": "https://evil.example"})


def not_ours(make_site: MakeSite) -> TestResponse:
    _, browser = signed_in(make_site)
    return browser.refresh(headers={"X-Requested-With": ""})


def store_down(make_site: MakeSite) -> TestResponse:
    nowhere = create_engine(f"postgresql+psycopg://nobody@127.0.0.1:{free_port()}/none")
    site = make_site(**TOKENS, engine=lambda: nowhere)
    return site.token_browser().refresh(FORGED)


def key_not_there_yet(make_site: MakeSite) -> TestResponse:
    """A worker with the new `SECRET_KEY` has refreshed, and one that lacks it is asked next."""
    site, browser = signed_in(make_site)
    former = browser.refresh_token
    another = make_site(
        **TOKENS,
        DOVETAIL_DATABASE_URL=site.app.config["DOVETAIL_DATABASE_URL"],
        SECRET_KEY="another key that is long enough to be one",
        SECRET_KEY_FALLBACKS=[SECRET_KEY],
    )
    assert another.token_browser().refresh(former).status_code == 200
    return browser.refresh(former)


def bound(make_site: MakeSite) -> tuple[AuthSite, TokenBrowser, BrowserKey]:
    """A login that is bound to the key of its browser."""
    site = make_site(**TOKENS, DOVETAIL_AUTH_DPOP=True)
    browser, key = site.token_browser(), BrowserKey()
    proof = key.proof("/auth/login", now=site.clock.now)
    assert browser.sign_in(headers={"DPoP": proof}).status_code == 200
    return site, browser, key


def unproven(make_site: MakeSite) -> TestResponse:
    _, browser, _ = bound(make_site)
    return browser.refresh()


def wants_nonce(make_site: MakeSite) -> TestResponse:
    """The browser's clock is an hour slow."""
    site, browser, key = bound(make_site)
    late = key.proof("/auth/refresh", now=site.clock.now - 3600)
    return browser.refresh(headers={"DPoP": late})


CASES: dict[str, Callable[[MakeSite], TestResponse]] = {
    "rotated": rotated,
    "repeated": repeated,
    "reused": reused,
    "idle": idle,
    "ended": ended,
    "unknown": unknown,
    "missing": missing,
    "ambiguous": ambiguous,
    "foreign-origin": foreign_origin,
    "not-ours": not_ours,
    "store-down": store_down,
    "key-not-there-yet": key_not_there_yet,
    "unproven": unproven,
    "wants-nonce": wants_nonce,
}


def test_every_case_of_the_vectors_is_provoked_here() -> None:
    assert [vector["case"] for vector in FILE["vectors"]] == list(CASES)


@pytest.mark.parametrize("vector", FILE["vectors"], ids=lambda vector: vector["case"])
def test_a_refresh_is_answered_as_in_the_vectors_that_both_halves_read(
    make_site: MakeSite, vector: dict[str, Any]
) -> None:
    answer = CASES[vector["case"]](make_site)

    assert_answer(answer, vector["answer"], FILE["varies"])
