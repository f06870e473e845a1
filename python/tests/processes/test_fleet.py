"""Three processes behind nginx are to clients what one is: in order, once, and over in a second."""

from __future__ import annotations

import re
import threading
import time
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from flask_dovetail.realtime.connections import supervision
from support.fleet import Fleet, Tab, Unit, at_once
from support.realtime_site import Visitor
from support.tls_tunnel import TLSTunnel
from support.waiting import until

A_SECOND = 1.0
A_MOMENT = 0.3


def test_committed_notification_reaches_every_socket_once_in_order(
    fleet: Fleet, ada: Visitor, bob: Visitor
) -> None:
    tabs, senders = fleet.tabs_everywhere(bob), fleet.tabs_everywhere(ada)
    assert len({tab.process for tab in tabs}) == len(fleet.workers) >= 2

    def by_socket(sender: Tab, first: int) -> None:
        for thing in range(first, first + 10):
            sender.ask("like", whose=bob.subject, thing=thing)

    def by_request() -> None:
        for thing in range(10):
            assert ada.post(f"/api/likes/{bob.subject}/{thing}").status_code == 204

    at_once(
        by_request,
        lambda: fleet.command("like", bob.subject, "99"),
        *(
            lambda s=sender, n=number: by_socket(s, 10 * n)
            for number, sender in enumerate(senders, 1)
        ),
    )
    count = 10 * (1 + len(senders)) + 1
    for tab in tabs:
        until(lambda tab=tab: len(tab.seqs) >= count)
    time.sleep(A_MOMENT)  # in which nothing comes twice
    for tab in tabs:
        assert tab.seqs == list(range(1, count + 1))
        assert tab.things == tabs[0].things
    assert sorted(tabs[0].things) == [*range(10 * (1 + len(senders))), 99]


def test_a_notification_crosses_processes_at_once(fleet: Fleet, ada: Visitor, bob: Visitor) -> None:
    """Sooner than by the look at the database, which comes every ten seconds."""
    tabs = fleet.tabs_everywhere(bob)
    for thing in range(10):
        began = time.monotonic()
        ada.post(f"/api/likes/{bob.subject}/{thing}")
        for tab in tabs:
            until(lambda tab=tab, thing=thing: tab.things[-1:] == [thing])
        assert time.monotonic() - began < A_SECOND


def test_marking_read_in_one_tab_is_told_to_those_of_other_processes(
    fleet: Fleet, ada: Visitor, bob: Visitor
) -> None:
    tabs = fleet.tabs_everywhere(bob)
    ada.post(f"/api/likes/{bob.subject}/1")
    for tab in tabs:
        until(lambda tab=tab: tab.seqs == [1])
    assert bob.post("/api/notifications/read", up_to=1).json() == {"seq": 1, "unread": 0}
    for tab in tabs:
        tab.awaits("dovetail:unread", {"seq": 1, "unread": 0})


def test_a_room_is_one_room_on_all_processes(fleet: Fleet, ada: Visitor, bob: Visitor) -> None:
    inside, outside = fleet.tabs_everywhere(bob), fleet.tabs_everywhere(bob)
    speaker = fleet.tab(ada)
    for tab in (*inside, speaker):
        tab.ask("dovetail:join", room="hall:a")
    speaker.ask("say", text="hello", room="hall:a")
    ada.post("/api/says", text="from a view", room="hall:a")
    said = [{"by": ada.subject, "text": text} for text in ("hello", "from a view")]
    for tab in inside:
        until(lambda tab=tab: tab.all("said") == said)
    until(lambda: speaker.all("said") == said[1:])  # not what it said itself
    time.sleep(A_MOMENT)
    for tab in outside:
        assert tab.all("said") == []


def test_presence_counts_the_people_of_all_processes(
    fleet: Fleet, ada: Visitor, bob: Visitor
) -> None:
    watchers, other = fleet.tabs_everywhere(bob), fleet.tab(ada)

    def there(*people: Visitor) -> dict[str, object]:
        names = sorted(person.subject for person in people)
        shown = [{"name": name.upper()} for name in names]
        return {"room": "thing:7", "people": shown, "count": len(names)}

    for tab in watchers:
        tab.ask("dovetail:join", room="thing:7")
        tab.awaits("dovetail:presence", there(bob))
    other.ask("dovetail:join", room="thing:7")
    for tab in (*watchers, other):
        tab.awaits("dovetail:presence", there(ada, bob))
    other.close()
    for tab in watchers:
        tab.awaits("dovetail:presence", there(bob))


def test_signing_out_closes_the_sockets_on_every_process_within_a_second(
    fleet: Fleet, ada: Visitor, bob: Visitor
) -> None:
    tabs, other = fleet.tabs_everywhere(bob), fleet.tab(ada)
    began = time.monotonic()
    assert bob.post("/auth/logout").status_code in (200, 204)
    for tab in tabs:
        until(lambda tab=tab: tab.ended_at is not None)
        assert tab.ended_at is not None
        assert tab.ended_at - began < A_SECOND
        assert {each["code"] for each in tab.all("dovetail:end")} == {"SESSION_EXPIRED"}
    assert other.ended_at is None


