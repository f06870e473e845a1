"""What one client, one store or one account is slow at costs nobody else anything."""

from __future__ import annotations

import time

import httpx
import pytest
from sqlalchemy import event, text

from flask_dovetail import Identity, end_logins
from flask_dovetail.problems import NotFound
from flask_dovetail.realtime.connections import supervision
from support.realtime_app import People, Said, live
from support.realtime_site import MakeSite, RealtimeSite
from support.waiting import until

JOIN = "dovetail:join"


def test_a_tab_that_does_not_read_keeps_nothing_from_the_others_of_its_person(
    site: RealtimeSite,
) -> None:
    ada = site.person("ada")
    stuck = ada.raw("/notify", last=0, receive_bytes=4096)
    quick = ada.connect()
    quick.next("dovetail:ready")
    sockets = site.service.sockets
    assert sockets is not None
    padding = "x" * 4000
    with site.app.app_context(), site.service.notifications.tables.writing() as connection:
        for thing in range(900):
            data = f'{{"thing": {thing}, "by": "{padding}"}}'
            site.service.notifications.add(connection, "ada", "liked", data, now=1)
    site.service.has_news(["ada"])
    assert quick.things(900) == list(range(900))
    reads: list[str] = []
    event.listen(
        site.engine(), "before_cursor_execute", lambda *args: reads.append(args[2]), named=False
    )
    time.sleep(1)
    assert len([each for each in reads if "dovetail_notifications" in each]) < 20
    stuck.close()


class SlowToSay(People):
    """An application that takes its time to say who somebody is, once it is asked again."""

    seconds = 0.0

    def __missing__(self, subject: str) -> Identity:
        time.sleep(self.seconds)
        return super().__missing__(subject)


def test_an_application_that_is_slow_about_people_delays_the_end_of_no_login(
    make_site: MakeSite,
) -> None:
    people = SlowToSay()
    site = make_site(people=people)
    others = [site.person(f"somebody{number}").connect() for number in range(6)]
    ada = site.person("ada")
    socket = ada.connect()
    for each in (*others, socket):
        each.next("dovetail:ready")
    people.seconds = 1.0
    site.clock.advance(supervision.IDENTITY_SECONDS)
    time.sleep(0.6)  # the round of questions has begun
    with site.app.app_context():
        end_logins("ada")
    began = time.monotonic()
    assert socket.next("dovetail:end")["code"] == "SESSION_EXPIRED"
    assert time.monotonic() - began < 1.5


def test_strangers_cannot_take_the_places_of_people(make_site: MakeSite) -> None:
    site = make_site(DOVETAIL_REALTIME_CONNECTIONS_MAX=20)
    ada = site.person("ada")
    strangers = [ada.raw() for _ in range(5)]
    address = f"{site.origin}/socket.io/?EIO=4&transport=websocket"
    upgrade = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    refused = httpx.get(address, headers=upgrade)
    assert (refused.status_code, refused.json()["code"]) == (429, "TOO_MANY_CONNECTIONS")
    strangers[0].join("/live", ada.auth())  # whoever says who they are makes room
    sockets = site.service.sockets
    assert sockets is not None
    until(lambda: sockets.strangers._total == 4)
    client = ada.connect("/live")
    assert client.call("nothing") == {"data": None}
    for each in strangers:
        each.close()


def test_a_room_that_one_may_no_longer_be_in_is_left(
    site: RealtimeSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, bob = site.person("ada").connect("/live"), site.person("bob").connect("/live")
    for each in (ada, bob):
        assert each.call(JOIN, {"room": "thing:7"}) == {"data": None}

    def closed(thing: int) -> None:
        raise NotFound

    room = live.declared.rooms["thing"]
    monkeypatch.setitem(
        live.declared.rooms, "thing", type(room)(**{**vars(room), "permit": closed})
    )
    site.clock.advance(supervision.IDENTITY_SECONDS)
    until(lambda: all(not c.rooms for c in site.service.connections.all()))
    with site.app.app_context():
        live.emit(Said(by="app", text="for members"), room="thing:7")
    assert bob.call("nothing") == {"data": None}
    assert all(name != "said" for _, name, _ in list(ada.heard.queue))


def test_a_login_with_another_secret_by_now_opens_namespaces_on_the_socket_it_has(
    site: RealtimeSite,
) -> None:
    """The cookie of the handshake is the former one, of a login that goes on."""
    ada = site.person("ada")
    socket = ada.raw("/notify")
    socket.heard("dovetail:ready")
    assert ada.post("/api/rotate").status_code == 204
    assert socket.join("/live").startswith("40/live")


def test_a_notification_from_before_its_kind_was_changed_is_passed_over(site: RealtimeSite) -> None:
    ada = site.person("ada")
    with site.engine().begin() as connection:
        connection.execute(text("INSERT INTO dovetail_notification_heads VALUES ('ada', 1);"))
        connection.execute(
            text(
                "INSERT INTO dovetail_notifications (subject, seq, event, data, created_at) "
                "VALUES ('ada', 1, 'liked', '{\"other\": 1}', 1)"
            )
        )
    site.like("ada", 5)
    assert [each["seq"] for each in ada.get("/api/notifications")["items"]] == [2]
    socket = ada.connect(last=0)
    assert socket.things(1) == [5]
