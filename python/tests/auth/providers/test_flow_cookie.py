"""The cookie of a browser that is away: sealed, its own, valid once, for ten minutes."""

from __future__ import annotations

import json

import pytest

from support.provider_site import (
    API,
    APP,
    Browser,
    IdentityProvider,
    MakeSite,
    ProviderSite,
    query_of,
)

HTTPS = {
    "DOVETAIL_API_ORIGIN": "https://api.example.com",
    "DOVETAIL_FRONTEND_ORIGINS": ["https://app.example.com"],
}


@pytest.fixture
def site(make_site: MakeSite) -> ProviderSite:
    """One strategy is enough: the cookie is the same."""
    return make_site()


def is_stale(location: str) -> bool:
    return location == f"{APP}/sign-in?problem=STALE_SIGN_IN"


def test_the_cookie_comes_back_from_the_provider_and_nobody_else_reads_it(
    site: ProviderSite,
) -> None:
    sent = site.browser().start().headers["Set-Cookie"]
    name, _, rest = sent.partition("=")
    assert name.startswith("provider-")
    attributes = {part.strip() for part in rest.split(";")[1:]}
    assert {"HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=600"} <= attributes


def test_with_https_no_sibling_subdomain_can_plant_one(make_site: MakeSite) -> None:
    client = make_site(**HTTPS).app.test_client()
    answer = client.get("/auth/providers/starter/start", base_url="https://api.example.com")
    sent = answer.headers["Set-Cookie"]
    assert sent.startswith("__Host-provider-")
    assert "Secure" in sent
    assert "Domain" not in sent


def test_it_is_small_enough_for_four_of_them(site: ProviderSite) -> None:
    sent = site.browser().start(next="/" + "a" * 511).headers["Set-Cookie"]
    assert len(sent) < 1900


def test_no_secret_of_the_flow_can_be_read_in_it(browser: Browser) -> None:
    answer = browser.start()
    value = answer.headers["Set-Cookie"].partition("=")[2].partition(";")[0]
    for secret in ("state", "nonce"):
        assert query_of(answer.location)[secret] not in value


def test_a_callback_counts_once(browser: Browser, idp: IdentityProvider) -> None:
    back = idp.consent(browser.start().location, "ada")
    assert browser.get(back).location == f"{APP}/"
    assert is_stale(browser.get(back).location)


def test_failed_callback_uses_up_its_flow(browser: Browser, idp: IdentityProvider) -> None:
    back = idp.consent(browser.start().location, "ada", decision="decline")
    browser.get(back)
    assert is_stale(browser.get(back).location)


def test_ten_minutes_are_the_limit(site: ProviderSite, idp: IdentityProvider) -> None:
    browser = site.browser()
    for seconds, stale in ((599, False), (601, True)):
        back = idp.consent(browser.start().location, "ada")
        site.clock.now += seconds
        assert is_stale(browser.get(back).location) is stale


def test_a_flow_of_a_clock_that_is_far_ahead_is_nobodys(
    site: ProviderSite, idp: IdentityProvider
) -> None:
    browser = site.browser()
    back = idp.consent(browser.start().location, "ada")
    site.clock.now -= 31
    assert is_stale(browser.get(back).location)


@pytest.mark.parametrize(
    "query",
    ["", "state=", "state=x", "code=x&iss=y", "state={s}x", "state={s}&state={s}", "state=%00"],
)
def test_another_state_than_that_of_the_cookie_is_stale(browser: Browser, query: str) -> None:
    state = query_of(browser.start().location)["state"]
    path = "/auth/providers/starter/callback?code=x&" + query.format(s=state)
    assert is_stale(browser.get(path).location)


def test_a_state_that_shares_the_beginning_is_another(browser: Browser) -> None:
    state = query_of(browser.start().location)["state"]
    other = state[:8] + "A" * 35
    assert is_stale(browser.get(f"/auth/providers/starter/callback?code=x&state={other}").location)


@pytest.mark.parametrize("how", ["changed", "cut", "empty", "garbage", "of another flow", "twice"])
def test_a_cookie_that_we_did_not_seal_is_nobodys(
    browser: Browser, idp: IdentityProvider, how: str
) -> None:
    back = idp.consent(browser.start().location, "ada")
    browser.start()
    (name, value), (_, other) = browser.flows.items()
    middle = "A" if value[40] != "A" else "B"
    header = {
        "changed": f"{name}={value[:40]}{middle}{value[41:]}",
        "cut": f"{name}={value[:20]}",
        "empty": f"{name}=",
        "garbage": f"{name}=%%%",
        "of another flow": f"{name}={other}",
        "twice": f"{name}={value}; {name}={other}",
    }[how]
    assert is_stale(browser.get_with(back, header).location)
    assert not is_stale(browser.get_with(back, f"{name}={value}").location)


