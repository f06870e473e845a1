"""The behaviour of logins in both strategies, where access tokens end at once."""

from __future__ import annotations

from typing import Any

import pytest

from flask_dovetail import auth
from support.auth_site import PASSWORD, AuthSite, MakeSite


def code(answer: Any) -> str:
    assert answer.content_type == "application/problem+json"
    assert answer.json["status"] == answer.status_code
    return str(answer.json["code"])


@pytest.mark.parametrize(("subject", "password"), [("ada", "wrong"), ("nobody", PASSWORD)])
def test_wrong_credentials_are_refused_alike(
    either_site: AuthSite, subject: str, password: str
) -> None:
    browser = either_site.browser()
    answer = browser.sign_in(subject, password)
    assert answer.status_code == 401
    assert code(answer) == "INVALID_CREDENTIALS"
    assert "WWW-Authenticate" in answer.headers
    assert "Set-Cookie" not in answer.headers
    assert password not in answer.text
    assert subject not in answer.text


def test_a_refused_login_leaves_the_one_before_alone(either_site: AuthSite) -> None:
    browser = either_site.browser()
    browser.sign_in()
    refused = browser.sign_in(password="wrong")
    assert refused.json["code"] == "INVALID_CREDENTIALS"
    scheme = "Bearer" if either_site.uses_tokens else "Session"
    assert refused.headers["WWW-Authenticate"] == f'{scheme} realm="dovetail"'
    assert browser.get("/api/me").status_code == 200  # asks the store, by a token too


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"email": "ada@example.com"},
        {"email": "", "password": "x"},
        {"email": "ada@example.com", "password": ""},
        {"email": "x" * 255, "password": "x"},
        {"email": "ada@example.com", "password": "x" * 1025},
        {"email": "ada@example.com\0", "password": "x"},
        {"email": "ada@example.com\r\nBcc: x", "password": "x"},
        {"email": "ada@example.com", "password": "s3cret\0tail"},
        {"email": ["ada@example.com"], "password": "x"},
        {"email": "ada@example.com", "password": {"$ne": 1}},
        {"email": "ada@example.com", "password": "x", "admin": True},
    ],
)
def test_credentials_of_another_form_are_refused_without_asking_or_echoing(
    either_site: AuthSite, body: dict[str, Any]
) -> None:
    browser = either_site.browser()
    browser.fetch_token()
    answer = browser.post("/auth/login", json=body)
    assert answer.status_code == 422
    assert code(answer) == "VALIDATION_FAILED"
    assert "s3cret" not in answer.text
    assert either_site.asked == []


def test_the_email_is_trimmed_before_it_is_checked(either_site: AuthSite) -> None:
    browser = either_site.browser()
    browser.fetch_token()
    body = {"email": "  ada@example.com ", "password": PASSWORD}
    assert browser.post("/auth/login", json=body).status_code == 200
    assert either_site.asked == ["ada@example.com"]


def test_a_disabled_account_ends_its_login_at_the_next_request(either_site: AuthSite) -> None:
    browser = either_site.browser()
    browser.sign_in()
    ada, either_site.people["ada"] = either_site.people["ada"], None
    assert code(browser.get("/api/me")) == "SESSION_EXPIRED"
    assert either_site.logins().of_subject("ada") == []
    either_site.people["ada"] = ada
    assert code(browser.get("/api/me")) == "SESSION_EXPIRED"


def test_roles_and_scopes_are_those_of_now(either_site: AuthSite) -> None:
    browser = either_site.browser()
    browser.sign_in()
    either_site.people["ada"] = auth.Identity("ada", roles=["reader"])
    assert browser.get("/api/me").json["roles"] == ["reader"]


