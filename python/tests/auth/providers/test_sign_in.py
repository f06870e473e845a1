"""The way to a provider and back, in both strategies."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from flask_dovetail import ConfigurationError, auth
from flask_dovetail.auth.providers.listing import Providers
from flask_dovetail.contract.problem import Problem
from flask_dovetail.core import state
from support.provider_site import (
    API,
    APP,
    SIGNED_TOKEN,
    Browser,
    IdentityProvider,
    MakeSite,
    ProviderSite,
    query_of,
)


def test_a_newcomer_is_signed_in_and_ends_where_he_wanted(
    site: ProviderSite, browser: Browser, idp: IdentityProvider
) -> None:
    answer = browser.sign_in(idp, "ada", next="/notes?tab=1#new")
    assert (answer.status_code, answer.location) == (303, f"{APP}/notes?tab=1#new")
    assert browser.who() == "account-1"
    (account,) = site.asked
    assert (account.provider, account.issuer, account.subject) == (
        "starter",
        idp.issuer,
        "ada-0001",
    )
    assert (account.email, account.name) == ("ada@example.com", "Ada Lovelace")
    assert browser.flows == {}


def test_the_second_sign_in_finds_the_account_and_asks_nobody(
    site: ProviderSite, idp: IdentityProvider
) -> None:
    site.browser().sign_in(idp, "ada")
    again = site.browser()
    again.sign_in(idp, "ada")
    assert again.who() == "account-1"
    assert len(site.asked) == 1


def test_the_login_works_at_guarded_views_and_is_listed(
    site: ProviderSite, browser: Browser, idp: IdentityProvider
) -> None:
    browser.sign_in(idp)
    token = browser.token() if browser.client.get_cookie("rt", path="/auth") else None
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    assert browser.get("/api/me", headers=headers).json["subject"] == "account-1"
    assert len(browser.get("/auth/sessions", headers=headers).json["items"]) == 1


def test_the_browser_is_sent_away_with_pkce_state_and_nonce(
    browser: Browser, idp: IdentityProvider
) -> None:
    answer = browser.start()
    assert answer.status_code == 303
    assert answer.location.startswith(f"{idp.issuer}/authorize?")
    sent = query_of(answer.location)
    assert sent["redirect_uri"] == f"{API}/auth/providers/starter/callback"
    assert sent["response_type"] == "code"
    assert sent["client_id"] == "starter"
    assert sent["scope"] == "openid email profile"
    assert sent["code_challenge_method"] == "S256"
    assert len(sent["code_challenge"]) == len(sent["state"]) == len(sent["nonce"]) == 43
    assert "starter-secret" not in answer.location


def test_each_start_has_secrets_of_its_own(browser: Browser) -> None:
    one, two = (query_of(browser.start().location) for _ in range(2))
    for name in ("state", "nonce", "code_challenge"):
        assert one[name] != two[name]


def test_no_redirect_is_kept_or_tells_where_it_comes_from(
    browser: Browser, idp: IdentityProvider
) -> None:
    away = browser.start()
    back = browser.get(idp.consent(away.location, "ada"))
    failed = browser.get("/auth/providers/starter/callback?state=x&code=y")
    for answer in (away, back, failed):
        assert answer.status_code == 303
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "no-referrer"


def test_a_login_that_the_browser_had_is_replaced(
    site: ProviderSite, browser: Browser, idp: IdentityProvider
) -> None:
    browser.sign_in(idp, "ada")
    browser.sign_in(idp, "bob")
    assert browser.who() == "account-2"
    assert site.logins().of_subject("account-1") == []


def test_several_tabs_may_be_away_at_once(site: ProviderSite, idp: IdentityProvider) -> None:
    browser = site.browser()
    away = [browser.start(next=f"/tab/{number}").location for number in range(3)]
    for number, url in reversed(list(enumerate(away))):
        assert browser.get(idp.consent(url, "ada")).location == f"{APP}/tab/{number}"


def test_declined_sign_in_returns_to_the_sign_in_page(
    browser: Browser, idp: IdentityProvider
) -> None:
    back = idp.consent(browser.start(next="/notes").location, "ada", decision="decline")
    answer = browser.get(back)
    assert answer.location == f"{APP}/sign-in?problem=PROVIDER_DECLINED&next=%2Fnotes"
    assert browser.who() is None


@pytest.mark.parametrize("error", ["server_error", "login_required", "<script>", ""])
def test_any_other_error_of_the_provider_is_a_failure(
    browser: Browser, idp: IdentityProvider, error: str
) -> None:
    state = query_of(browser.start().location)["state"]
    query = {"state": state, "error": error, "iss": idp.issuer}
    answer = browser.get("/auth/providers/starter/callback", query_string=query)
    assert query_of(answer.location)["problem"] == "PROVIDER_FAILED"


def test_the_sign_in_page_is_where_it_was_said_to_be(
    make_site: MakeSite, idp: IdentityProvider
) -> None:
    browser = make_site(DOVETAIL_AUTH_SIGN_IN_PATH="/hello/again").browser()
    url = idp.consent(browser.start().location, "ada", decision="decline")
    assert browser.get(url).location.startswith(f"{APP}/hello/again?problem=")


def test_a_failure_goes_back_to_the_frontend_that_asked(
    browser: Browser, idp: IdentityProvider
) -> None:
    second = "http://localhost:5174"
    url = browser.start(next=f"{second}/notes?a=b").location
    answer = browser.get(idp.consent(url, "ada", decision="decline"))
    assert answer.location.startswith(f"{second}/sign-in?")
    assert query_of(answer.location)["next"] == "/notes?a=b"


def test_the_application_may_refuse_a_newcomer(site: ProviderSite, idp: IdentityProvider) -> None:
    site.identify = lambda _: None
    browser = site.browser()
    assert query_of(browser.sign_in(idp).location)["problem"] == "NO_ACCOUNT"
    assert browser.who() is None


def test_the_application_may_refuse_with_a_code_of_its_own(
    site: ProviderSite, idp: IdentityProvider
) -> None:
    class InvitationNeeded(Problem, code="INVITATION_NEEDED", status=403, title="Ask for one"):
        """Only who is invited."""

    def refuse(_: auth.ExternalAccount) -> auth.Identity | None:
        raise InvitationNeeded

    site.identify = refuse
    browser = site.browser()
    assert query_of(browser.sign_in(idp).location)["problem"] == "INVITATION_NEEDED"
    site.identify = None
    browser.sign_in(idp)
    assert browser.who() == "account-1"


def test_an_error_in_the_application_is_not_swallowed_and_leaves_nothing_behind(
    site: ProviderSite, idp: IdentityProvider
) -> None:
    def broken(_: auth.ExternalAccount) -> auth.Identity | None:
        raise RuntimeError("the table of users is on fire")

    site.identify = broken
    with pytest.raises(RuntimeError, match="on fire"):
        site.browser().sign_in(idp)
    site.identify = None
    browser = site.browser()
    browser.sign_in(idp)
    assert browser.who() == "account-1"


def test_the_list_names_each_provider_and_its_address(site: ProviderSite, browser: Browser) -> None:
    items = browser.get("/auth/providers").json["items"]
    assert items[0] == {
        "name": "starter",
        "title": "Example ID",
        "url": f"{API}/auth/providers/starter/start",
    }
    assert [(item["name"], item["title"]) for item in items[1:]] == [
        ("other", "Other"),
        ("plain", "Plain"),
    ]


def test_without_providers_the_list_is_empty_and_nothing_else_is_there(
    make_site: MakeSite,
) -> None:
    browser = make_site(DOVETAIL_AUTH_PROVIDERS={}).browser()
    assert browser.get("/auth/providers").json == {"items": []}
    assert browser.start().status_code == 404
    assert browser.get("/auth/connections").status_code == 404


@pytest.mark.parametrize("step", ["start", "callback"])
def test_an_unknown_provider_is_not_found(browser: Browser, step: str) -> None:
    assert browser.get(f"/auth/providers/nobody/{step}").json["code"] == "NOT_FOUND"


def test_events_are_logged_without_email_code_or_token(
    site: ProviderSite, idp: IdentityProvider, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    browser = site.browser()
    back = idp.consent(browser.start().location, "ada")
    browser.get(back)
    began = [record for record in caplog.records if record.message == "login began"]
    assert [(r.subject, r.provider) for r in began] == [("account-1", "starter")]  # type: ignore[attr-defined]
    code = query_of(back)["code"]
    for secret in (code, "starter-secret", "ada@example.com"):
        assert secret not in caplog.text
    assert not SIGNED_TOKEN.search(caplog.text)


def test_identity_is_asked_again_if_its_logins_end_during_the_sign_in(
    site: ProviderSite, idp: IdentityProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An owner takes the identity of a thief from the account while that thief signs in by it."""
    site.emails["owner"] = "owner@example.com"
    site.browser().sign_in(idp, "ada")
    (subject,) = {login.subject for login in site.logins().of_subject("account-2")}
    connections = site.connections()
    owner, resolved = connections.owner, []

    def resolve(*args: Any, **kwargs: Any) -> str:
        found = owner(*args, **kwargs)
        resolved.append(found)
        if len(resolved) == 1:
            auth.end_connections(subject)
            auth.end_logins(subject)
        return found

    monkeypatch.setattr(connections, "owner", resolve)
    site.identify = lambda _: None
    answer = site.browser().sign_in(idp, "ada")
    assert query_of(answer.location)["problem"] == "NO_ACCOUNT"
    assert resolved == [subject]
    assert site.logins().of_subject(subject) == []


