"""Cookies that were never ours, no longer are, came twice or are out of all proportion."""

from __future__ import annotations

import pytest

from support.auth_site import AuthSite


def cookie(site: AuthSite, header: str, path: str = "/api/me") -> tuple[int, str | None]:
    answer = site.app.test_client(use_cookies=False).get(path, headers={"Cookie": header})
    return answer.status_code, answer.json.get("code")


@pytest.mark.parametrize(
    "header",
    [
        "",
        "sid=",
        "sid",
        "sid=deleted",
        "sid=" + "A" * 42,
        "sid=" + "A" * 44,
        "sid=" + "A" * 4096,
        "sid=" + "é".encode().decode("latin-1") * 43,
        "sid=%00" + "A" * 40,
        "sid=" + "A" * 42 + "'",
        'sid="' + "A" * 41 + '"',
        "sid=' OR 1=1 --",
        "; ".join(f"c{n}=x" for n in range(2000)),
        ";;;===;;;sid=;=;",
    ],
)
def test_foreign_cookie_is_no_credential(any_site: AuthSite, header: str) -> None:
    assert cookie(any_site, header) == (401, "UNAUTHENTICATED")


def test_a_forged_id_of_the_right_form_is_an_ended_login(any_site: AuthSite) -> None:
    assert cookie(any_site, "sid=" + "A" * 43) == (401, "SESSION_EXPIRED")


def test_a_tampered_id_is_an_ended_login(any_site: AuthSite) -> None:
    browser = any_site.browser()
    browser.sign_in()
    assert browser.session_id is not None
    swapped = browser.session_id.swapcase()
    assert cookie(any_site, f"sid={swapped}") == (401, "SESSION_EXPIRED")


def test_two_different_values_are_refused_wherever_the_cookie_is_read(any_site: AuthSite) -> None:
    """A sibling subdomain may have planted the second; their order is the browser's choice."""
    browser = any_site.browser()
    browser.sign_in()
    twice = f"sid={browser.session_id}; sid={'A' * 43}"
    for path in ("/api/me", "/auth/session", "/api/csrf-token"):
        assert cookie(any_site, twice, path) == (400, "AMBIGUOUS_COOKIE")
    answer = any_site.app.test_client(use_cookies=False).post(
        "/auth/logout", headers={"Cookie": twice, "X-CSRF-Token": browser.token or ""}
    )
    assert answer.json["code"] == "AMBIGUOUS_COOKIE"
    assert browser.get("/api/me").status_code == 200


def test_the_same_value_twice_is_one_value(any_site: AuthSite) -> None:
    browser = any_site.browser()
    browser.sign_in()
    sid = f"sid={browser.session_id}"
    assert cookie(any_site, f"{sid}; theme=dark; {sid}")[0] == 200


def test_a_view_that_does_not_ask_does_not_mind(site: AuthSite) -> None:
    site.app.add_url_rule("/open", view_func=lambda: {"open": True}, endpoint="open")
    assert cookie(site, "sid=one; sid=two", "/open") == (200, None)


def test_a_header_cannot_smuggle_anything_into_the_list_of_logins(any_site: AuthSite) -> None:
    browser = any_site.browser()
    agent = "x" * 300 + "\t\x7f"
    browser.sign_in(headers={"User-Agent": agent}, environ_base={"REMOTE_ADDR": "::1\0"})
    (item,) = browser.get("/auth/sessions").json["items"]
    assert item["user_agent"] == "x" * 256
    assert item["address"] == "::1"
