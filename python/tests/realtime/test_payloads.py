"""Events, acknowledgements and presence are on the wire what their classes declare."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any

import pytest
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    field_serializer,
    model_validator,
)
from pydantic.alias_generators import to_camel
from sqlalchemy import text

from flask_dovetail import Event, Namespace, notify
from flask_dovetail.core.errors import DeclarationError
from support.realtime_app import Liked, live
from support.realtime_site import RealtimeSite

MakeSite = Callable[..., RealtimeSite]
PATH = "/api/notifications"
AT = datetime(2024, 5, 1, tzinfo=UTC)


class Camel(Event, name="camel"):
    model_config = ConfigDict(alias_generator=to_camel, frozen=True)
    post_id: int


class ByName(Event, name="by-name"):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)
    post_id: int


class TwoAliases(Event, name="two-aliases"):
    post_id: int = Field(validation_alias="in", serialization_alias="out")


class Excluded(Event, name="excluded"):
    post_id: int
    internal: str = Field(default="", exclude=True)


class ExcludedRequired(Event, name="excluded-required"):
    post_id: int
    internal: str = Field(exclude=True)


class Dotted(Event, name="dotted"):
    at: datetime

    @field_serializer("at")
    def short(self, at: datetime) -> str:
        return at.strftime("%d.%m.")


class Seconds(Event, name="seconds"):
    at: datetime

    @field_serializer("at")
    def seconds(self, at: datetime) -> int:
        return int(at.timestamp())


class Shouted(Event, name="shouted"):
    text: Annotated[str, AfterValidator(lambda text: text + "!")]


class FromRow(Event, name="from-row"):
    post_id: int

    @model_validator(mode="before")
    @classmethod
    def read_row(cls, row: Any) -> Any:
        return {"post_id": row["row"]}


class Measured(Event, name="measured"):
    value: float


class Maybe(Event, name="maybe"):
    value: float | None = None


class Tagged(Event, name="tagged"):
    tags: set[int]


class Nested(Event, name="nested"):
    author: Named


class Named(BaseModel):
    name: str


class NamedSecret(Named):
    secret: str = "S3CRET"


class Large(Event, name="large"):
    number: int


Nested.model_rebuild()
DELIVERED = [
    (Camel(postId=7), {"postId": 7}),
    (ByName(post_id=7), {"postId": 7}),
    (TwoAliases(**{"in": 7}), {"out": 7}),
    (Excluded(post_id=7, internal="S3CRET"), {"post_id": 7}),
    (Seconds(at=AT), {"at": 1714521600}),
    (Shouted(text="hey"), {"text": "hey!"}),
    (FromRow.model_validate({"row": 7}), {"post_id": 7}),
    (Nested(author=NamedSecret(name="a")), {"author": {"name": "a"}}),
    (Nested.model_construct(author=NamedSecret(name="a")), {"author": {"name": "a"}}),
]
REFUSED = [
    (ExcludedRequired(post_id=7, internal="a"), "cannot be stored"),
    (Dotted(at=AT), "cannot be stored"),
    (Measured(value=math.nan), "finite"),
    (Measured(value=math.inf), "finite"),
    (Maybe(value=math.nan), "finite"),
    (Measured.model_construct(value=[1]), "cannot be sent"),
    (Measured.model_construct(), "Measured cannot be"),
]
EVENTS = [type(event) for event, _ in (*DELIVERED[:8], *REFUSED[:4:2], REFUSED[1], REFUSED[4])]
EVENTS = list(dict.fromkeys([*EVENTS, Measured, Dotted, Maybe, Tagged, Liked]))


class Kept(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)
    first_name: str


class KeptSecret(Kept):
    secret: str = "S3CRET"


class Which(BaseModel):
    which: int


mine = Namespace("/mine", sends=EVENTS)
ANSWERS: list[Any] = [Kept(first_name="a"), KeptSecret(first_name="a"), NamedSecret(name="a")]


@mine.on("who")
def who(body: Which) -> Kept:
    """Somebody."""
    answer: Kept = ANSWERS[body.which]
    return answer


def present(identity: Any) -> Kept:
    return KeptSecret(first_name=identity.subject)


@mine.room("lobby", present_as=present)
def enter_lobby() -> None:
    """Anybody may."""


@pytest.fixture(params=[True, False], ids=["testing", "production"])
def mixed(request: pytest.FixtureRequest, make_site: MakeSite) -> RealtimeSite:
    return make_site(
        TESTING=request.param, notifications=EVENTS, namespaces=[live, mine], gives_engine=True
    )


def test_what_is_delivered_is_what_the_document_says(mixed: RealtimeSite) -> None:
    """By socket and over HTTP alike, and counted."""
    ada = mixed.person("ada")
    socket = ada.connect(last=0)
    with mixed.app.app_context():
        for event, _ in DELIVERED:
            notify("ada", event)
    expected = [payload for _, payload in reversed(DELIVERED)]
    page = ada.get(PATH)
    assert [item["data"] for item in page["items"]] == expected
    assert page["unread"] == len(DELIVERED)
    pushed = [socket.next(event.event_name) for event, _ in DELIVERED]
    assert pushed == list(reversed(page["items"]))


def test_what_cannot_be_delivered_is_refused_and_leaves_nothing(mixed: RealtimeSite) -> None:
    ada = mixed.person("ada")
    for event, words in REFUSED:
        with mixed.app.app_context(), pytest.raises(DeclarationError, match="cannot be") as caught:
            notify("ada", event)
        assert words in str(caught.value)
    assert ada.get(PATH) == {"seq": 0, "unread": 0, "items": [], "next_cursor": None}


def test_order_of_a_set_is_no_difference(mixed: RealtimeSite) -> None:
    """What is written as [3, 11] may be read and written again as [11, 3]."""
    ada = mixed.person("ada")
    with mixed.app.app_context():
        for number in range(50):
            notify("ada", Tagged(tags={number, number + 8, 1000 - 7 * number}))
    assert ada.get(PATH)["unread"] == 50


def test_unread_counts_what_is_listed_alone(mixed: RealtimeSite) -> None:
    """Also after an event class has gone or changed, whatever asks for the count."""
    ada = mixed.person("ada")
    mixed.like("ada", 1, 2)
    with mixed.engine().begin() as connection:
        connection.execute(text("UPDATE dovetail_notification_heads SET last_seq = 5"))
        for seq, name, data in (
            (3, "liked", '{"other": 1}'),
            (4, "gone", "{}"),
            (5, "camel", '{"post_id": null}'),
        ):
            connection.execute(
                text(
                    "INSERT INTO dovetail_notifications (subject, seq, event, data, created_at) "
                    "VALUES ('ada', :seq, :name, :data, 1)"
                ),
                {"seq": seq, "name": name, "data": data},
            )
    page = ada.get(PATH)
    assert [item["seq"] for item in page["items"]] == [2, 1]
    assert (page["seq"], page["unread"]) == (5, 2)
    assert ada.get(f"{PATH}/unread") == {"seq": 5, "unread": 2}
    assert ada.post(f"{PATH}/1/read").json() == {"seq": 5, "unread": 1}
    assert ada.connect(last=5).next("dovetail:ready") == {"seq": 5, "unread": 1}
    assert ada.post(f"{PATH}/read", up_to=2).json() == {"seq": 5, "unread": 0}


def test_a_row_of_an_earlier_release_is_listed(mixed: RealtimeSite) -> None:
    """It was written by field name."""
    ada = mixed.person("ada")
    mixed.like("ada", 1)
    with mixed.engine().begin() as connection:
        connection.execute(
            text("UPDATE dovetail_notifications SET event = 'by-name', data = '{\"post_id\": 7}'")
        )
    page = ada.get(PATH)
    assert ([item["data"] for item in page["items"]], page["unread"]) == ([{"postId": 7}], 1)


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_emit_refuses_what_is_not_json_and_disturbs_nobody(
    mixed: RealtimeSite, number: float
) -> None:
    socket = mixed.person("ada").connect("/mine")
    with mixed.app.app_context():
        for event in (Measured(value=number), Maybe(value=number)):
            with pytest.raises(DeclarationError, match="finite"):
                mine.emit(event)
        mine.emit(Measured(value=1))
    assert socket.next("measured") == {"value": 1}
    assert not socket.closed.is_set()


def test_emitted_events_are_by_alias_and_filtered(mixed: RealtimeSite) -> None:
    socket = mixed.person("ada").connect("/mine")
    events = [*DELIVERED, (Dotted(at=AT), {"at": "01.05."})]
    with mixed.app.app_context():
        for event, _ in events:
            mine.emit(event)
    assert [socket.next(event.event_name) for event, _ in events] == [each for _, each in events]


def test_acknowledgements_are_by_alias_and_filtered(mixed: RealtimeSite) -> None:
    socket = mixed.person("ada").connect("/mine")
    for which in (0, 1):
        answer = socket.call("who", {"which": which}, namespace="/mine")
        assert answer == {"data": {"firstName": "a"}}
    wrong = socket.call("who", {"which": 2}, namespace="/mine")
    assert wrong["problem"]["code"] == "INTERNAL_ERROR"
    assert "S3CRET" not in str(wrong)


def test_presence_is_by_alias_and_filtered(mixed: RealtimeSite) -> None:
    socket = mixed.person("ada").connect("/mine")
    joined = socket.call("dovetail:join", {"room": "lobby:a"}, namespace="/mine")
    assert joined == {"data": None}
    assert socket.next("dovetail:presence")["people"] == [{"firstName": "ada"}]


@pytest.mark.parametrize("mixed", [True], indirect=True)
def test_strict_mode_refuses_an_event_that_no_browser_can_hold(mixed: RealtimeSite) -> None:
    big = Namespace("/big", sends=[Large])
    mixed.service.namespaces["/big"] = big.declared  # type: ignore[index]
    with mixed.app.app_context(), pytest.raises(DeclarationError, match="number"):
        big.emit(Large(number=2**53))
