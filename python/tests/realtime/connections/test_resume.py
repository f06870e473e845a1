"""A client that comes back gets what it has not seen: in order, each once."""

from __future__ import annotations

import json
import random
import threading

import pytest
from sqlalchemy import delete, insert

from flask_dovetail.realtime.connections import push
from flask_dovetail.realtime.notifications.tables import heads, notifications
from support.realtime_raw import RawSocket
from support.realtime_site import Client, MakeSite, RealtimeSite, Visitor
from support.waiting import until


def seqs(client: Client, count: int) -> list[int]:
    return [client.next("liked")["seq"] for _ in range(count)]


def test_first_connection_gets_the_current_counts(either_site: RealtimeSite) -> None:
    """It then gets the notifications that are new from that moment on."""
    either_site.like("ada", 1, 2)
    ada = either_site.person("ada").connect()
    assert ada.next() == {"seq": 2, "unread": 2}
    either_site.like("ada", 3)
    told = ada.next()
    assert told.pop("created_at").endswith("Z")
    assert told == {"seq": 3, "event": "liked", "data": {"thing": 3, "by": ""}, "read_at": None}


def test_missed_notifications_follow_in_order(any_site: RealtimeSite) -> None:
    any_site.like("ada", *range(1, 8))
    ada = any_site.person("ada").connect(last=3)
    assert ada.next() == {"seq": 7, "unread": 7}
    assert seqs(ada, 4) == [4, 5, 6, 7]
    assert ada.is_quiet()