def test_people_see_where_they_are_signed_in_and_end_it(either_site: AuthSite) -> None:
    agent = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Chrome/149.0.0.0 Safari/537.36"
    laptop, phone, bobs = (either_site.browser() for _ in range(3))
    bobs.sign_in("bob")
    laptop.sign_in(headers={"User-Agent": agent})
    either_site.clock.advance(100)
    phone.sign_in(environ_base={"REMOTE_ADDR": "192.0.2.9"})
    items = phone.get("/auth/sessions").json["items"]
    assert [item["current"] for item in items] == [True, False]
    assert items[0]["address"] == "192.0.2.9"
    assert items[1]["device"] == "Chrome on macOS"
    assert items[1]["user_agent"] == agent
    assert items[1]["last_seen_at"] == "2027-01-15T08:00:00Z"
    answer = phone.delete(f"/auth/sessions/{items[1]['id']}")
    assert (answer.status_code, answer.data) == (204, b"")
    assert "Set-Cookie" not in answer.headers
    assert code(laptop.get("/api/me")) == "SESSION_EXPIRED"
    assert phone.get("/api/me").status_code == 200
    assert bobs.get("/api/me").status_code == 200


def test_the_login_of_another_is_not_there_to_be_ended(either_site: AuthSite) -> None:
    bobs, adas = either_site.browser(), either_site.browser()
    login_id = bobs.sign_in("bob").json["login"]["id"]
    adas.sign_in()
    answer = adas.delete(f"/auth/sessions/{login_id}")
    assert answer.status_code == 404
    assert code(answer) == "NOT_FOUND"
    assert bobs.get("/api/me").status_code == 200


@pytest.mark.parametrize("login_id", ["x", "%00", "x" * 500, "..", "1;drop"])
def test_malformed_login_id_is_a_problem_not_a_fault(either_site: AuthSite, login_id: str) -> None:
    browser = either_site.browser()
    browser.sign_in()
    assert browser.delete(f"/auth/sessions/{login_id}").status_code in (404, 422)


def test_logging_out_the_others_spares_this_one(either_site: AuthSite) -> None:
    browsers = [either_site.browser() for _ in range(3)]
    for each in browsers:
        each.sign_in()
    assert browsers[0].post("/auth/logout-others").json == {"ended": 2}
    assert browsers[0].get("/api/me").status_code == 200
    assert [code(each.get("/api/me")) for each in browsers[1:]] == ["SESSION_EXPIRED"] * 2
    assert browsers[0].post("/auth/logout-others").json == {"ended": 0}


def test_a_password_change_can_end_every_other_login(either_site: AuthSite) -> None:
    @either_site.app.post("/password")
    @auth.signed_in
    def password() -> dict[str, int]:
        identity = auth.current_identity()
        assert identity is not None
        return {"ended": auth.end_logins(identity.subject, keep_current=True)}

    here, there = either_site.browser(), either_site.browser()
    here.sign_in()
    there.sign_in()
    assert here.post("/password").json == {"ended": 1}
    assert here.get("/api/me").status_code == 200
    assert code(there.get("/api/me")) == "SESSION_EXPIRED"


@pytest.mark.limit("DOVETAIL_AUTH_LOGINS_PER_PERSON")
@pytest.mark.parametrize("strategy", ["session", "token"])
@pytest.mark.parametrize("store", ["sql", "valkey"])
def test_one_person_has_so_many_logins_and_the_list_is_no_longer(
    make_site: MakeSite, request: pytest.FixtureRequest, strategy: str, store: str
) -> None:
    """The one that was seen longest ago ends, and is answered like any that has ended."""
    config: dict[str, Any] = {"DOVETAIL_AUTH_SESSION_STORE": store}
    if store == "valkey":
        config["DOVETAIL_VALKEY_URL"] = request.getfixturevalue("valkey_url")
    site = make_site(
        DOVETAIL_AUTH_STRATEGY=strategy,
        DOVETAIL_AUTH_REVOCATION="immediate",
        DOVETAIL_AUTH_LOGINS_PER_PERSON=2,
        **config,
    )
    first, *others = (site.browser() for _ in range(3))
    for browser in (first, *others):
        assert browser.sign_in().status_code == 200
        site.clock.advance(1)
    ended = first.get("/api/me")
    assert (ended.status_code, ended.json["code"]) == (401, "SESSION_EXPIRED")
    for browser in others:
        assert len(browser.get("/auth/sessions").json["items"]) == 2
    assert site.browser().sign_in("bob").status_code == 200
    assert others[0].get("/api/me").status_code == 200
