"""Clients that break the protocol, flood, stall or never read are bounded, and hurt nobody else."""

from __future__ import annotations

import json
import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from flask_dovetail import notify
from flask_dovetail.realtime import realtime
from flask_dovetail.realtime.connections.registry import Connections
from flask_dovetail.realtime.rules import Bucket
from flask_dovetail.realtime.sockets import engine, websocket
from flask_dovetail.realtime.sockets.websocket import MAX_WAITING
from support.realtime_app import Liked, Said, live
from support.realtime_raw import (
    BINARY,
    CLOSE,
    PING,
    PONG,
    TEXT,
    ClosedError,
    RawSocket,
    event_frame,
    frame,
)
from support.realtime_site import Client, MakeSite, RealtimeSite, Visitor, refusal_of
from support.waiting import until

CONTINUATION = 0


@pytest.fixture
def witness(site: RealtimeSite) -> Iterator[Client]:
    """Somebody else, who notices nothing of it."""
    client = site.person("bob").connect("/live")
    yield client
    assert client.call("nothing") == {"data": None}


def threads_are_free(site: RealtimeSite, others: int = 0) -> None:
    """Nothing on the server serves that connection any more."""
    sockets = site.service.sockets
    assert sockets is not None
    until(lambda: sockets.open_sockets == others)


@pytest.mark.parametrize(
    "sent",
    [
        frame(BINARY, b"\x00\x01"),
        frame(TEXT, b'451-/live,["say",{"_placeholder":true,"num":0}]'),
        frame(TEXT, b'461-/live,1[{"_placeholder":true,"num":0}]'),
        frame(TEXT, b"b" + b"AAAA"),
        frame(TEXT, b"\xff\xfe"),
        frame(TEXT, b'42/live,["say","\xed\xa0\x80"]'),
        frame(TEXT, b"2", masked=False),
        frame(3, b"reserved"),
        frame(CONTINUATION, b"of nothing"),
        frame(PING, b"", final=False),
        frame(PING, b"x" * 126),
        frame(CLOSE, b"\x00"),
        bytes((0x81 | 0x40, 0x80)) + bytes(4),
        bytes((0x82, 0xFF)) + b"\xff" * 8 + bytes(4),
        frame(TEXT, b"9"),
        frame(TEXT, b""),
        frame(TEXT, b"4"),
        frame(TEXT, b"47"),
        frame(TEXT, b"42"),
        frame(TEXT, b"42/live,"),
        frame(TEXT, b"42/live,{}"),
        frame(TEXT, b"42/live,[]"),
        frame(TEXT, b"42/live,[7]"),
        frame(TEXT, b"42/live,1" + b"1" * 200 + b'["nothing"]'),
        frame(TEXT, b"42/live,[nonsense"),
        frame(TEXT, b"42/live," + b"[" * 30_000),
        frame(TEXT, b'42/live,["say",' + b"9" * 5000 + b"]"),
        frame(TEXT, b'43/live,1["an answer to nothing",'),
        frame(TEXT, b'44/live,{"message":"from a client"}'),
        frame(TEXT, b"1"),
    ],
    ids=lambda sent: repr(sent[:24]),
)
def test_invalid_packet_ends_the_connection(
    site: RealtimeSite, ada: Visitor, witness: Client, sent: bytes
) -> None:
    """The thread of the connection is free at once."""
    raw = ada.raw("/live")
    raw.send_bytes(sent)
    raw.closed_with()
    threads_are_free(site, others=1)
    assert len(site.service.connections.all()) == 1


def test_an_acknowledgement_that_nobody_waits_for_does_nothing(ada: Visitor) -> None:
    raw = ada.raw("/live")
    raw.say('43/live,1["an answer to nothing"]')
    assert raw.ask("nothing") == {"data": None}


