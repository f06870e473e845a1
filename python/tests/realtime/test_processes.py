"""Several processes of one app, which share a database and Valkey."""

from __future__ import annotations

import threading
import time
from typing import Any

import httpx
import pytest
import valkey

from flask_dovetail import notify
from flask_dovetail.realtime.connections import presence, supervision
from support.realtime_app import Liked, Said, live
from support.realtime_site import Client, MakeSite, RealtimeSite
from support.waiting import until

JOIN, PRESENCE = "dovetail:join", "dovetail:presence"


@pytest.fixture
def make_process(make_site: MakeSite, valkey_url: str) -> MakeSite:
    """Makes processes of one app."""
    shared: dict[str, Any] = {"DOVETAIL_VALKEY_URL": valkey_url}

    def make(**config: Any) -> RealtimeSite:
        site = make_site(**shared, **config)
        for key in ("DOVETAIL_DATABASE_URL", "DOVETAIL_API_ORIGIN"):
            shared[key] = site.app.config[key]
        return site

    return make


@pytest.fixture
def pair(make_process: MakeSite) -> tuple[RealtimeSite, RealtimeSite]:
    return make_process(), make_process()


def channel(site: RealtimeSite) -> str:
    return f"dovetail:realtime:{site.app.config['DOVETAIL_API_ORIGIN']}"


def listeners(site: RealtimeSite) -> int:
    """How many processes hear what the others say."""
    with valkey.Valkey.from_url(site.app.config["DOVETAIL_VALKEY_URL"]) as client:
        found: Any = client.pubsub_numsub(channel(site))
    return sum(number for _, number in found)


def connected(site: RealtimeSite, subject: str, *namespaces: str, others: int = 0) -> Client:
    """Somebody's socket, on a process that hears the others."""
    client = site.person(subject).connect(*namespaces)
    until(lambda: listeners(site) > others)
    return client


def sees(client: Client, *names: str) -> None:
    people = [{"name": name} for name in names]
    wanted = {"room": "thing:7", "people": people, "count": len(names)}
    until(lambda: client.next(PRESENCE) == wanted)


def test_a_notification_of_one_process_reaches_the_sockets_of_the_other_at_once(
    pair: tuple[RealtimeSite, RealtimeSite],
) -> None:
    """Long before the database is asked what Valkey has lost."""
    here, there = pair
    ada = connected(there, "ada")
    ada.next("dovetail:ready")
    began = time.monotonic()
    here.like("ada", *range(5))
    assert ada.things(5) == list(range(5))
    assert time.monotonic() - began < supervision.NEWS_SECONDS / 2


def test_unstored_event_reaches_the_other_process(pair: tuple[RealtimeSite, RealtimeSite]) -> None:
    """Its rooms, its people and all of it; a sender is skipped wherever it is."""
    here, there = pair
    ada = connected(here, "ada", "/live")
    bob = connected(there, "bob", "/live", others=1)
    bob.call(JOIN, {"room": "hall:a"})
    ada.call(JOIN, {"room": "hall:a"})
    with here.app.app_context():
        live.emit(Said(by="app", text="room"), room="hall:a")
        live.emit(Said(by="app", text="person"), subject="bob")
        live.emit(Said(by="app", text="all"))
    assert [bob.next("said")["text"] for _ in range(3)] == ["room", "person", "all"]
    assert [ada.next("said")["text"] for _ in range(2)] == ["room", "all"]
    ada.call("say", {"text": "mine"})
    assert bob.next("said")["text"] == "mine"
    assert ada.is_quiet()
    assert bob.is_quiet(0.01), "each once"


def test_a_logout_on_one_process_closes_the_sockets_of_the_other(
    pair: tuple[RealtimeSite, RealtimeSite],
) -> None:
    here, there = pair
    ada = here.person("ada")
    elsewhere = there.person("bob")
    elsewhere.http.cookies = ada.http.cookies
    socket = elsewhere.connect()
    socket.next("dovetail:ready")
    assert ada.post("/auth/logout").status_code == 204
    assert socket.next("dovetail:end")["code"] == "SESSION_EXPIRED"


def test_marking_read_on_one_process_is_told_by_the_other(
    pair: tuple[RealtimeSite, RealtimeSite],
) -> None:
    here, there = pair
    socket = connected(there, "ada")
    here.like("ada", 1, 2)
    assert here.person("ada").post("/api/notifications/1/read").status_code == 200
    assert socket.next("dovetail:unread") == {"seq": 2, "unread": 1}


