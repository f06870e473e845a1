"""Events that clients send: judged like requests, and answered like them."""

from __future__ import annotations

import json
import logging
import time
from typing import Any

import pytest
from flask import request

from support.realtime_raw import ClosedError
from support.realtime_site import Client, MakeSite, RealtimeSite, Visitor
from support.waiting import until


@pytest.fixture
def socket(either_site: RealtimeSite) -> Client:
    return either_site.person("ada").connect("/live")


def test_return_value_is_the_acknowledgement(socket: Client) -> None:
    assert socket.call("say", {"text": "hello"}) == {"data": {"count": 5}}
    assert socket.call("nothing") == {"data": None}


def test_a_body_with_a_default_may_be_left_out(socket: Client) -> None:
    assert socket.call("maybe") == {"data": {"count": 0}}
    assert socket.call("maybe", {"text": "abc"}) == {"data": {"count": 3}}


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ([{}], "/body/text"),
        ([{"text": 7}], "/body/text"),
        ([{"text": "x" * 101}], "/body/text"),
        ([{"text": "a\u0000b"}], "/body/text"),
        ([7], "/body"),
        ([None], "/body"),
        ([[]], "/body"),
        ([], "/body"),
        ([{"text": "a"}, {"text": "b"}], "/body"),
    ],
    ids=repr,
)
def test_a_body_of_another_form_is_refused_with_a_pointer(
    ada: Visitor, body: list[Any], pointer: str
) -> None:
    raw = ada.raw("/live")
    problem = raw.ask("say", *body)["problem"]
    assert (problem["code"], problem["status"]) == ("VALIDATION_FAILED", 422)
    assert [error["pointer"] for error in problem["errors"]] == [pointer]


@pytest.mark.parametrize(
    "written",
    ['{"text":"\\ud800"}', '{"text":' + "[" * 500 + "]" * 500 + "}", '{"text":NaN}', "1e999"],
    ids=lambda text: text[:12],
)
def test_a_body_that_json_cannot_say_is_refused_by_code(ada: Visitor, written: str) -> None:
    raw = ada.raw("/live")
    raw.say(f'42/live,5["say",{written}]')
    head = "43/live,5["
    answer = raw.packet()
    assert answer.startswith(head)
    problem = json.loads(answer[len(head) - 1 :])[0]["problem"]
    assert problem["code"] in ("MALFORMED_JSON", "VALIDATION_FAILED")
    assert raw.ask("nothing") == {"data": None}


def test_guard_of_a_handler_is_enforced(either_site: RealtimeSite) -> None:
    """The same guard as over HTTP, with the same codes."""
    mute, ada, boss = (either_site.person(who) for who in ("mute", "ada", "staff1"))
    refused = mute.connect("/live").call("say", {"text": "hello"})["problem"]
    assert (refused["code"], refused["status"]) == ("INSUFFICIENT_SCOPE", 403)
    assert ada.connect("/live").call("who")["problem"]["code"] == "MISSING_ROLE"
    assert boss.connect("/live").call("who") == {"data": {"name": "staff1"}}


def test_the_guard_is_asked_before_the_body_is_told_apart(either_site: RealtimeSite) -> None:
    mute = either_site.person("mute").connect("/live")
    told = mute.call("say", {"text": 7})
    assert set(told) == {"problem"}


def test_problem_of_a_handler_is_its_acknowledgement(socket: Client) -> None:
    told = socket.call("say", {"text": "forbidden"})
    assert set(told) == {"problem"}
    assert (told["problem"]["code"], told["problem"]["detail"]) == ("FORBIDDEN", "Not that.")


def test_a_fault_is_told_without_its_inside_and_logged_without_what_was_sent(
    site: RealtimeSite, ada: Visitor, caplog: pytest.LogCaptureFixture
) -> None:
    raw = ada.raw("/live")
    with caplog.at_level(logging.DEBUG):
        problem = raw.ask("say", {"text": "fault", "room": "thing:271828"})["problem"]
        assert (problem["code"], problem["status"]) == ("INTERNAL_ERROR", 500)
        assert "a fault" not in json.dumps(problem)
        assert raw.ask("nothing") == {"data": None}, "the connection stays"
    faults = [record for record in caplog.records if record.exc_info]
    assert [record.message for record in faults] == ["a handler of sockets failed"]
    written = logging.Formatter("%(message)s %(args)s")
    assert not [record for record in caplog.records if "271828" in written.format(record)]


def test_a_problem_has_the_number_of_its_request(ada: Visitor) -> None:
    """By which the log is searched."""
    problem = ada.raw("/live").ask("say", {"text": "fault"})["problem"]
    assert len(problem["request_id"]) == 36


def test_event_without_a_handler_is_not_found(socket: Client) -> None:
    assert socket.call("sing", {"text": "la"})["problem"]["code"] == "NOT_FOUND"


@pytest.mark.parametrize("event", ["connect", "disconnect", "connect_error", "dovetail:end", "x y"])
def test_names_that_are_not_for_clients_are_like_those_of_nobody(ada: Visitor, event: str) -> None:
    raw = ada.raw("/live")
    assert raw.ask(event, {})["problem"]["code"] == "NOT_FOUND"
    assert raw.ask("nothing") == {"data": None}


