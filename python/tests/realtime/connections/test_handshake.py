"""Who is let in, and what the others are told. In both strategies."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from flask_dovetail import end_logins
from support.realtime_raw import PATH, ClosedError, RawSocket
from support.realtime_site import Client, MakeSite, RealtimeSite, Visitor, refusal_of
from support.waiting import until

HANDSHAKE = {
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
    "Sec-WebSocket-Version": "13",
}


def refused_over_http(
    site: RealtimeSite, path: str = PATH, **changes: str | None
) -> dict[str, Any]:
    """The problem that the handshake itself is answered with."""
    wanted = {**HANDSHAKE, "Origin": site.origin}
    wanted |= {name.replace("_", "-"): value for name, value in changes.items()}  # type: ignore[misc]
    headers = {name: value for name, value in wanted.items() if value is not None}
    answer = httpx.get(f"{site.origin}{path}", headers=headers)
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert problem["status"] == answer.status_code
    return problem


def joined(raw: RawSocket, auth: Any, namespace: str = "/notify") -> dict[str, Any]:
    """The refusal of a CONNECT packet; {} for one that is let in."""
    answer = raw.join(namespace, auth)
    head = f"44{namespace},"
    if not answer.startswith(head):
        assert answer.startswith(f"40{namespace},")
        return {}
    said = json.loads(answer[len(head) :])
    assert said["message"] == said["data"]["code"]
    problem: dict[str, Any] = said["data"]
    return problem


def test_signed_in_person_connects(either_site: RealtimeSite) -> None:
    """The credential is the session cookie or an access token."""
    ada = either_site.person("ada").connect("/notify", "/live")
    assert ada.next("dovetail:ready") == {"seq": 0, "unread": 0}
    assert ada.call("nothing") == {"data": None}


def test_an_access_token_in_the_header_of_the_handshake_counts(make_site: MakeSite) -> None:
    """For clients that are no browsers: those can set none."""
    site = make_site(DOVETAIL_AUTH_STRATEGY="token")
    ada = site.person("ada")
    raw = RawSocket(site.origin)
    ada.raw_sockets.append(raw)
    assert " 101 " in raw.request(Authorization=f"Bearer {ada.token}")
    raw.packet()
    assert joined(raw, {}) == {}


def test_a_token_counts_more_than_the_cookie_beside_it(site: RealtimeSite, ada: Visitor) -> None:
    """What is wrong with it is never made good by a cookie."""
    assert refusal_of(lambda: ada.connect(auth={"token": "x.y.z"}))["code"] == "INVALID_TOKEN"
    assert ada.connect(auth={}).next("dovetail:ready")


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://127.0.0.1", "http://127.0.0.1.evil.example"]
)
def test_a_page_of_others_opens_no_socket(either_site: RealtimeSite, origin: str) -> None:
    ada = either_site.person("ada")
    problem = refused_over_http(either_site, Origin=origin, Cookie=ada.cookies())
    assert (problem["status"], problem["code"]) == (403, "ORIGIN_NOT_ALLOWED")
    assert either_site.service.connections.all() == []


def test_a_page_that_a_browser_calls_cross_site_opens_no_socket(site: RealtimeSite) -> None:
    problem = refused_over_http(site, Origin=None, Sec_Fetch_Site="cross-site")
    assert problem["code"] == "ORIGIN_NOT_ALLOWED"


def test_a_client_that_is_no_browser_sends_no_origin(either_site: RealtimeSite) -> None:
    ada = either_site.person("ada")
    raw = RawSocket(either_site.origin, cookies=ada.cookies())
    ada.raw_sockets.append(raw)
    assert " 101 " in raw.request(Origin=None)
    raw.packet()
    assert joined(raw, ada.auth()) == {}


@pytest.mark.parametrize(
    ("path", "changes"),
    [
        ("/socket.io/?EIO=4&transport=polling", {"Upgrade": None, "Connection": None}),
        ("/socket.io/?EIO=4&transport=polling", {}),
        ("/socket.io/?EIO=4&transport=polling&j=0", {"Upgrade": None}),
        ("/socket.io/?EIO=4&transport=websocket", {"Upgrade": None}),
        ("/socket.io/?EIO=4&transport=websocket", {"Sec_WebSocket_Version": "8"}),
        ("/socket.io/?EIO=4&transport=websocket", {"Sec_WebSocket_Key": "short"}),
        ("/socket.io/?EIO=4&transport=websocket&sid=abc", {}),
        ("/socket.io/?EIO=3&transport=websocket", {}),
        ("/socket.io/?transport=websocket", {}),
        ("/socket.io/", {}),
    ],
    ids=str,
)
def test_a_socket_begins_as_a_websocket_of_engine_io_4(
    site: RealtimeSite, path: str, changes: dict[str, str | None]
) -> None:
    """No long polling, no JSONP, no other version."""
    problem = refused_over_http(site, path, **changes)
    assert (problem["status"], problem["code"]) == (400, "BAD_REQUEST")


def test_client_with_default_transports_is_told_the_option_to_give(site: RealtimeSite) -> None:
    problem = refused_over_http(site, "/socket.io/?EIO=4&transport=polling")
    assert 'transports: ["websocket"]' in problem["detail"]


def test_nothing_is_taken_by_long_polling(site: RealtimeSite, ada: Visitor) -> None:
    answer = ada.http.post("/socket.io/?EIO=4&transport=polling&sid=x", content="40/notify,{}")
    assert answer.status_code == 400


def test_a_stranger_is_told_to_sign_in(either_site: RealtimeSite) -> None:
    stranger = either_site.person("ada")
    stranger.http.cookies.clear()
    assert refusal_of(lambda: stranger.connect(auth={}))["code"] == "UNAUTHENTICATED"
    assert refusal_of(lambda: stranger.connect(auth=None))["code"] == "UNAUTHENTICATED"


def test_the_cookie_of_another_site_says_nothing(site: RealtimeSite) -> None:
    stranger = site.person("ada")
    stranger.http.cookies.clear()
    stranger.http.cookies.set("sid", "of another site")
    assert refusal_of(stranger.connect)["code"] in ("SESSION_EXPIRED", "UNAUTHENTICATED")


def test_two_session_cookies_are_ambiguous(site: RealtimeSite, ada: Visitor) -> None:
    raw = RawSocket(site.origin, cookies=f"{ada.cookies()}; sid={'A' * 43}")
    ada.raw_sockets.append(raw)
    raw.open()
    assert joined(raw, {})["code"] == "AMBIGUOUS_COOKIE"


def test_a_login_that_was_ended_opens_no_socket(either_site: RealtimeSite) -> None:
    """Also by an access token that lives on, whatever DOVETAIL_AUTH_REVOCATION says."""
    ada = either_site.person("ada")
    with either_site.app.app_context():
        assert end_logins("ada") == 1
    assert refusal_of(ada.connect)["code"] == "SESSION_EXPIRED"


def test_a_login_that_a_limit_has_ended_opens_no_socket(either_site: RealtimeSite) -> None:
    ada = either_site.person("ada")
    either_site.clock.advance(3600 + 60)
    code = "SESSION_EXPIRED" if ada.token is None else "TOKEN_EXPIRED"
    assert refusal_of(ada.connect)["code"] == code


def test_somebody_who_was_disabled_opens_no_socket(either_site: RealtimeSite) -> None:
    ada = either_site.person("ada")
    either_site.people["ada"] = None
    assert refusal_of(ada.connect)["code"] == "SESSION_EXPIRED"


@pytest.mark.parametrize("at", [3, -3], ids=["head", "signature"])
def test_a_token_that_was_tampered_with_is_none(make_site: MakeSite, at: int) -> None:
    ada = make_site(DOVETAIL_AUTH_STRATEGY="token").person("ada")
    assert ada.token is not None
    other = "A" if ada.token[at] != "A" else "B"
    characters = list(ada.token)
    characters[at] = other
    refused = refusal_of(lambda: ada.connect(auth={"token": "".join(characters)}))
    assert refused["code"] == "INVALID_TOKEN"


@pytest.mark.parametrize("token", ["", " ", "a b", "\u00e9", "x" * 16_384, "a\r\nX: y", "\ud55c"])
def test_a_token_of_any_text_is_answered_with_a_code(either_site: RealtimeSite, token: str) -> None:
    ada = either_site.person("ada")
    assert refusal_of(lambda: ada.connect(auth={"token": token}))["code"] == "INVALID_TOKEN"


@pytest.mark.parametrize(
    "written",
    [
        '"text"',
        "[]",
        '[{"token":"x"}]',
        '{"token":7}',
        '{"token":{}}',
        '{"token":"a\\u0000b"}',
        '{"token":"\\ud800"}',
        '{"token":"' + "x" * 16_385 + '"}',
        '{"last":-1}',
        '{"last":1.5}',
        '{"last":"1"}',
        '{"last":true}',
        '{"last":9007199254740992}',
        '{"x":' + "[" * 500 + "]" * 500 + "}",
    ],
    ids=lambda text: text[:20],
)
def test_an_auth_of_another_form_is_refused_by_code(
    site: RealtimeSite, ada: Visitor, written: str
) -> None:
    raw = ada.raw()
    raw.say(f"40/notify,{written}")
    answer = raw.packet()
    assert answer.startswith("44/notify,"), answer
    assert json.loads(answer[10:])["message"] in ("VALIDATION_FAILED", "MALFORMED_JSON")
    assert joined(raw, {}) == {}, "it may try again"


@pytest.mark.parametrize("written", ['{"last":NaN}', '{"last":1e999}', '{"x":-Infinity}'])
def test_numbers_that_are_not_json_are_refused(ada: Visitor, written: str) -> None:
    raw = ada.raw()
    raw.say(f"40/notify,{written}")
    assert json.loads(raw.packet()[10:])["message"] == "MALFORMED_JSON"


def test_a_refusal_of_auth_points_at_the_field(ada: Visitor) -> None:
    problem = joined(ada.raw(), {"last": -1})
    assert [error["pointer"] for error in problem["errors"]] == ["/auth/last"]


def test_unknown_auth_fields_are_ignored(ada: Visitor) -> None:
    assert joined(ada.raw(), {"version": 9}) == {}


@pytest.mark.parametrize("namespace", ["/", "/nowhere", "/notify/x", "/admin"])
def test_there_are_no_namespaces_but_those_declared(ada: Visitor, namespace: str) -> None:
    raw = ada.raw()
    raw.say("40" + ("" if namespace == "/" else f"{namespace},") + "{}")
    answer = raw.packet()
    assert answer.startswith("44")
    assert json.loads(answer[answer.index("{") :])["message"] == "NOT_FOUND"


def test_a_namespace_for_a_role_is_for_those_who_have_it(either_site: RealtimeSite) -> None:
    bob, boss = either_site.person("bob"), either_site.person("staff1")
    assert refusal_of(lambda: bob.connect("/staff"))["code"] == "MISSING_ROLE"
    assert boss.connect("/staff").refusal is None


def test_a_refused_namespace_leaves_the_others_of_the_socket(ada: Visitor) -> None:
    raw = ada.raw("/live")
    assert joined(raw, {}, "/staff")["code"] == "MISSING_ROLE"
    assert raw.ask("nothing") == {"data": None}


def test_one_namespace_is_joined_once(ada: Visitor) -> None:
    raw = ada.raw("/live")
    assert joined(raw, {}, "/live")["code"] == "BAD_REQUEST"
    assert raw.ask("nothing") == {"data": None}


@pytest.mark.limit("DOVETAIL_REALTIME_HANDSHAKE_BYTES")
def test_a_handshake_with_a_long_head_opens_no_socket(make_site: MakeSite) -> None:
    """Its headers would stay in memory for as long as the socket does."""
    site = make_site(DOVETAIL_REALTIME_HANDSHAKE_BYTES=4096)
    ada = site.person("ada")
    long = {f"X_{number}": "x" * 1000 for number in range(4)}
    problem = refused_over_http(site, Cookie=ada.cookies(), **long)
    assert (problem["status"], problem["code"]) == (431, "HEADER_FIELDS_TOO_LARGE")
    del long["X_3"], long["X_2"]
    raw = RawSocket(site.origin, cookies=ada.cookies())
    ada.raw_sockets.append(raw)
    assert " 101 " in raw.request(**long)


@pytest.mark.limit("DOVETAIL_REALTIME_CONNECTIONS_PER_PERSON")
def test_connections_are_limited_per_person(
    make_either_site: MakeSite,
) -> None:
    site = make_either_site(DOVETAIL_REALTIME_CONNECTIONS_PER_PERSON=2)
    ada, bob = site.person("ada"), site.person("bob")
    first, _second = ada.connect(), ada.connect()
    refused = refusal_of(ada.connect)
    assert (refused["code"], refused["status"]) == ("TOO_MANY_CONNECTIONS", 429)
    assert bob.connect().refusal is None
    assert refusal_of(lambda: ada.connect("/live"))["code"] == "TOO_MANY_CONNECTIONS"
    first.close()
    until(lambda: len(site.service.connections.of_person("/notify", "ada")) == 1)
    assert ada.connect("/live", "/notify").refusal is None, "two namespaces share one socket"
    assert refusal_of(ada.connect)["code"] == "TOO_MANY_CONNECTIONS"
    assert set(site.service.connections._sockets) == {"ada", "bob"}


def test_a_socket_counts_until_it_has_left_its_last_namespace(make_site: MakeSite) -> None:
    site = make_site(DOVETAIL_REALTIME_CONNECTIONS_PER_PERSON=1)
    ada = site.person("ada")
    first = ada.raw("/live", "/notify")
    first.say("41/live,")
    until(lambda: site.service.connections.of_person("/live", "ada") == [])
    assert refusal_of(ada.connect)["code"] == "TOO_MANY_CONNECTIONS"
    first.say("41/notify,")
    until(lambda: site.service.connections.all() == [])
    assert site.service.connections._sockets == {}
    assert ada.connect().refusal is None


def test_also_of_those_who_come_at_the_same_time_so_many_are_let_in(make_site: MakeSite) -> None:
    site = make_site(DOVETAIL_REALTIME_CONNECTIONS_PER_PERSON=3)
    ada = site.person("ada")
    sockets = [ada.raw() for _ in range(12)]
    with ThreadPoolExecutor(len(sockets)) as pool:
        answers = list(pool.map(lambda raw: joined(raw, {}), sockets))
    assert [answer.get("code") for answer in answers].count(None) == 3
    assert len(site.service.connections.of_person("/notify", "ada")) == 3


@pytest.mark.limit("DOVETAIL_REALTIME_CONNECTIONS_MAX")
def test_sockets_are_limited_per_process(make_site: MakeSite) -> None:
    site = make_site(DOVETAIL_REALTIME_CONNECTIONS_MAX=2)
    ada, bob = site.person("ada"), site.person("bob")
    first, _second = ada.connect(), bob.connect()
    refused = refused_over_http(site)
    assert (refused["status"], refused["code"]) == (429, "TOO_MANY_CONNECTIONS")
    assert bob.get("/api/notifications/unread") == {"seq": 0, "unread": 0}
    first.close()
    until(lambda: site.service.sockets.open_sockets == 1)  # type: ignore[union-attr]
    assert isinstance(ada.connect(), Client)


def behind_a_proxy(make_site: MakeSite, **config: int) -> RealtimeSite:
    """A site whose clients come from wherever they say."""
    return make_site(DOVETAIL_TRUSTED_PROXIES="127.0.0.1", **config)


def opened_from(site: RealtimeSite, ada: Visitor, address: str) -> bool:
    """Open a socket that says nothing. Whether it was let in."""
    raw = RawSocket(site.origin, cookies=ada.cookies(), page=ada.page)
    ada.raw_sockets.append(raw)
    return " 101 " in raw.request(X_Forwarded_For=address)


def known_from(site: RealtimeSite, person: Visitor, address: str) -> RawSocket | None:
    """Open a socket that says whose it is. None: it was refused."""
    if not opened_from(site, person, address):
        return None
    raw = person.raw_sockets[-1]
    raw.packet()
    assert joined(raw, person.auth(), "/live") == {}
    return raw


@pytest.mark.limit("DOVETAIL_REALTIME_STRANGERS_PER_ADDRESS")
def test_address_cannot_take_all_strangers_places(make_site: MakeSite) -> None:
    """Others, and those who have said who they are, still come in; IPv6 counts by /64."""
    site = behind_a_proxy(make_site, DOVETAIL_REALTIME_STRANGERS_PER_ADDRESS=2)
    ada = site.person("ada")
    inside = ada.raw("/live")
    for here, beside in (("198.51.100.7", "198.51.100.7"), ("2001:db8::1", "2001:db8::ff:2")):
        assert opened_from(site, ada, here)
        assert opened_from(site, ada, beside)
        assert not opened_from(site, ada, here)
    assert opened_from(site, ada, "198.51.100.8")
    assert opened_from(site, ada, "2001:db8:0:1::1")
    assert inside.ask("nothing") == {"data": None}


@pytest.mark.limit("DOVETAIL_REALTIME_CONNECTIONS_PER_ADDRESS")
@pytest.mark.parametrize("given", [None, 2], ids=["half", "given"])
def test_address_has_a_share_of_the_sockets_for_any_number_of_people(
    make_site: MakeSite, given: int | None
) -> None:
    """Their accounts cost nothing, and each may have sockets: others have to find some places."""
    site = make_site(
        DOVETAIL_TRUSTED_PROXIES="127.0.0.1",
        DOVETAIL_REALTIME_CONNECTIONS_MAX=4 if given is None else 20,
        DOVETAIL_REALTIME_CONNECTIONS_PER_ADDRESS=given,
    )
    people = [site.person(who) for who in ("ada", "bob", "staff1")]
    here = [known_from(site, each, "198.51.100.7") for each in people]
    assert [each is not None for each in here] == [True, True, False]
    assert known_from(site, people[2], "198.51.100.8") is not None
    assert here[0] is not None
    here[0].close()
    until(lambda: known_from(site, people[2], "198.51.100.7") is not None)
    assert known_from(site, people[0], "198.51.100.7") is None


@pytest.mark.limit("DOVETAIL_REALTIME_STRANGERS_MAX")
def test_there_are_so_many_strangers_in_all(make_site: MakeSite) -> None:
    site = behind_a_proxy(make_site, DOVETAIL_REALTIME_STRANGERS_MAX=3)
    ada = site.person("ada")
    for number in range(3):
        assert opened_from(site, ada, f"198.51.100.{number}")
    assert not opened_from(site, ada, "198.51.100.99")


@pytest.mark.parametrize("ends", ["joins", "leaves"])
def test_a_place_is_given_back_when_a_socket_joins_or_leaves(
    make_site: MakeSite, ends: str
) -> None:
    site = behind_a_proxy(make_site, DOVETAIL_REALTIME_STRANGERS_PER_ADDRESS=1)
    ada = site.person("ada")
    assert opened_from(site, ada, "198.51.100.7")
    assert not opened_from(site, ada, "198.51.100.7")
    first = ada.raw_sockets[0]
    if ends == "joins":
        first.packet()
        assert joined(first, ada.auth(), "/live") == {}
    else:
        first.close()
    until(lambda: opened_from(site, ada, "198.51.100.7"))


def test_unless_more_is_said_one_address_has_a_quarter_of_the_strangers_places(
    make_site: MakeSite,
) -> None:
    site = behind_a_proxy(make_site)
    ada = site.person("ada")
    let_in = [opened_from(site, ada, "198.51.100.7") for _ in range(16)]
    assert let_in == [True] * 12 + [False] * 4


@pytest.mark.limit("DOVETAIL_REALTIME_STRANGER_SECONDS")
@pytest.mark.parametrize("tried", [False, True], ids=["silent", "refused"])
def test_a_socket_that_comes_in_nowhere_is_closed(make_site: MakeSite, tried: bool) -> None:
    ada = make_site(DOVETAIL_REALTIME_STRANGER_SECONDS=2).person("ada")
    inside, lonely = ada.raw("/live"), ada.raw()
    if tried:
        assert joined(lonely, {}, "/staff")["code"] == "MISSING_ROLE"
    with pytest.raises(ClosedError):
        lonely.packet()
    assert inside.ask("nothing") == {"data": None}


def test_a_page_that_knows_of_another_login_gets_nothing_of_this_one(
    either_site: RealtimeSite,
) -> None:
    """Somebody has signed in meanwhile, in another tab."""
    ada = either_site.person("ada")
    mine = next(each for each in ada.get("/auth/sessions")["items"] if each["current"])
    assert refusal_of(lambda: ada.connect(auth={**ada.auth(), "login": "another"}))["code"] == (
        "SESSION_EXPIRED"
    )
    assert ada.connect(auth={**ada.auth(), "login": mine["id"]}).next("dovetail:ready")