def test_a_room_has_the_people_of_all_processes(pair: tuple[RealtimeSite, RealtimeSite]) -> None:
    here, there = pair
    ada = connected(here, "ada", "/live")
    bob = connected(there, "bob", "/live", others=1)
    ada.call(JOIN, {"room": "thing:7"})
    bob.call(JOIN, {"room": "thing:7"})
    sees(bob, "ADA", "BOB")
    sees(ada, "ADA", "BOB")
    bob.close()
    sees(ada, "ADA")


def test_a_person_on_two_processes_is_there_until_they_have_left_both(
    pair: tuple[RealtimeSite, RealtimeSite],
) -> None:
    here, there = pair
    bob = connected(here, "bob", "/live")
    bob.call(JOIN, {"room": "thing:7"})
    one, other = here.person("ada").connect("/live"), connected(there, "ada", "/live", others=1)
    for each in (one, other):
        each.call(JOIN, {"room": "thing:7"})
        sees(each, "ADA", "BOB")
    sees(bob, "ADA", "BOB")
    one.close()
    until(lambda: not here.service.connections.of_person("/live", "ada"))
    assert bob.is_quiet(2 * presence.EVERY_SECONDS), "she is there by the other"
    other.close()
    sees(bob, "BOB")


def test_the_people_of_a_process_that_was_killed_are_gone_after_a_while(
    pair: tuple[RealtimeSite, RealtimeSite], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presence, "FRESH_SECONDS", 2)
    monkeypatch.setattr(presence, "REFRESH_SECONDS", 0.5)
    here, there = pair
    known = there.service.presence
    killed = presence.Presence(known._client, known._prefix, known._outages)
    killed.enter(presence.Place("/live", "thing:7"), "eve", "s", {"name": "EVE"})
    killed._share(killed._work.changed)
    ada = connected(here, "ada", "/live")
    ada.call(JOIN, {"room": "thing:7"})
    sees(ada, "ADA", "EVE")
    sees(ada, "ADA")


def test_a_process_that_takes_no_sockets_sends_to_those_that_do(make_process: MakeSite) -> None:
    serving, api = make_process(), make_process(DOVETAIL_REALTIME_SERVE=False)
    ada = connected(serving, "ada", "/notify", "/live")
    ada.next("dovetail:ready")
    api.like("ada", 1)
    assert ada.things(1) == [1]
    with api.app.app_context():
        live.emit(Said(by="app", text="hello"))
    assert ada.next("said")["text"] == "hello"
    answer = httpx.get(f"{api.origin}/socket.io/?EIO=4&transport=websocket")
    assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")


def test_apps_that_share_valkey_hear_nothing_of_each_other(
    make_site: MakeSite, valkey_url: str
) -> None:
    one, other = (make_site(DOVETAIL_VALKEY_URL=valkey_url) for _ in range(2))
    sockets = [connected(each, "ada", "/live") for each in (one, other)]
    with one.app.app_context():
        live.emit(Said(by="app", text="hello"))
    assert sockets[0].next("said")["text"] == "hello"
    assert sockets[1].is_quiet()


@pytest.mark.parametrize(
    "written", [b"", b"\xff", b"nonsense", b"[]", b"7", b"{}", b'{"kind":"emit"}', b'{"kind":7}']
)
def test_foreign_messages_on_the_bus_are_ignored(
    pair: tuple[RealtimeSite, RealtimeSite], written: bytes
) -> None:
    here, there = pair
    ada = connected(there, "ada", "/live")
    with valkey.Valkey.from_url(there.app.config["DOVETAIL_VALKEY_URL"]) as client:
        client.publish(channel(there), written)
    with here.app.app_context():
        live.emit(Said(by="app", text="hello"))
    assert ada.next("said")["text"] == "hello"


def test_concurrent_notifications_of_three_processes_arrive_in_order(
    make_process: MakeSite,
) -> None:
    sites = [make_process() for _ in range(3)]
    clients = [connected(each, "ada", others=number) for number, each in enumerate(sites)]

    def write(site: RealtimeSite) -> None:
        with site.app.app_context():
            for thing in range(20):
                notify("ada", Liked(thing=thing))

    writers = [threading.Thread(target=write, args=(site,)) for site in sites]
    for each in writers:
        each.start()
    for each in writers:
        each.join()
    for client in clients:
        assert [client.next("liked")["seq"] for _ in range(60)] == list(range(1, 61))
        assert client.is_quiet(0.05)