def test_an_event_without_an_acknowledgement_is_handled_and_not_answered(
    site: RealtimeSite,
) -> None:
    ada, bob = site.person("ada").raw("/live"), site.person("bob").connect("/live")
    for text in ("first", "fault", "last"):
        ada.emit("say", {"text": text})
    assert [bob.next("said")["text"] for _ in range(2)] == ["first", "last"]
    assert ada.ask("nothing", ack=7) == {"data": None}


def test_an_acknowledgement_has_the_number_that_was_asked_for(ada: Visitor) -> None:
    raw = ada.raw("/live")
    for number in (0, 7, 123_456_789):
        raw.emit("nothing", ack=number)
        assert raw.packet() == f'43/live,{number}[{{"data":null}}]'


def test_events_of_one_connection_are_handled_in_order(ada: Visitor) -> None:
    """However long one of them takes."""
    raw = ada.raw("/live")
    for number, milliseconds in enumerate((100, 1, 50, 0)):
        raw.emit("wait", {"count": milliseconds}, ack=number)
    head = "43/live,"
    assert [raw.packet().removeprefix(head)[0] for _ in range(4)] == ["0", "1", "2", "3"]


def test_a_handler_that_takes_long_holds_up_no_other_connection(either_site: RealtimeSite) -> None:
    ada, bob = either_site.person("ada"), either_site.person("bob")
    slow, quick = ada.raw("/live"), bob.connect("/live")
    slow.emit("wait", {"count": 1500}, ack=1)
    began = time.monotonic()
    for _ in range(5):
        assert quick.call("nothing") == {"data": None}
    either_site.like("bob", 1)
    assert bob.get("/api/notifications/unread")["seq"] == 1
    assert time.monotonic() - began < 1
    assert slow.packet() == '43/live,1[{"data":{"count":1500}}]'


def test_sender_can_be_skipped(site: RealtimeSite) -> None:
    """`skip_sender` skips one connection; the person's others get the event."""
    ada = site.person("ada")
    one, other = ada.connect("/live"), ada.connect("/live")
    one.call("say", {"text": "hello"})
    assert other.next("said") == {"by": "ada", "text": "hello"}
    assert one.is_quiet()


def test_an_event_comes_after_what_was_sent_while_it_was_handled(
    ada: Visitor, site: RealtimeSite
) -> None:
    """What another connection said first is heard before the acknowledgement of what came next."""
    other = site.person("bob").connect("/live")
    raw = ada.raw("/live")
    other.call("say", {"text": "first"})
    raw.emit("nothing", ack=1)
    assert raw.packet().startswith('42/live,["said"')
    assert raw.packet().startswith("43/live,1[")


def test_an_event_before_the_connection_is_let_in_does_nothing(
    site: RealtimeSite, ada: Visitor
) -> None:
    other = site.person("bob").connect("/live")
    raw = ada.raw()
    raw.emit("say", {"text": "hello"}, ack=1)
    assert other.is_quiet()
    assert raw.join("/live", ada.auth()).startswith("40/live,")
    assert raw.ask("nothing", ack=2) == {"data": None}


def test_an_event_after_leaving_does_nothing(site: RealtimeSite, ada: Visitor) -> None:
    other = site.person("bob").connect("/live")
    raw = ada.raw("/live", "/notify")
    raw.say("41/live,")
    raw.emit("say", {"text": "hello"}, ack=1)
    assert other.is_quiet()
    until(lambda: [each.namespace for each in site.service.connections.all()].count("/live") == 1)
    raw.join("/live", ada.auth())
    assert raw.ask("nothing", ack=2) == {"data": None}


def test_a_connection_that_has_left_is_forgotten(site: RealtimeSite, ada: Visitor) -> None:
    raw = ada.raw("/live")
    raw.ask("dovetail:join", {"room": "hall:x"})
    raw.close()
    service = site.service
    assert service.sockets is not None
    until(lambda: service.sockets.open_sockets == 0)  # type: ignore[union-attr]
    assert service.connections.all() == []
    assert service.connections.of_person("/live", "ada") == []
    assert service.sockets.environ == {}
    assert list(service.sockets.manager.get_participants("/live", "hall:x")) == []


def test_nobody_sends_events_to_the_namespace_of_notifications(either_site: RealtimeSite) -> None:
    ada = either_site.person("ada").connect()
    assert ada.call("liked", {"thing": 1}, namespace="/notify")["problem"]["code"] == "NOT_FOUND"


def test_a_socket_that_sends_nothing_of_engine_io_is_closed(ada: Visitor) -> None:
    raw = ada.raw("/live")
    raw.say("x")
    with pytest.raises(ClosedError):
        raw.packet()


def test_each_event_is_a_request_of_its_own_to_the_application(make_site: MakeSite) -> None:
    """Whose sessions are closed after it, also after a fault."""
    site = make_site()
    opened: list[str] = []

    @site.app.teardown_request
    def close(error: BaseException | None) -> None:
        opened.append(request.path)

    socket = site.person("ada").connect("/live")
    opened.clear()
    for text in ("hello", "forbidden", "fault"):
        socket.call("say", {"text": text})
    assert opened == ["/socket.io/"] * 3
