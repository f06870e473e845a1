"""OAuth 2 without OpenID Connect: who somebody is, userinfo says."""

from __future__ import annotations

from typing import Any

import pytest

from support.provider_site import Browser, IdentityProvider, MakeSite, ProviderSite, query_of


def test_the_subject_comes_from_userinfo(
    site: ProviderSite, browser: Browser, idp: IdentityProvider
) -> None:
    sent = query_of(browser.start("plain").location)
    assert sent["scope"] == "email profile"
    assert sent["code_challenge_method"] == "S256"
    assert "nonce" not in sent
    browser.sign_in(idp, "ada", "plain")
    assert browser.who() == "account-1"
    (account,) = site.asked
    assert (account.issuer, account.subject) == (f"{idp.issuer}/userinfo", "ada-0001")
    assert account.email == "ada@example.com"
    assert idp.asked().get("discovery", 0) == 0


def test_a_number_is_an_id(make_site: MakeSite, idp: IdentityProvider) -> None:
    site = make_site()
    settings = site.app.config["DOVETAIL_AUTH_PROVIDERS"]
    settings["plain"]["subject_field"] = "id"
    idp.control(userinfo={"id": 583231, "sub": None})
    site = make_site(DOVETAIL_AUTH_PROVIDERS=settings)
    site.browser().sign_in(idp, "ada", "plain")
    assert site.asked[0].subject == "583231"


@pytest.mark.parametrize("subject", [None, "", True, [], {}, 1.5, "a" * 256])
def test_a_userinfo_without_an_id_signs_nobody_in(
    make_site: MakeSite, idp: IdentityProvider, subject: Any
) -> None:
    idp.control(userinfo={"sub": subject})
    site = make_site()
    answer = site.browser().sign_in(idp, "ada", "plain")
    assert query_of(answer.location)["problem"] == "PROVIDER_FAILED"
    assert site.asked == []


def test_the_same_server_by_open_id_connect_is_another_issuer(
    site: ProviderSite, idp: IdentityProvider
) -> None:
    site.browser().sign_in(idp, "anon", "starter")
    site.browser().sign_in(idp, "anon", "plain")
    assert sorted(site.emails) == ["account-1", "account-2"]


def test_an_unverified_email_counts_for_nothing(site: ProviderSite, idp: IdentityProvider) -> None:
    site.browser().sign_in(idp, "eve", "plain")
    assert site.asked[0].email is None