def test_a_frame_that_is_too_long_is_not_read_whole(
    site: RealtimeSite, ada: Visitor, witness: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It closes with 1009 as soon as more than is allowed has come; nothing of it is handled."""
    read: list[int] = []
    kept = websocket.Connection.receive_data

    def counting(self: object, data: bytes | None) -> None:
        read.append(len(data or b""))
        kept(self, data)

    monkeypatch.setattr(websocket.Connection, "receive_data", counting)
    raw = ada.raw("/live")
    read.clear()
    whole = frame(TEXT, b"42/live," + b"x" * 1024 * 1024)
    raw.send_bytes(whole[: 128 * 1024])
    assert raw.closed_with() == 1009
    threads_are_free(site, others=1)
    assert sum(read) <= 64 * 1024 + 2 * 16 * 1024


@pytest.mark.parametrize("size", [0, 1, 1000], ids="{} bytes each".format)
def test_a_message_in_endless_pieces_is_ended(
    site: RealtimeSite, ada: Visitor, witness: Client, size: int
) -> None:
    raw = ada.raw("/live")
    raw.send_bytes(frame(TEXT, b"42/live,", final=False))
    piece = frame(CONTINUATION, b"x" * size, final=False) * (8192 // (size + 6))
    assert raw.is_cut_off(piece, times=2000)
    threads_are_free(site, others=1)


def test_a_message_in_pieces_is_one(ada: Visitor) -> None:
    """With a ping between them."""
    raw = ada.raw("/live")
    text = b'42/live,1["say",{"text":"hello"}]'
    raw.send_bytes(frame(TEXT, text[:9], final=False) + frame(PING, b"there?"))
    raw.send_bytes(frame(CONTINUATION, text[9:20], final=False) + frame(CONTINUATION, text[20:]))
    assert raw.frame() == (PONG, b"there?")
    assert raw.packet() == '43/live,1[{"data":{"count":5}}]'


@pytest.mark.limit("DOVETAIL_REALTIME_MESSAGE_BYTES")
def test_the_largest_message_that_is_allowed_is_taken(make_site: MakeSite) -> None:
    raw = make_site(DOVETAIL_REALTIME_MESSAGE_BYTES=2048).person("ada").raw("/live")
    head = '42/live,1["say",{"text":"'
    raw.say(head + "x" * (2048 - len(head) - 3) + '"}]')
    assert "VALIDATION_FAILED" in raw.packet()
    raw.say(head + "x" * (2049 - len(head) - 3) + '"}]')
    assert raw.closed_with() == 1009


@pytest.mark.parametrize("opcode", [PING, PONG])
def test_a_flood_of_control_frames_is_ended(
    site: RealtimeSite, ada: Visitor, witness: Client, opcode: int
) -> None:
    raw = ada.raw("/live")
    raw.send_bytes(frame(opcode, b"x") * 100)
    threads_are_free(site, others=1)


def test_a_flood_of_pings_of_engine_io_is_ended(
    site: RealtimeSite, ada: Visitor, witness: Client
) -> None:
    raw = ada.raw("/live")
    raw.send_bytes(frame(TEXT, b"3") * 100)
    threads_are_free(site, others=1)


@pytest.mark.limit("DOVETAIL_REALTIME_EVENTS_PER_SECOND")
def test_flood_is_refused_and_then_cut(
    make_site: MakeSite, caplog: pytest.LogCaptureFixture
) -> None:
    """What was over the rate was not handled; other connections feel nothing."""
    site = make_site(DOVETAIL_REALTIME_EVENTS_PER_SECOND=5)
    bob = site.person("bob").connect("/live")
    raw = site.person("ada").raw("/live")
    with caplog.at_level(logging.WARNING):
        raw.send_bytes(
            b"".join(frame(TEXT, f'42/live,{n}["say",{{"text":"x"}}]'.encode()) for n in range(200))
        )
        answers = list(raw.packets())
    told = [json.loads(packet[packet.index("[") :])[0] for packet in answers]
    handled = [each for each in told if "data" in each]
    refused = [each["problem"]["code"] for each in told if "problem" in each]
    assert 9 <= len(handled) <= 12
    assert set(refused) == {"TOO_MANY_REQUESTS"}
    assert [bob.next("said")["text"] for _ in handled] == ["x"] * len(handled)
    assert bob.is_quiet()
    assert bob.call("nothing") == {"data": None}
    assert [r.__dict__.get("reason") for r in caplog.records].count("flood") == 1


@pytest.mark.limit("DOVETAIL_REALTIME_EVENTS_PER_SECOND_PER_PERSON")
def test_one_person_sends_no_more_over_many_sockets(make_site: MakeSite) -> None:
    """What was over the rate was not handled; other people feel nothing, and time heals."""
    site = make_site(DOVETAIL_REALTIME_EVENTS_PER_SECOND_PER_PERSON=5)
    ada = site.person("ada")
    bob = site.person("bob").raw("/live")
    sockets = [ada.raw("/live") for _ in range(4)]
    told = [raw.ask("nothing", ack=ack) for ack in range(5) for raw in sockets]
    handled = [each for each in told if "data" in each]
    refused = [each["problem"] for each in told if "problem" in each]
    assert 6 <= len(handled) <= 9  # joining a namespace four times counts, too
    assert {(each["status"], each["code"]) for each in refused} == {(429, "TOO_MANY_REQUESTS")}
    assert bob.ask("nothing", ack=1) == {"data": None}
    time.sleep(0.3)
    assert sockets[0].ask("nothing", ack=9) == {"data": None}


def test_joining_namespaces_again_and_again_counts_for_the_person(make_site: MakeSite) -> None:
    """Also over ever new sockets: the count outlives the last one of them."""
    site = make_site(DOVETAIL_REALTIME_EVENTS_PER_SECOND_PER_PERSON=2)
    ada = site.person("ada")
    for _ in range(4):
        ada.raw("/live").close()
    refused = refusal_of(lambda: ada.connect("/live"))
    assert (refused["code"], refused["status"]) == ("TOO_MANY_REQUESTS", 429)
    site.person("bob").raw("/live")


def test_what_many_get_counts_for_who_sends_it(
    make_site: MakeSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A packet that a handler sends on to a crowd costs as much as many packets."""
    monkeypatch.setattr(realtime, "RECEIVERS_PER_EVENT", 1)
    site = make_site(DOVETAIL_REALTIME_EVENTS_PER_SECOND_PER_PERSON=4)
    ada, bob, *_ = [site.person(f"person {number}").raw("/live") for number in range(6)]
    hello = {"text": "hello", "room": None}
    assert ada.ask("say", hello, ack=1) == {"data": {"count": 5}}
    assert bob.heard("said")["text"] == "hello"
    assert ada.ask("say", hello, ack=2)["problem"]["code"] == "TOO_MANY_REQUESTS"
    assert bob.ask("nothing", ack=1) == {"data": None}
    until(lambda: "data" in ada.ask("nothing", ack=3))


def test_the_debt_of_a_bucket_is_paid_in_time() -> None:
    bucket = Bucket(rate=2, burst=4, now=0)
    bucket.charge(1_000_000)
    assert not bucket.take(2.4)
    assert bucket.take(2.5)


def test_counts_of_people_who_are_gone_are_forgotten() -> None:
    connections = Connections()
    for number in range(1000):
        assert connections.may_send(f"person {number}", rate=20, now=number)
    assert len(connections._buckets) <= 102


def test_pause_after_a_refusal_allows_events_again(make_site: MakeSite) -> None:
    raw = make_site(DOVETAIL_REALTIME_EVENTS_PER_SECOND=20).person("ada").raw("/live")
    told = [raw.ask("nothing", ack=number) for number in range(60)]
    assert "problem" in told[-1] or "problem" in told[-2]
    time.sleep(0.3)
    assert raw.ask("nothing", ack=99) == {"data": None}


def test_connecting_again_and_again_counts_as_sending(site: RealtimeSite, ada: Visitor) -> None:
    raw = ada.raw()
    again = frame(TEXT, b"40/nowhere,{}") + frame(TEXT, b"41/nowhere,")
    assert raw.is_cut_off(again, times=2000)
    threads_are_free(site)


def test_sender_after_the_end_holds_no_thread() -> None:
    """Bytes after the end are read and dropped for a moment only, however fast they come."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname())
        server, _ = listener.accept()
    one = websocket.WebSocket(
        server,
        silence_seconds=45,
        max_bytes=1024,
        flusher=websocket.Flusher(),
        on_drained=lambda: None,
    )
    stop = threading.Event()

    def send() -> None:
        try:
            while not stop.is_set():
                client.sendall(bytes(1_000_000))
        except OSError:
            return

    sender = threading.Thread(target=send)
    sender.start()
    try:
        ended = threading.Thread(target=one.release)
        ended.start()
        ended.join(20)
        assert not ended.is_alive()
    finally:
        stop.set()
        with suppress(OSError):  # the server has reset the connection already
            client.shutdown(socket.SHUT_RDWR)
        sender.join()
        client.close()
        server.close()


def test_a_client_that_breaks_off_in_a_frame_is_forgotten(site: RealtimeSite, ada: Visitor) -> None:
    raw = ada.raw("/live")
    raw.send_bytes(frame(TEXT, b'42/live,["say",{"text":"hello"}]')[:20])
    raw.close()
    threads_are_free(site)
    assert site.service.connections.all() == []


def test_a_client_that_closes_is_answered_and_forgotten(site: RealtimeSite, ada: Visitor) -> None:
    raw = ada.raw("/live")
    raw.send_bytes(frame(CLOSE, (1000).to_bytes(2, "big")))
    assert raw.closed_with() == 1000
    threads_are_free(site)


def test_a_client_that_answers_no_ping_is_cut(
    site: RealtimeSite, ada: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half-open connections look like that. One that answers stays."""
    monkeypatch.setattr(engine, "PING_SECONDS", 0.2)
    monkeypatch.setattr(engine, "PONG_SECONDS", 0.5)
    alive, dead = ada.connect("/live"), ada.raw("/live")
    assert dead.frame() == (TEXT, b"2")
    with pytest.raises(ClosedError):
        dead.frame()
    threads_are_free(site, others=1)
    time.sleep(1)
    assert alive.call("nothing") == {"data": None}


def test_a_client_that_does_not_agree_to_the_end_is_cut(
    site: RealtimeSite, ada: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "GOODBYE_SECONDS", 0.3)
    raw = ada.raw("/live")
    assert ada.post("/auth/logout").status_code == 204
    assert raw.heard("dovetail:end")["code"] == "SESSION_EXPIRED"
    assert raw.closed_with() == 1000
    threads_are_free(site)


def test_no_event_is_taken_after_the_end(site: RealtimeSite, ada: Visitor) -> None:
    """Though the client goes on, and does not close."""
    bob = site.person("bob").connect("/live")
    raw = ada.raw("/live")
    ada.post("/auth/logout")
    until(lambda: not site.service.connections.of_person("/live", "ada"))
    assert raw.is_cut_off(event_frame("say", {"text": "still here"}), times=1000, pause=0.001)
    assert bob.is_quiet()


def test_a_client_that_does_not_read_is_cut_before_it_costs_memory(
    site: RealtimeSite, ada: Visitor, witness: Client, caplog: pytest.LogCaptureFixture
) -> None:
    """What waits for it is bounded, and nobody waits for it."""
    raw = ada.raw("/live", receive_bytes=4096)
    sockets = site.service.sockets
    assert sockets is not None
    (connection,) = site.service.connections.of_person("/live", "ada")
    most, slowest = 0, 0.0
    with caplog.at_level(logging.WARNING), site.app.app_context():
        deadline = time.monotonic() + 30
        while site.service.connections.of_person("/live", "ada"):
            began = time.monotonic()
            live.emit(Said(by="app", text="x" * 8000), subject="ada")
            slowest = max(slowest, time.monotonic() - began)
            most = max(most, sockets.waiting(connection.eio_sid))
            assert began < deadline, "it was never cut"
    assert most <= MAX_WAITING
    assert slowest < 1
    threads_are_free(site, others=1)
    assert "slow consumer" in [r.__dict__.get("reason") for r in caplog.records]
    raw.close()


def test_stored_events_wait_in_the_database_for_a_client_that_does_not_read(
    site: RealtimeSite, ada: Visitor
) -> None:
    """It gets all of them in order, as soon as it reads; others of the person get them at once."""
    count = 300
    quick, slow = ada.connect(), ada.raw("/notify", receive_bytes=4096)
    slow.heard("dovetail:ready")
    text = "x" * 16_000
    with site.app.app_context():
        for thing in range(count):
            notify("ada", Liked(thing=thing, by=text))
    assert quick.things(count) == list(range(count))
    sockets = site.service.sockets
    assert sockets is not None
    (waiting,) = {
        sockets.waiting(each.eio_sid)
        for each in site.service.connections.of_person("/notify", "ada")
        if each.sent != count
    }
    assert waiting < 64 + 8  # of the last one a part, since it is large
    assert [slow.heard("liked")["data"]["thing"] for _ in range(count)] == list(range(count))


def test_cut_client_resumes_from_its_last_number(site: RealtimeSite, ada: Visitor) -> None:
    """Nothing stored is lost."""
    raw = ada.raw("/notify", receive_bytes=4096)
    raw.heard("dovetail:ready")
    site.like("ada", *range(10))
    seen = [raw.heard("liked")["seq"] for _ in range(4)]
    sockets = site.service.sockets
    assert sockets is not None
    (connection,) = site.service.connections.of_person("/notify", "ada")
    sockets.cut(connection.eio_sid)
    assert raw.closed_with() is None
    again = ada.raw("/notify", last=seen[-1])
    assert [again.heard("liked")["seq"] for _ in range(6)] == [5, 6, 7, 8, 9, 10]


def test_a_client_that_does_not_read_slows_no_other_down(site: RealtimeSite, ada: Visitor) -> None:
    ada.raw("/live", receive_bytes=4096)
    bob = site.person("bob").connect("/live")
    slowest = 0.0
    with site.app.app_context():
        for number in range(150):
            began = time.monotonic()
            live.emit(Said(by="app", text="x" * 8000 + str(number)))
            assert bob.next("said")["text"].endswith(str(number))
            slowest = max(slowest, time.monotonic() - began)
    assert slowest < 0.5


def test_a_slow_handshake_holds_up_nobody(site: RealtimeSite, witness: Client) -> None:
    """It is the server's to end; ours goes on meanwhile."""
    slow = RawSocket(site.origin)
    slow.send_bytes(b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\n")
    assert site.person("ada").raw("/live").ask("nothing") == {"data": None}
    slow.send_bytes(b"\r\n")
    assert slow.socket.recv(100).startswith(b"HTTP/1.1 400 ")
    slow.close()


def test_bytes_after_the_handshake_are_not_lost(site: RealtimeSite, ada: Visitor) -> None:
    """A client need not wait for the answer before it sends its first packet."""
    raw = RawSocket(site.origin, cookies=ada.cookies())
    ada.raw_sockets.append(raw)
    head = raw.request()
    assert " 101 " in head
    raw.send_bytes(frame(TEXT, b"40/live,{}") + frame(TEXT, b'42/live,1["nothing"]'))
    assert raw.packet().startswith("0{")
    assert raw.packet().startswith("40/live,")
    assert raw.packet() == '43/live,1[{"data":null}]'