def test_more_than_one_read_of_the_database_gives_is_sent_whole(
    site: RealtimeSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(push, "_AT_ONCE", 5)
    site.like("ada", *range(23))
    ada = site.person("ada").connect(last=0)
    assert seqs(ada, 23) == list(range(1, 24))
    assert ada.is_quiet()


@pytest.mark.parametrize("last", [5, None])
def test_client_up_to_date_gets_nothing_again(site: RealtimeSite, last: int | None) -> None:
    site.like("ada", *range(5))
    ada = site.person("ada").connect(last=last)
    assert ada.next() == {"seq": 5, "unread": 5}
    assert ada.is_quiet(0.7)


def test_several_connections_each_get_what_they_lack(site: RealtimeSite, ada: Visitor) -> None:
    site.like("ada", *range(5))
    clients = [ada.connect(last=last) for last in (0, 3, 5)]
    site.like("ada", 6)
    assert [seqs(each, count) for each, count in zip(clients, (6, 3, 1), strict=True)] == [
        [1, 2, 3, 4, 5, 6],
        [4, 5, 6],
        [6],
    ]
    assert all(each.is_quiet(0.05) for each in clients)


def test_other_peoples_notifications_are_never_sent(
    site: RealtimeSite, ada: Visitor, bob: Visitor
) -> None:
    hers, his = ada.connect(last=0), bob.connect(last=0)
    site.like("ada", 1)
    site.like("bob", 2)
    assert (hers.things(1), his.things(1)) == ([1], [2])
    assert hers.is_quiet()


def test_trimmed_notifications_cause_a_reset(make_site: MakeSite) -> None:
    """The client reads the list again, and goes on from there."""
    site = make_site(DOVETAIL_REALTIME_RETENTION_EVENTS=10)
    site.like("ada", *range(32))
    ada = site.person("ada").connect(last=3)
    standing = ada.next("dovetail:ready")
    assert standing["seq"] == 32
    assert ada.next() == standing
    site.like("ada", 99)
    assert seqs(ada, 1) == [33]


def test_the_oldest_that_is_kept_can_still_be_the_next(make_site: MakeSite) -> None:
    """Whoever saw the one before it has missed nothing."""
    site = make_site(DOVETAIL_REALTIME_RETENTION_EVENTS=10)
    site.like("ada", *range(32))
    with site.app.app_context():
        oldest = site.service.notifications.oldest("ada")
    assert oldest is not None
    assert oldest > 2
    visitor = site.person("ada")
    complete, incomplete = (visitor.raw("/notify", last=oldest - n) for n in (1, 2))
    assert "dovetail:ready" in complete.packet()
    assert '"liked"' in complete.packet()
    assert "dovetail:ready" in incomplete.packet()
    assert "dovetail:reset" in incomplete.packet()


def test_number_of_another_database_causes_a_reset(site: RealtimeSite) -> None:
    """One that was restored from a backup has lower ones."""
    site.like("ada", 1, 2)
    ada = site.person("ada").connect(last=40)
    assert ada.next("dovetail:ready") == {"seq": 2, "unread": 2}
    assert ada.next("dovetail:reset") == {"seq": 2, "unread": 2}
    site.like("ada", 3)
    assert seqs(ada, 1) == [3]


def test_swept_notifications_cause_a_reset(site: RealtimeSite) -> None:
    site.like("ada", 1, 2, 3)
    with site.engine().begin() as connection:
        connection.execute(delete(notifications))
    ada = site.person("ada").connect(last=1)
    assert ada.next("dovetail:reset") == {"seq": 3, "unread": 0}


def test_notifications_trimmed_before_sending_cause_a_reset(
    site: RealtimeSite, ada: Visitor
) -> None:
    socket = ada.connect()
    socket.next("dovetail:ready")
    with site.engine().begin() as connection:
        connection.execute(insert(heads).values(subject="ada", last_seq=5))
        connection.execute(
            insert(notifications).values(
                subject="ada", seq=5, event="liked", data='{"thing":5}', created_at=1
            )
        )
    assert socket.next() == {"seq": 5, "unread": 1}
    site.like("ada", 6)
    assert seqs(socket, 1) == [6]


def test_notification_of_a_removed_event_is_left_out(site: RealtimeSite, ada: Visitor) -> None:
    """Neither the socket nor the list has it; those after it arrive."""
    site.like("ada", 1)
    with site.app.app_context():
        kept = site.service.notifications
        with kept.tables.writing() as connection:
            kept.add(connection, "ada", "gone", "{}", now=1)
    site.like("ada", 3)
    assert seqs(ada.connect(last=0), 2) == [1, 3]
    listed = ada.get("/api/notifications")
    assert [item["seq"] for item in listed["items"]] == [3, 1]
    assert listed["seq"] == 3


def test_marking_read_is_told_to_all_connections_of_the_person(either_site: RealtimeSite) -> None:
    laptop, phone = either_site.person("ada"), either_site.person("ada")
    tabs = [laptop.connect(), laptop.connect(), phone.connect()]
    other = either_site.person("bob").connect()
    either_site.like("ada", 1, 2, 3)
    assert laptop.post("/api/notifications/2/read").json() == {"seq": 3, "unread": 2}
    for tab in tabs:
        assert tab.next("dovetail:unread") == {"seq": 3, "unread": 2}
    assert phone.post("/api/notifications/read", up_to=3).json() == {"seq": 3, "unread": 0}
    for tab in tabs:
        assert tab.next("dovetail:unread") == {"seq": 3, "unread": 0}
    assert other.is_quiet(0.05)


def test_ready_comes_before_every_notification(site: RealtimeSite, ada: Visitor) -> None:
    """Also while others are being committed."""
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            site.like("ada", 1)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(20):
            raw = ada.raw("/notify", last=0)
            name, standing = json.loads(raw.packet().removeprefix("42/notify,"))
            assert name == "dovetail:ready"
            assert standing["seq"] >= 0
            raw.close()
            raw_is_gone(site)
    finally:
        stop.set()
        writer.join()


def raw_is_gone(site: RealtimeSite) -> None:
    until(lambda: not site.service.connections.of_person("/notify", "ada"))


def test_nothing_is_lost_or_sent_twice_while_clients_come_and_go(any_site: RealtimeSite) -> None:
    """Several threads commit, and several clients break off at any point and come back."""
    total, writers, readers = 120, 3, 3
    visitor = any_site.person("ada")
    failures: list[str] = []

    def write(first: int) -> None:
        for thing in range(first, total, writers):
            any_site.like("ada", thing)

    def read(number: int) -> None:
        chance = random.Random(number)
        last = 0
        while last < total:
            raw: RawSocket = visitor.raw("/notify", last=last)
            for _ in range(chance.randint(1, 25)):
                packet = raw.packet()
                name, told = json.loads(packet[packet.index("[") :])
                if name == "dovetail:reset":
                    failures.append("reset")
                if name == "liked":
                    if told["seq"] != last + 1:
                        failures.append(f"{told['seq']} after {last}")
                    last = told["seq"]
                    if last == total:
                        break
            raw.close()

    threads = [threading.Thread(target=write, args=(n,)) for n in range(writers)]
    threads += [threading.Thread(target=read, args=(n,)) for n in range(readers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    assert failures == []
