"""Rooms with permission, what is sent to them, and who is in them."""

from __future__ import annotations

import pytest

from flask_dovetail import DeclarationError, Event, Identity, Namespace
from flask_dovetail.realtime.connections import handlers
from flask_dovetail.realtime.connections.presence import EVERY_SECONDS, MAX_LISTED, Place
from support.realtime_app import Said, live
from support.realtime_site import Client, MakeSite, RealtimeSite, Visitor
from support.waiting import until

JOIN, LEAVE, PRESENCE = "dovetail:join", "dovetail:leave", "dovetail:presence"


def join(client: Client, room: str = "thing:7") -> dict[str, object]:
    return client.call(JOIN, {"room": room})


def say(site: RealtimeSite, text: str, **where: str) -> None:
    with site.app.app_context():
        live.emit(Said(by="app", text=text), **where)


def sees(client: Client, *names: str, room: str = "thing:7") -> None:
    """It is told that these are there, and nobody else; older news may come before."""
    wanted = {"room": room, "people": [{"name": name} for name in names], "count": len(names)}
    until(lambda: client.next(PRESENCE) == wanted)


@pytest.fixture
def pair(site: RealtimeSite) -> tuple[Client, Client]:
    return site.person("ada").connect("/live"), site.person("bob").connect("/live")


def test_event_to_a_room_reaches_its_members(
    site: RealtimeSite, pair: tuple[Client, Client]
) -> None:
    ada, bob = pair
    assert join(ada, "hall:a") == {"data": None}
    say(site, "hello", room="hall:a")
    say(site, "elsewhere", room="hall:b")
    assert ada.next("said")["text"] == "hello"
    assert ada.is_quiet()
    assert bob.is_quiet(0.01)


def test_a_handler_can_demand_that_the_sender_has_joined_the_room(
    pair: tuple[Client, Client],
) -> None:
    """Else whoever may send the event may send it to every room."""
    ada, bob = pair
    inside = {"text": "hello", "room": "hall:a"}
    join(bob, "hall:a")
    join(ada, "hall:b")
    refused = ada.call("say-inside", inside)["problem"]
    assert (refused["status"], refused["code"]) == (403, "FORBIDDEN")
    join(ada, "hall:a")
    assert ada.call("say-inside", inside) == {"data": None}
    assert bob.next("said")["text"] == "hello"
    ada.call(LEAVE, {"room": "hall:a"})
    assert ada.call("say-inside", inside)["problem"]["code"] == "FORBIDDEN"
    assert bob.is_quiet()


def test_only_handlers_of_events_can_demand_it(site: RealtimeSite) -> None:
    with (
        site.app.test_request_context(),
        pytest.raises(DeclarationError, match="handler of @namespace"),
    ):
        live.require_joined("hall:a")


def test_leaving_a_room_ends_its_events(site: RealtimeSite, pair: tuple[Client, Client]) -> None:
    ada, _ = pair
    join(ada, "hall:a")
    for _ in range(2):
        assert ada.call(LEAVE, {"room": "hall:a"}) == {"data": None}
    say(site, "hello", room="hall:a")
    assert ada.is_quiet()


def test_a_room_has_one_name(site: RealtimeSite, pair: tuple[Client, Client]) -> None:
    """Else people would be in one room, and hear another."""
    ada, _ = pair
    for room in ("thing:07", "thing: 7", "thing:+7", "thing:7.0"):
        assert join(ada, room)["problem"]["code"] == "NOT_FOUND"  # type: ignore[index]
    assert join(ada, "thing:7") == {"data": None}


def test_a_room_that_refuses_is_not_entered(
    site: RealtimeSite, pair: tuple[Client, Client]
) -> None:
    ada, bob = pair
    assert join(ada, "secret:ada") == {"data": None}
    assert join(bob, "secret:ada")["problem"]["code"] == "FORBIDDEN"  # type: ignore[index]
    assert join(bob, "thing:1000")["problem"]["code"] == "NOT_FOUND"  # type: ignore[index]
    say(site, "hello", room="secret:ada")
    assert ada.next("said")
    assert bob.is_quiet()


