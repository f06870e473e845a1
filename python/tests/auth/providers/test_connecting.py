"""Connecting an outside identity to the account that one is signed in to."""

from __future__ import annotations

from typing import Any

import pytest

from flask_dovetail import auth
from support.provider_site import API, APP, Browser, IdentityProvider, ProviderSite, query_of


@pytest.fixture
def ada(site: ProviderSite, browser: Browser) -> Browser:
    """The browser of somebody who is signed in by password, as `ada`."""
    site.emails["ada"] = "ada@example.com"
    assert browser.password("ada@example.com").status_code == 200
    return browser


def items(browser: Browser) -> list[dict[str, str]]:
    token = browser.token() if browser.client.get_cookie("rt", path="/auth") else None
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    found: list[dict[str, str]] = browser.get("/auth/connections", headers=headers).json["items"]
    return found


def test_an_identity_is_connected_and_signs_in_from_then_on(
    site: ProviderSite, ada: Browser, idp: IdentityProvider
) -> None:
    url = ada.connect(next="/profile").json["url"]
    assert ada.get(idp.consent(url, "ada")).location == f"{APP}/profile"
    (item,) = items(ada)
    assert (item["provider"], item["title"]) == ("starter", "Example ID")
    assert item["connected_at"].startswith("2027-01-15T")
    assert site.asked == []
    other = site.browser()
    other.sign_in(idp, "ada")
    assert other.who() == "ada"


def test_it_needs_no_verified_email_since_the_account_is_known(
    ada: Browser, idp: IdentityProvider
) -> None:
    ada.get(idp.consent(ada.connect().json["url"], "eve"))
    assert len(items(ada)) == 1


def test_without_a_body_it_ends_at_the_front_page(ada: Browser, idp: IdentityProvider) -> None:
    url = ada.post("/auth/providers/starter/connect").json["url"]
    assert ada.get(idp.consent(url, "ada")).location == f"{APP}/"


def test_the_login_goes_on_and_no_other_begins(
    site: ProviderSite, ada: Browser, idp: IdentityProvider
) -> None:
    before = [login.id for login in site.logins().of_subject("ada")]
    ada.get(idp.consent(ada.connect().json["url"], "ada"))
    assert [login.id for login in site.logins().of_subject("ada")] == before
    assert ada.who() == "ada"


def test_connecting_twice_changes_nothing(ada: Browser, idp: IdentityProvider) -> None:
    for _ in range(2):
        answer = ada.get(idp.consent(ada.connect().json["url"], "ada"))
        assert answer.location == f"{APP}/"
    assert len(items(ada)) == 1


def test_an_identity_that_signs_in_elsewhere_stays_there(
    site: ProviderSite, ada: Browser, idp: IdentityProvider
) -> None:
    site.browser().sign_in(idp, "bob")
    url = ada.connect(next="/profile#connections").json["url"]
    answer = ada.get(idp.consent(url, "bob"))
    assert answer.location == f"{APP}/profile?problem=CONNECTED_ELSEWHERE#connections"
    assert items(ada) == []


def test_declined_connection_returns_to_its_page(ada: Browser, idp: IdentityProvider) -> None:
    url = ada.connect(next="/profile").json["url"]
    answer = ada.get(idp.consent(url, "ada", decision="decline"))
    assert answer.location == f"{APP}/profile?problem=PROVIDER_DECLINED"
    assert items(ada) == []


def test_connect_csrf_it_begins_only_with_a_token(site: ProviderSite, ada: Browser) -> None:
    headers = {"Origin": APP, "Content-Type": "application/json"}
    forged = ada.client.post(f"{API}/auth/providers/starter/connect", headers=headers, data="{}")
    assert forged.status_code in (401, 403)
    assert ada.flows == {}
    elsewhere = ada.client.post(
        f"{API}/auth/providers/starter/connect",
        headers=headers | {"Origin": "https://evil.example"},
        data="{}",
    )
    assert elsewhere.json["code"] == "ORIGIN_NOT_ALLOWED"


def test_connect_csrf_a_stranger_cannot_begin(browser: Browser) -> None:
    assert browser.connect().json["code"] == "UNAUTHENTICATED"


def test_connect_csrf_the_attackers_flow_does_nothing_in_the_victims_browser(
    site: ProviderSite, ada: Browser, idp: IdentityProvider
) -> None:
    site.emails["mallory"] = "mallory@example.com"
    mallory = site.browser()
    mallory.password("mallory@example.com")
    bait = mallory.connect().json["url"]
    answer = ada.get(idp.consent(bait, "ada"))
    assert query_of(answer.location)["problem"] == "STALE_SIGN_IN"
    assert site.connections().of_subject("mallory") == []