def test_a_provider_sign_in_goes_on_when_the_identity_is_still_connected(
    site: ProviderSite, idp: IdentityProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.browser().sign_in(idp, "ada")
    connections = site.connections()
    owner, resolved = connections.owner, []

    def resolve(*args: Any, **kwargs: Any) -> str:
        resolved.append(owner(*args, **kwargs))
        if len(resolved) == 1:
            auth.end_logins(resolved[0])
        return resolved[-1]

    monkeypatch.setattr(connections, "owner", resolve)
    browser = site.browser()
    assert browser.sign_in(idp, "ada").location == f"{APP}/"
    assert len(resolved) == 2
    assert browser.who() == resolved[0]


@pytest.mark.limit("DOVETAIL_AUTH_PROVIDERS_EXCHANGES_MAX")
def test_a_hanging_provider_holds_so_many_threads_and_no_more(
    make_site: MakeSite, idp: IdentityProvider
) -> None:
    site = make_site(DOVETAIL_AUTH_PROVIDERS_EXCHANGES_MAX=1)
    browser = site.browser()
    back = idp.consent(browser.start().location, "ada")
    with state.get(Providers, site.app).exchanges:
        for location in (browser.start().location, browser.get(back).location):
            assert location.startswith(f"{APP}/sign-in?")
            assert query_of(location)["problem"] == "SERVICE_UNAVAILABLE"
    assert site.browser().sign_in(idp, "ada").location == f"{APP}/"


def test_answers_of_a_provider_that_are_replayed_count_as_attempts(
    make_site: MakeSite, idp: IdentityProvider
) -> None:
    site = make_site(DOVETAIL_AUTH_LOGIN_LIMIT_PER_ADDRESS="3/minute")
    browser = site.browser()
    back = idp.consent(browser.start().location, "ada")
    cookies = "; ".join(f"{name}={value}" for name, value in browser.flows.items())
    locations = [site.browser().get_with(back, cookies).location for _ in range(5)]
    problems = [query_of(location).get("problem") for location in locations]
    assert problems[-2:] == ["TOO_MANY_REQUESTS"] * 2
    assert "TOO_MANY_REQUESTS" not in problems[:3]
    assert idp.asked()["token"] == 3
    assert browser.password("ada@example.test").status_code == 429


def test_a_bound_that_lets_nobody_talk_to_a_provider_is_refused(make_site: MakeSite) -> None:
    with pytest.raises(ConfigurationError, match="DOVETAIL_AUTH_PROVIDERS_EXCHANGES_MAX"):
        make_site(DOVETAIL_AUTH_PROVIDERS_EXCHANGES_MAX=0)