@pytest.mark.parametrize(
    "room", ["nothing:1", "thing:x", "thing:1.5", "thing:", "thing", "", "@ada", "/live", "Thing:1"]
)
def test_a_room_that_cannot_be_is_not_found(ada: Visitor, room: str) -> None:
    raw = ada.raw("/live")
    assert raw.ask(JOIN, {"room": room})["problem"]["code"] == "NOT_FOUND"
    assert raw.ask(LEAVE, {"room": room}) == {"data": None}, "nobody is in it"


@pytest.mark.parametrize("body", [[], [{}], [{"room": 7}], [{"room": "a" * 201}], ["thing:7"]])
def test_a_room_is_named_by_a_text(ada: Visitor, body: list[object]) -> None:
    told = ada.raw("/live").ask(JOIN, *body)
    assert told["problem"]["code"] == "VALIDATION_FAILED"


def test_nobody_joins_the_room_of_a_connection(
    site: RealtimeSite, pair: tuple[Client, Client]
) -> None:
    """Which the protocol names by an id."""
    ada, bob = pair
    (his,) = site.service.connections.of_person("/live", "bob")
    assert join(ada, his.sid)["problem"]["code"] == "NOT_FOUND"  # type: ignore[index]
    assert bob.is_quiet(0.01)


def test_event_to_a_person_reaches_all_their_connections(site: RealtimeSite) -> None:
    ada, bob = site.person("ada"), site.person("bob")
    hers, his = [ada.connect("/live"), ada.connect("/live")], bob.connect("/live")
    say(site, "hello", subject="ada")
    assert [each.next("said")["text"] for each in hers] == ["hello", "hello"]
    assert his.is_quiet()


def test_event_to_all_reaches_the_whole_namespace(
    site: RealtimeSite, pair: tuple[Client, Client]
) -> None:
    outside = site.person("ada").connect("/notify")
    say(site, "hello")
    assert [each.next("said")["text"] for each in pair] == ["hello", "hello"]
    assert outside.is_quiet()


def test_a_sender_is_skipped_in_a_room_and_only_there(
    site: RealtimeSite, pair: tuple[Client, Client]
) -> None:
    ada, bob = pair
    for each in pair:
        join(each, "hall:a")
    ada.call("say", {"text": "hello", "room": "hall:a"})
    assert bob.next("said")["text"] == "hello"
    assert ada.is_quiet()


def test_event_without_receivers_does_not_fail(make_site: MakeSite) -> None:
    """It does not fail before the first connection either."""
    site = make_site()
    say(site, "hello")
    say(site, "hello", room="hall:a")
    say(site, "hello", subject="ada")


def test_a_request_can_tell_a_room(site: RealtimeSite, pair: tuple[Client, Client]) -> None:
    ada, _ = pair
    join(ada, "hall:a")
    assert site.person("bob").post("/api/says", text="hi", room="hall:a").status_code == 204
    assert ada.next("said") == {"by": "bob", "text": "hi"}


def test_room_members_see_people_come_and_go(pair: tuple[Client, Client]) -> None:
    """A person who joins gets the list, too."""
    ada, bob = pair
    assert join(ada) == {"data": None}
    sees(ada, "ADA")
    assert join(bob) == {"data": None}
    for each in pair:
        sees(each, "ADA", "BOB")
    bob.call(LEAVE, {"room": "thing:7"})
    sees(ada, "ADA")


def test_join_is_acknowledged_before_the_list_of_people(ada: Visitor) -> None:
    """A page gets the list only when it knows that it has joined."""
    raw = ada.raw("/live")
    raw.ask(JOIN, {"room": "thing:7"})
    assert raw.heard(PRESENCE)["count"] == 1


def test_a_connection_that_breaks_off_has_left(pair: tuple[Client, Client]) -> None:
    ada, bob = pair
    join(ada)
    join(bob)
    sees(ada, "ADA", "BOB")
    bob.close()
    sees(ada, "ADA")