def test_a_changed_secret_key_is_accepted_as_a_fallback(
    make_site: MakeSite, idp: IdentityProvider
) -> None:
    browser = make_site(SECRET_KEY="the key of yesterday, which was long").browser()
    back = idp.consent(browser.start().location, "ada")
    ((name, value),) = browser.flows.items()
    sent = f"{name}={value}"
    fallback = ["the key of yesterday, which was long"]
    after = make_site(SECRET_KEY_FALLBACKS=fallback).browser()
    stranger = make_site().browser()
    assert is_stale(stranger.get_with(back, sent).location)
    assert after.get_with(back, sent).location == f"{APP}/"


def test_the_fifth_tab_takes_the_place_of_the_first(
    site: ProviderSite, idp: IdentityProvider
) -> None:
    browser = site.browser()
    away = []
    for _ in range(5):
        away.append(browser.start().location)
        site.clock.now += 1
    assert len(browser.flows) == 4
    assert is_stale(browser.get(idp.consent(away[0], "ada")).location)
    for url in away[1:]:
        assert browser.get(idp.consent(url, "ada")).location == f"{APP}/"
    assert browser.flows == {}


def test_unreadable_flow_cookie_is_dropped_first(browser: Browser) -> None:
    for number in range(4):
        browser.client.set_cookie(f"provider-old{number}", json.dumps({"began_at": 9e9}))
    browser.start()
    assert len(browser.flows) == 4


@pytest.mark.parametrize(
    "wanted", ["//evil.example", "https://evil.example", "/\\evil", "/\t/evil"]
)
def test_a_page_that_is_not_ours_is_refused_before_the_browser_leaves(
    browser: Browser, wanted: str
) -> None:
    answer = browser.start(next=wanted)
    assert answer.status_code == 422
    assert answer.json["errors"][0]["pointer"] == "/query/next"
    assert "Location" not in answer.headers
    assert browser.flows == {}


def test_the_pages_of_every_frontend_and_renderer_are_allowed(make_site: MakeSite) -> None:
    site = make_site(
        DOVETAIL_API_ORIGIN="https://api.example.com",
        DOVETAIL_FRONTEND_ORIGINS=["https://app.example.com"],
        DOVETAIL_SSR_ORIGINS=["https://www.example.com"],
    )
    for wanted, status in (
        ("https://app.example.com/a", 303),
        ("https://www.example.com/a", 303),
        ("https://api.example.com/a", 422),
        (f"{API}/a", 422),
    ):
        answer = site.app.test_client().get(
            "/auth/providers/starter/start",
            query_string={"next": wanted},
            base_url="https://api.example.com",
        )
        assert answer.status_code == status


@pytest.mark.parametrize("disguise", ["\x85{}", "\xa0{}", "{}\x85", "\x1f{}", "\x0b{}"])
def test_disguised_cookie_of_a_sibling_is_ignored(
    browser: Browser, idp: IdentityProvider, disguise: str
) -> None:
    """Browsers see no `__Host-` in such a name, so a sibling subdomain may set it."""
    back = idp.consent(browser.start().location, "ada")
    ((name, value),) = browser.flows.items()
    planted = f"{disguise.format(name)}={value}"
    for cookies in (planted, f"a=b; {planted}"):
        assert is_stale(browser.get_with(back, cookies).location)
    assert browser.get(back).location == f"{APP}/"


def test_cookie_sent_twice_with_different_values_is_ignored(
    browser: Browser, idp: IdentityProvider
) -> None:
    back = idp.consent(browser.start().location, "ada")
    ((name, value),) = browser.flows.items()
    assert is_stale(browser.get_with(back, f"{name}={value}; {name}=planted").location)


def test_one_answer_clears_a_bounded_number_of_cookies(browser: Browser) -> None:
    """Whoever sends thousands gets no answer of a hundred times the size."""
    planted = "; ".join(f"provider-{number}=x" for number in range(1000))
    answer = browser.get_with("/auth/providers/starter/start", planted)
    sent = answer.headers.getlist("Set-Cookie")
    assert len([each for each in sent if "Max-Age=0" in each]) == 16
    assert len(sent) == 17
