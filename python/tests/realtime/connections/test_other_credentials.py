"""Sockets of people who come with a credential of the app's own."""

from __future__ import annotations

from typing import Any

import pytest
from flask import session
from socketio.exceptions import ConnectionError as Refused

from flask_dovetail import Identity, SecurityScheme
from support.realtime_site import Client, MakeSite, RealtimeSite
from support.waiting import until


@pytest.fixture
def keys() -> dict[str, str]:
    return {"one": "ada", "two": "ada"}


@pytest.fixture
def site(make_either_site: MakeSite, keys: dict[str, str]) -> RealtimeSite:
    def by_key(key: str) -> Identity | None:
        return Identity(keys[key], scopes=("say",) if key == "one" else ()) if key in keys else None

    def by_old_session(_: str) -> Identity | None:
        known = "user" in session and "old" in keys
        return Identity(session["user"], scopes=("say",)) if known else None

    site = make_either_site(
        security_schemes={
            "api_key": SecurityScheme.header("X-API-Key", by_key),
            "foreign": SecurityScheme.http("bearer", by_key),
            "ticket": SecurityScheme.cookie("ticket", by_key),
            "old_session": SecurityScheme.cookie("session", by_old_session),
        }
    )

    @site.app.get("/old-sign-in")
    def old_sign_in() -> str:
        session["user"] = "ada"
        return "in"

    return site


def test_another_issuers_bearer_in_the_handshake_lasts(
    site: RealtimeSite, keys: dict[str, str]
) -> None:
    page = site.app.config["DOVETAIL_API_ORIGIN"]
    client = Client(site.origin, ("/notify", "/live"), {"token": "one"}, cookies="", page=page)
    assert client.call("say", {"text": "hello"})["data"] == {"count": 5}
    site.clock.advance(61)
    assert client.call("say", {"text": "again"})["data"] == {"count": 5}
    del keys["one"]
    site.clock.advance(61)
    until(client.closed.is_set)


@pytest.mark.parametrize("headers", [{"X-API-Key": "two"}, {"Cookie": "ticket=two"}])
def test_a_socket_closes_when_its_credential_becomes_somebody_elses(
    site: RealtimeSite, keys: dict[str, str], headers: dict[str, str]
) -> None:
    """It is in the rooms of its first person, and gets that person's notifications."""
    cookies = headers.get("Cookie", "")
    client = connect(site, {} if cookies else headers, cookies=cookies)
    keys["two"] = "bob"
    assert refusal(client.call("say", {"text": "hello"})) == "SESSION_EXPIRED"
    site.clock.advance(61)
    until(client.closed.is_set)


def connect(
    site: RealtimeSite, headers: dict[str, str], *, cookies: str = "", page: str = ""
) -> Client:
    return Client(
        site.origin,
        ("/notify", "/live"),
        None,
        cookies=cookies,
        page=page or site.app.config["DOVETAIL_API_ORIGIN"],
        headers=headers,
    )


def refusal(call: dict[str, Any]) -> str:
    return str(call["problem"]["code"])


def test_an_api_key_opens_a_socket_with_its_own_scopes(site: RealtimeSite) -> None:
    one, two = connect(site, {"X-API-Key": "one"}), connect(site, {"X-API-Key": "two"})
    site.like("ada", 1)
    assert one.things(1) == two.things(1) == [1]
    assert one.call("say", {"text": "hello"})["data"] == {"count": 5}
    assert refusal(two.call("say", {"text": "hello"})) == "INSUFFICIENT_SCOPE"
    with pytest.raises(Refused):
        connect(site, {"X-API-Key": "bad"})
    one.close()
    two.close()


def test_a_socket_closes_when_its_key_is_withdrawn(
    site: RealtimeSite, keys: dict[str, str]
) -> None:
    one, two = connect(site, {"X-API-Key": "one"}), connect(site, {"X-API-Key": "two"})
    again = connect(site, {"X-API-Key": "two"})
    del keys["two"]
    assert refusal(two.call("nothing")) == "SESSION_EXPIRED"
    site.clock.advance(61)  # within a minute, without any event of theirs
    until(lambda: two.closed.is_set() and again.closed.is_set())
    assert one.call("say", {"text": "hello"})["data"] == {"count": 5}
    one.close()


def test_an_old_cookie_opens_a_socket_from_an_allowed_page_only(
    site: RealtimeSite, keys: dict[str, str]
) -> None:
    keys["old"] = ""
    answer = site.app.test_client().get("/old-sign-in")
    cookies = answer.headers["Set-Cookie"].partition(";")[0]
    with pytest.raises(Refused):
        connect(site, {}, cookies=cookies, page="https://evil.example")
    client = connect(site, {}, cookies=cookies)
    assert client.call("say", {"text": "hello"})["data"] == {"count": 5}
    del keys["old"]
    site.clock.advance(61)
    until(client.closed.is_set)


def test_each_cookie_of_a_person_is_asked_about(site: RealtimeSite, keys: dict[str, str]) -> None:
    one = connect(site, {}, cookies="ticket=one")
    two = connect(site, {}, cookies="ticket=two")
    del keys["two"]
    site.clock.advance(61)
    until(two.closed.is_set)
    assert one.call("say", {"text": "hello"})["data"] == {"count": 5}
    one.close()