def test_a_person_is_there_once_however_many_their_connections(site: RealtimeSite) -> None:
    """And gone with the last of them."""
    ada, bob = site.person("ada"), site.person("bob").connect("/live")
    join(bob)
    first, second = ada.connect("/live"), ada.connect("/live")
    for each in (first, second):
        join(each)
        sees(each, "ADA", "BOB")
    sees(bob, "ADA", "BOB")
    first.close()
    assert bob.is_quiet(2 * EVERY_SECONDS)
    second.close()
    sees(bob, "BOB")


def test_joining_twice_is_joining_once(site: RealtimeSite, pair: tuple[Client, Client]) -> None:
    ada, _ = pair
    assert join(ada, "hall:a") == join(ada, "hall:a") == {"data": None}
    say(site, "hello", room="hall:a")
    assert ada.next("said")
    assert ada.is_quiet()


def test_others_see_what_is_shown_of_a_person_and_never_the_subject(site: RealtimeSite) -> None:
    one, other = site.person("ada").raw("/live"), site.person("bob").raw("/live")
    one.ask(JOIN, {"room": "thing:7"})
    other.ask(JOIN, {"room": "thing:7"})
    said = []
    while not said or "BOB" not in said[-1]:
        said.append(one.packet())
    assert not [packet for packet in said if "ada" in packet or "bob" in packet]


def test_a_hundred_people_are_named_and_all_are_counted(site: RealtimeSite) -> None:
    ada = site.person("ada").connect("/live")
    for number in range(150):
        shown = {"name": f"{number}"}
        site.service.presence.enter(
            Place("/live", "thing:7"), f"p{number:03}", f"sid{number}", shown
        )
    join(ada)
    told = ada.next(PRESENCE)
    assert told["count"] == 151
    assert len(told["people"]) == MAX_LISTED == 100


def test_a_room_without_people_says_nothing_of_them(pair: tuple[Client, Client]) -> None:
    ada, bob = pair
    join(ada, "hall:a")
    assert join(bob, "hall:a") == {"data": None}
    assert ada.is_quiet(2 * EVERY_SECONDS)


def test_a_connection_is_in_so_many_rooms(ada: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handlers, "MAX_ROOMS", 3)
    socket = ada.connect("/live")
    for number in range(3):
        assert join(socket, f"hall:{number}") == {"data": None}
    assert join(socket, "hall:3")["problem"]["code"] == "TOO_MANY_REQUESTS"  # type: ignore[index]
    assert join(socket, "hall:0") == {"data": None}, "it is in that one"
    socket.call(LEAVE, {"room": "hall:0"})
    assert join(socket, "hall:3") == {"data": None}


def test_a_person_is_in_so_many_rooms(ada: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handlers, "MAX_ROOMS_PER_PERSON", 3)
    sockets = [ada.connect("/live") for _ in range(2)]
    for number in range(3):
        assert join(sockets[number % 2], f"hall:{number}") == {"data": None}
    assert join(sockets[0], "hall:3")["problem"]["code"] == "TOO_MANY_REQUESTS"  # type: ignore[index]
    sockets[1].call(LEAVE, {"room": "hall:1"})
    assert join(sockets[0], "hall:3") == {"data": None}


def test_a_room_is_asked_about_by_who_is_there_now(site: RealtimeSite, ada: Visitor) -> None:
    socket = ada.connect("/live")
    site.people["ada"] = Identity("ada", roles=("guest",))
    assert socket.call("who")["problem"]["code"] == "MISSING_ROLE"
    site.people["ada"] = Identity("ada", roles=("staff",))
    assert socket.call("who") == {"data": {"name": "ada"}}


def test_rooms_of_two_namespaces_have_nothing_to_do_with_each_other(site: RealtimeSite) -> None:
    class Other(Event, name="other"):
        """Of another namespace."""

    other = Namespace("/other", sends=[Other])

    @other.room("thing")
    def thing(thing: int) -> None: ...

    assert other.declared.rooms.keys() == {"thing"}
    boss = site.person("staff1")
    socket = boss.connect("/live", "/staff")
    join(socket)
    told = socket.call(JOIN, {"room": "thing:7"}, namespace="/staff")
    assert told["problem"]["code"] == "NOT_FOUND"