@pytest.mark.parametrize("signed_in", [True, False])
def test_connect_csrf_a_planted_cookie_does_not_connect_to_another_login(
    site: ProviderSite, ada: Browser, idp: IdentityProvider, signed_in: bool
) -> None:
    site.emails["mallory"] = "mallory@example.com"
    mallory = site.browser()
    mallory.password("mallory@example.com")
    back = idp.consent(mallory.connect().json["url"], "ada")
    ((name, value),) = mallory.flows.items()
    victim = ada if signed_in else site.browser()
    victim.client.set_cookie(name, value)
    assert query_of(victim.get(back).location)["problem"] == "SESSION_EXPIRED"
    assert site.connections().of_subject("mallory") == []


def test_ended_login_is_not_connected(
    site: ProviderSite, ada: Browser, idp: IdentityProvider
) -> None:
    back = idp.consent(ada.connect(next="/profile").json["url"], "ada")
    site.logins().end_all("ada")
    assert ada.get(back).location == f"{APP}/profile?problem=SESSION_EXPIRED"
    assert site.connections().of_subject("ada") == []


def test_another_login_of_the_same_person_is_not_the_one_that_asked(
    site: ProviderSite, ada: Browser, idp: IdentityProvider
) -> None:
    back = idp.consent(ada.connect().json["url"], "ada")
    ada.password("ada@example.com")
    assert query_of(ada.get(back).location)["problem"] == "SESSION_EXPIRED"


def test_an_account_that_was_disabled_meanwhile_is_connected_to_nothing(
    site: ProviderSite, ada: Browser, idp: IdentityProvider
) -> None:
    back = idp.consent(ada.connect().json["url"], "ada")
    site.disabled.add("ada")
    assert query_of(ada.get(back).location)["problem"] == "SESSION_EXPIRED"
    assert site.connections().of_subject("ada") == []


@pytest.mark.parametrize(("seconds", "code"), [(599, None), (700, "REAUTHENTICATION_REQUIRED")])
def test_connecting_and_disconnecting_want_a_recent_sign_in(
    site: ProviderSite, ada: Browser, idp: IdentityProvider, seconds: int, code: str | None
) -> None:
    ada.get(idp.consent(ada.connect().json["url"], "ada"))
    (item,) = items(ada)
    site.clock.now += seconds
    connecting = ada.connect("other")
    leaving = ada.delete(f"/auth/connections/{item['id']}")
    assert (connecting.json.get("code"), (leaving.json or {}).get("code")) == (code, code)


def test_disconnecting_leaves_the_login_and_the_identity_is_free_again(
    site: ProviderSite, ada: Browser, idp: IdentityProvider
) -> None:
    ada.get(idp.consent(ada.connect().json["url"], "bob"))
    (item,) = items(ada)
    assert ada.delete(f"/auth/connections/{item['id']}").status_code == 204
    assert ada.delete(f"/auth/connections/{item['id']}").status_code == 404
    assert ada.who() == "ada"
    other = site.browser()
    other.sign_in(idp, "bob")
    assert other.who() == "account-2"


def test_connection_of_another_person_cannot_be_removed(
    site: ProviderSite, ada: Browser, idp: IdentityProvider
) -> None:
    bob = site.browser()
    bob.sign_in(idp, "bob")
    (connection,) = site.connections().of_subject("account-2")
    assert ada.delete(f"/auth/connections/{connection.id}").status_code == 404
    assert site.connections().of_subject("account-2") == [connection]


def test_a_page_that_is_not_ours_is_refused(ada: Browser) -> None:
    answer = ada.connect(next="//evil.example")
    assert answer.status_code == 422
    assert answer.json["errors"][0]["pointer"] == "/body/next"


def test_a_provider_that_is_away_is_said_at_once(ada: Browser, idp: IdentityProvider) -> None:
    idp.control(status={"discovery": 500})
    assert ada.connect().json["code"] == "PROVIDER_FAILED"


def test_the_answer_that_sends_away_is_kept_in_no_cache(ada: Browser) -> None:
    assert ada.connect().headers["Cache-Control"] == "no-store"


def test_a_login_that_is_ended_meanwhile_connects_nothing(
    site: ProviderSite, ada: Browser, idp: IdentityProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise a thief could leave a way in behind while the owner ends all logins."""
    connections = site.connections()
    owner = connections.owner

    def resolve(*args: Any, **kwargs: Any) -> str:
        auth.end_logins("ada")
        return owner(*args, **kwargs)

    monkeypatch.setattr(connections, "owner", resolve)
    answer = ada.get(idp.consent(ada.connect().json["url"], "ada"))
    assert query_of(answer.location)["problem"] == "SESSION_EXPIRED"
    assert connections.of_subject("ada") == []
