"""Each way to get into somebody else's account, or to get somebody into one's own, and its end."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from urllib.parse import urlencode, urlsplit

import pytest
import requests

from flask_dovetail import auth
from flask_dovetail.auth.providers import ExternalAccount
from support.provider_site import API, APP, Browser, IdentityProvider, ProviderSite, query_of


def problem(location: str) -> str | None:
    return query_of(location).get("problem")


@pytest.mark.parametrize("person", ["eve", "text", "mute"])
def test_an_email_that_is_not_verified_reaches_no_account(
    site: ProviderSite, idp: IdentityProvider, person: str
) -> None:
    site.emails["victim"] = "ada@example.com"
    browser = site.browser()
    browser.sign_in(idp, person)
    assert site.asked[0].email is None
    assert browser.who() == "account-2"


def test_a_verified_email_of_an_existing_account_reaches_it_neither(
    site: ProviderSite, idp: IdentityProvider
) -> None:
    site.emails["victim"] = "ada@example.com"
    browser = site.browser()
    assert problem(browser.sign_in(idp, "ada").location) == "ACCOUNT_EXISTS"
    assert browser.who() is None
    assert site.connections().of_subject("victim") == []


def test_the_same_subject_at_another_issuer_is_somebody_else(
    site: ProviderSite, idp: IdentityProvider, other_idp: IdentityProvider
) -> None:
    site.browser().sign_in(idp, "anon")
    other = site.browser()
    other.sign_in(other_idp, "anon", "other")
    assert other.who() == "account-2"
    assert [(a.issuer, a.subject) for a in site.asked] == [
        (idp.issuer, "anon-0001"),
        (other_idp.issuer, "anon-0001"),
    ]


def test_an_issuer_may_be_renamed_in_the_settings_and_stays_itself(
    site: ProviderSite, idp: IdentityProvider
) -> None:
    site.browser().sign_in(idp, "ada")
    renamed = site.app.config["DOVETAIL_AUTH_PROVIDERS"]["starter"]
    assert renamed["issuer"] == site.connections().of_subject("account-1")[0].issuer


def test_a_changed_email_at_the_provider_changes_nothing(
    site: ProviderSite, idp: IdentityProvider
) -> None:
    site.browser().sign_in(idp, "cyd")
    site.emails["victim"] = "ada@example.com"
    idp.control(claims={"email": "ada@example.com", "email_verified": True})
    browser = site.browser()
    browser.sign_in(idp, "cyd")
    assert browser.who() == "account-1"


def test_login_csrf_the_attackers_callback_does_nothing_in_the_victims_browser(
    site: ProviderSite, idp: IdentityProvider
) -> None:
    attacker, victim = site.browser(), site.browser()
    bait = idp.consent(attacker.start().location, "bob")
    assert problem(victim.get(bait).location) == "STALE_SIGN_IN"
    victim.start()  # with a flow of its own too
    assert problem(victim.get(bait).location) == "STALE_SIGN_IN"
    assert victim.who() is None
    assert site.asked == []


def test_login_csrf_a_foreign_page_begins_no_sign_in(browser: Browser) -> None:
    for site in ("none", "same-site", "same-origin"):
        assert "/authorize?" in browser.start(headers={"Sec-Fetch-Site": site}).location
    before = browser.flows
    answer = browser.start(next="/notes", headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.location == f"{APP}/sign-in?problem=ORIGIN_NOT_ALLOWED&next=%2Fnotes"
    assert browser.flows == before


def test_login_csrf_the_attackers_code_with_the_victims_state_is_refused(
    site: ProviderSite, idp: IdentityProvider
) -> None:
    attacker, victim = site.browser(), site.browser()
    stolen = query_of(idp.consent(attacker.start().location, "bob"))["code"]
    state = query_of(victim.start().location)["state"]
    query = {"state": state, "code": stolen, "iss": idp.issuer}
    answer = victim.get("/auth/providers/starter/callback", query_string=query)
    assert problem(answer.location) == "PROVIDER_FAILED"
    assert victim.who() is None


def test_code_injection_an_id_token_of_another_flow_is_refused_even_without_pkce(
    site: ProviderSite, idp: IdentityProvider, caplog: pytest.LogCaptureFixture
) -> None:
    idp.control(claims={"nonce": "of the attacker's own flow"})
    browser = site.browser()
    assert problem(browser.sign_in(idp).location) == "PROVIDER_FAILED"
    assert "nonce" in caplog.records[-1].reason  # type: ignore[attr-defined]


def test_pkce_downgrade_a_code_that_was_issued_without_a_challenge_is_refused(
    site: ProviderSite, idp: IdentityProvider
) -> None:
    browser = site.browser()
    sent = query_of(browser.start().location)
    stripped = {name: value for name, value in sent.items() if "challenge" not in name}
    answer = requests.get(
        f"{idp.issuer}/authorize?{urlencode(stripped)}", allow_redirects=False, timeout=5
    )
    assert query_of(answer.headers["Location"])["error"] == "invalid_request"
    weaker = sent | {"code_challenge_method": "plain"}
    answer = requests.get(
        f"{idp.issuer}/authorize?{urlencode(weaker)}", allow_redirects=False, timeout=5
    )
    assert query_of(answer.headers["Location"])["error"] == "invalid_request"


def test_pkce_is_s256_also_where_a_provider_announces_only_plain(
    browser: Browser, idp: IdentityProvider
) -> None:
    idp.control(metadata={"code_challenge_methods_supported": ["plain"]})
    assert query_of(browser.start().location)["code_challenge_method"] == "S256"


def test_mix_up_the_answer_of_one_provider_does_not_count_at_the_callback_of_another(
    site: ProviderSite, idp: IdentityProvider, other_idp: IdentityProvider
) -> None:
    browser = site.browser()
    back = urlsplit(idp.consent(browser.start().location, "ada"))
    moved = f"/auth/providers/other/callback?{back.query}"
    assert problem(browser.get(moved).location) == "STALE_SIGN_IN"
    assert other_idp.asked().get("token", 0) == 0


def test_a_callback_that_belongs_to_no_flow_asks_the_provider_nothing(
    site: ProviderSite, idp: IdentityProvider, other_idp: IdentityProvider
) -> None:
    browser = site.browser()
    state = query_of(browser.start().location)["state"]
    ((name, value),) = browser.flows.items()
    other = "/auth/providers/other/callback"
    idp.control()
    own = "/auth/providers/starter/callback"
    prefix = name[: -len(state[:8])]
    attempts = [
        browser.get_with(f"{own}?code=made-up&state={state}", ""),
        browser.get_with(f"{own}?code=made-up&state={state}", f"{name}=made-up"),
        browser.get_with(f"{own}?code=made-up&state=made-up-state", f"{name}={value}"),
        browser.get_with(f"{own}?code=made-up&state=made-up-state", f"{prefix}made-up-={value}"),
        browser.get_with(f"{own}?code=made-up&state={state[:8]}", f"{name}={value}"),
        browser.get_with(f"{own}?code=made-up", f"{name}={value}"),
        browser.get_with(f"{other}?code=made-up&state={state}", f"{name}={value}"),
    ]
    assert {problem(answer.location) for answer in attempts} == {"STALE_SIGN_IN"}
    assert idp.asked() == other_idp.asked() == {}
    query = f"code=made-up&state={state}&iss={idp.issuer}"
    assert problem(browser.get(f"{own}?{query}").location) == "PROVIDER_FAILED"
    assert problem(browser.get(f"{own}?{query}").location) == "STALE_SIGN_IN"
    assert idp.asked() == {"token": 1}


@pytest.mark.parametrize("iss", ["https://evil.example", "", None])
def test_mix_up_an_answer_of_another_issuer_never_redeems_a_code(
    site: ProviderSite, idp: IdentityProvider, iss: str | None
) -> None:
    browser = site.browser()
    idp.control(redirect={"iss": iss})
    assert problem(browser.sign_in(idp).location) == "PROVIDER_FAILED"
    assert idp.asked().get("token", 0) == 0


def test_an_error_of_another_issuer_is_no_decision_of_this_one(
    site: ProviderSite, idp: IdentityProvider
) -> None:
    browser = site.browser()
    idp.control(redirect={"iss": "https://evil.example"})
    back = idp.consent(browser.start().location, "ada", decision="decline")
    assert problem(browser.get(back).location) == "PROVIDER_FAILED"


def test_a_provider_that_does_not_promise_iss_need_not_send_it(
    site: ProviderSite, idp: IdentityProvider
) -> None:
    idp.control(
        metadata={"authorization_response_iss_parameter_supported": None}, redirect={"iss": None}
    )
    browser = site.browser()
    browser.sign_in(idp)
    assert browser.who() == "account-1"
    idp.control(
        metadata={"authorization_response_iss_parameter_supported": None},
        redirect={"iss": "https://evil.example"},
    )
    assert problem(browser.sign_in(idp).location) == "PROVIDER_FAILED"


def test_a_stolen_cookie_cannot_use_a_code_again(site: ProviderSite, idp: IdentityProvider) -> None:
    browser = site.browser()
    back = idp.consent(browser.start().location, "ada")
    ((name, value),) = browser.flows.items()
    browser.get(back)
    answer = browser.get_with(back, f"{name}={value}")
    assert problem(answer.location) == "PROVIDER_FAILED"


def test_a_disabled_account_stays_outside(site: ProviderSite, idp: IdentityProvider) -> None:
    site.browser().sign_in(idp)
    site.disabled.add("account-1")
    browser = site.browser()
    assert problem(browser.sign_in(idp).location) == "NO_ACCOUNT"
    assert browser.who() is None
    assert len(site.asked) == 1


def test_a_deleted_account_whose_connections_were_ended_may_come_back(
    site: ProviderSite, idp: IdentityProvider
) -> None:
    site.browser().sign_in(idp)
    del site.emails["account-1"]
    site.emails["somebody else"] = None
    with site.app.app_context():
        assert auth.end_connections("account-1") == 1
        assert auth.end_connections("account-1") == 0
    browser = site.browser()
    browser.sign_in(idp)
    assert browser.who() == "account-2"


@pytest.mark.parametrize("tabs", [2, 6])
def test_concurrent_first_sign_ins_of_one_person_make_one_account(
    site: ProviderSite, idp: IdentityProvider, tabs: int
) -> None:
    browsers = [site.browser() for _ in range(tabs)]
    backs = [idp.consent(browser.start().location, "ada") for browser in browsers]
    barrier = Barrier(tabs)

    def come_back(number: int) -> str:
        barrier.wait()
        return browsers[number].get(backs[number]).location

    with ThreadPoolExecutor(tabs) as pool:
        ends = list(pool.map(come_back, range(tabs)))
    assert ends == [f"{APP}/"] * tabs
    assert {browser.who() for browser in browsers} == {"account-1"}
    assert len(site.asked) == 1
    assert len(site.connections().of_subject("account-1")) == 1


def test_a_newcomer_whose_twin_is_refused_is_asked_for_himself(
    site: ProviderSite, idp: IdentityProvider
) -> None:
    answers = iter([None, auth.Identity("account-1")])

    def first_no_then_yes(_: ExternalAccount) -> auth.Identity | None:
        site.emails["account-1"] = None
        return next(answers)

    site.identify = first_no_then_yes
    browser = site.browser()
    assert problem(browser.sign_in(idp).location) == "NO_ACCOUNT"
    browser.sign_in(idp)
    assert browser.who() == "account-1"


def test_parameters_that_are_there_twice_are_not_there(
    site: ProviderSite, idp: IdentityProvider, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    browser = site.browser()
    back = idp.consent(browser.start().location, "ada")
    assert problem(browser.get(f"{back}&code=another").location) == "PROVIDER_FAILED"


def test_the_callback_answers_no_form_that_another_site_posts(browser: Browser) -> None:
    answer = browser.client.post(f"{API}/auth/providers/starter/callback", data={"state": "x"})
    assert answer.status_code in (403, 405)