def test_clients_of_a_killed_process_reconnect_and_miss_nothing(
    fleet: Fleet, ada: Visitor, bob: Visitor
) -> None:
    """All of it while notifications are being committed; the processes that go on lose nobody."""
    tabs = fleet.tabs_everywhere(bob)
    stop = threading.Event()

    def send() -> None:
        while not stop.wait(0.02):
            answer = ada.post(f"/api/likes/{bob.subject}/1")
            assert answer.status_code in (204, 502)  # it may have been the one that was killed

    sender = threading.Thread(target=send)
    sender.start()
    try:
        time.sleep(A_MOMENT)
        dead = fleet.kill_one()
        for tab in tabs:
            until(lambda tab=tab: tab.now_at() not in {None, *dead})
        time.sleep(A_MOMENT)
    finally:
        stop.set()
        sender.join()
        fleet.restore()
    stayed = [tab for tab in tabs if tab.process not in dead]
    assert len(stayed) == len(tabs) - 1
    assert all(tab.ended_at is None for tab in stayed)
    newest = bob.get("/api/notifications/unread")["seq"]
    for tab in tabs:
        until(lambda tab=tab: len(tab.seqs) >= newest)
        assert tab.seqs == list(range(1, newest + 1))


@pytest.mark.parametrize("sailing_fleet", ["apart-session"], indirect=True)
def test_without_valkey_the_database_tells_within_ten_seconds(
    fleet: Fleet, ada: Visitor, bob: Visitor, valkey_server: Any
) -> None:
    tabs = fleet.tabs_everywhere(bob)
    valkey_server.stop()
    try:
        assert ada.post(f"/api/likes/{bob.subject}/1").status_code == 204
        for tab in tabs:
            until(lambda tab=tab: tab.seqs == [1], seconds=supervision.NEWS_SECONDS + A_SECOND)
    finally:
        valkey_server.start()


def test_while_valkey_is_away_all_is_stored_and_when_it_is_back_all_is_pushed(
    fleet: Fleet, ada: Visitor, bob: Visitor, valkey_server: Any
) -> None:
    tabs = fleet.tabs_everywhere(bob)
    valkey_server.stop()
    try:
        for thing in range(5):
            assert ada.post(f"/api/likes/{bob.subject}/{thing}").status_code == 204
        assert bob.get("/api/notifications/unread") == {"seq": 5, "unread": 5}
    finally:
        valkey_server.start()
    for tab in tabs:
        until(lambda tab=tab: len(tab.seqs) >= 5, seconds=5)  # at once, not after ten seconds
    until(lambda: _crosses(ada, bob, tabs))
    for tab in tabs:
        assert tab.seqs == list(range(1, len(tab.seqs) + 1))
        assert tab.ended_at is None


def _crosses(ada: Visitor, bob: Visitor, tabs: list[Tab]) -> bool:
    """Whether one more reaches all processes at once."""
    before = min(len(tab.seqs) for tab in tabs)
    ada.post(f"/api/likes/{bob.subject}/7")
    time.sleep(A_MOMENT)
    return all(len(tab.seqs) > before for tab in tabs)


def test_the_app_sees_the_client_and_not_nginx(fleet: Fleet, ada: Visitor) -> None:
    """Over HTTP and in a socket's handler alike, whatever the client claims."""
    elsewhere = "127.0.0.2"
    lies = {"X-Forwarded-For": "6.6.6.6", "X-Forwarded-Proto": "http", "X-Forwarded-Host": "evil"}
    with httpx.Client(transport=httpx.HTTPTransport(local_address=elsewhere)) as other:
        seen = other.get(f"{fleet.origin}/api/where", headers=lies).json()
    assert (seen["address"], seen["origin"]) == (elsewhere, fleet.origin)

    port = urlsplit(fleet.origin).port
    assert port is not None
    with TLSTunnel(port, fleet.certificate, address=elsewhere) as tunnel:
        seen = fleet.tab(ada, through=tunnel).ask("where")
    assert (seen["address"], seen["origin"]) == (elsewhere, fleet.origin)


def test_a_page_of_another_origin_opens_no_socket(fleet: Fleet, ada: Visitor) -> None:
    headers = {
        "Cookie": ada.cookies(),
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Key": "A" * 22 + "==",
        "Sec-WebSocket-Version": "13",
    }
    path = f"{fleet.origin}/socket.io/?EIO=4&transport=websocket"
    for origin in ("https://evil.example", fleet.origin.replace("https", "http"), "null"):
        answer = httpx.get(path, headers=headers | {"Origin": origin})
        assert (answer.status_code, answer.json()["code"]) == (403, "ORIGIN_NOT_ALLOWED")


def test_cookies_are_those_of_https(fleet: Fleet, ada: Visitor) -> None:
    for cookie in ada.http.cookies.jar:
        assert cookie.secure
        assert re.match(r"__(Host|Secure)-", cookie.name)


@pytest.mark.parametrize("sailing_fleet", ["apart-session", "apart-token"], indirect=True)
def test_a_process_of_sockets_stops_within_its_grace(fleet: Fleet, bob: Visitor) -> None:
    """As at a deploy: its clients go on at the others."""
    tabs = fleet.tabs_everywhere(bob)
    stopped = fleet.serving[0]
    workers = stopped.workers
    assert stopped.stop() < 5
    for tab in tabs:
        until(lambda tab=tab: tab.now_at() not in {None, *workers})
    fleet.restore()


def test_process_without_sockets_refuses_them(fleet: Fleet) -> None:
    unit = Unit("dovetail-web.service")
    assert unit.environment["DOVETAIL_REALTIME_SERVE"] == "false"
    answer = httpx.get(f"http://127.0.0.1:{fleet.processes[0].port}/socket.io/")
    assert answer.status_code == (404 if len(fleet.processes) > 1 else 400)
