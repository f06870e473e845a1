"""What contradicts itself is refused at import, with what to write instead."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from pydantic import BaseModel

from flask_dovetail import (
    ConfigurationError,
    DeclarationError,
    Dovetail,
    DovetailError,
    Event,
    Identity,
    Namespace,
    notify,
)
from support.realtime_app import SECRET_KEY, Liked, Said
from support.whole_app import make_whole_app


class Body(BaseModel):
    text: str


class Unlisted(Event, name="unlisted"):
    """Nobody lists it."""


def make_app(folder: Path, **given: Any) -> Flask:
    config = given.pop("config", {})
    dovetail = Dovetail(authenticate=lambda _: None, load_identity=Identity, **given)
    return make_whole_app(folder, dovetail, **config)


@pytest.mark.parametrize("name", [None, "", "Liked", "connect", "dovetail:end", "a" * 65], ids=repr)
def test_an_event_has_a_name_that_can_be_used(name: str | None) -> None:
    with pytest.raises(DeclarationError, match=r'write class Wrong\(Event, name="post-liked"\)'):

        class Wrong(Event, name=name):
            """Never made."""


def test_an_event_names_itself_on_the_class() -> None:
    assert Liked.event_name == "liked"
    assert "event_name" not in Liked.model_fields


@pytest.mark.parametrize("path", ["live", "/", "", "/Live", "/a b"], ids=repr)
def test_a_namespace_has_a_path(path: str) -> None:
    with pytest.raises(DeclarationError, match=r'Namespace\("/live"\)'):
        Namespace(path)


@pytest.mark.parametrize("wrong", [Body, Event, "said", 7, Said(by="a", text="b")], ids=repr)
def test_only_classes_of_events_are_sent(wrong: Any, tmp_path: Path) -> None:
    with pytest.raises(DeclarationError, match="is no class of Event"):
        Namespace("/live", sends=[wrong])
    with pytest.raises(DeclarationError, match="is no class of Event"):
        make_app(tmp_path, notifications=[wrong])


def test_two_events_of_one_name_are_one_too_many(tmp_path: Path) -> None:
    class Again(Event, name="liked"):
        """Another one."""

    with pytest.raises(DeclarationError, match="two events are called 'liked'"):
        Namespace("/live", sends=[Liked, Again])
    with pytest.raises(DeclarationError, match="two events are called 'liked'"):
        make_app(tmp_path, notifications=[Liked, Again])


@pytest.mark.parametrize("name", ["Say", "", "disconnect", "dovetail:join"], ids=repr)
def test_a_handler_is_for_an_event_that_can_be_sent(name: str) -> None:
    with pytest.raises(DeclarationError, match="is no name for an event"):
        Namespace("/live").on(name)


def test_an_event_has_one_handler() -> None:
    live = Namespace("/live")

    @live.on("say")
    def say() -> None: ...

    with pytest.raises(DeclarationError, match="'say' has two handlers"):
        live.on("say")


def test_a_handler_is_no_coroutine() -> None:
    with pytest.raises(DeclarationError, match="is async: handlers of events are plain functions"):

        @Namespace("/live").on("say")
        async def say() -> None: ...


def with_path(post_id: int) -> None: ...
def with_query(query: Body) -> None: ...
def with_headers(headers: Body) -> None: ...


@pytest.mark.parametrize("handler", [with_path, with_query, with_headers])
def test_a_handler_takes_its_body_and_nothing_else(handler: Any) -> None:
    with pytest.raises(DeclarationError, match="body"):
        Namespace("/live").on("say")(handler)


@pytest.mark.parametrize("kind", ["Post", "", "a b", "post:"], ids=repr)
def test_a_kind_of_room_can_be_written(kind: str) -> None:
    with pytest.raises(DeclarationError, match="kinds are small letters"):
        Namespace("/live").room(kind)


def test_a_kind_of_room_is_declared_once() -> None:
    live = Namespace("/live")

    @live.room("post")
    def post(post_id: int) -> None: ...

    with pytest.raises(DeclarationError, match="each is declared once"):
        live.room("post")


def without_a_type(post_id) -> None: ...  # type: ignore[no-untyped-def]
def with_two_keys(post_id: int, other: int) -> None: ...


@pytest.mark.parametrize("permit", [without_a_type, with_two_keys])
def test_permit_takes_only_a_typed_key(permit: Any) -> None:
    with pytest.raises(DeclarationError, match="it takes the key alone, with its type"):
        Namespace("/live").room("post")(permit)


def test_present_as_returns_a_model() -> None:
    def shown(identity: Identity) -> str:
        return identity.subject

    with pytest.raises(DeclarationError, match="annotate the model it returns"):
        Namespace("/live").room("post", present_as=shown)(with_path)  # type: ignore[arg-type]


@pytest.mark.parametrize("path", ["/live", "/notify"])
def test_two_namespaces_of_one_path_are_one_too_many(path: str, tmp_path: Path) -> None:
    with pytest.raises(DeclarationError, match=f"Two namespaces are called {path}"):
        make_app(tmp_path, namespaces=[Namespace(path), Namespace(path)])


def test_notify_is_the_name_of_dovetails_own_namespace(tmp_path: Path) -> None:
    with pytest.raises(DeclarationError, match="/notify is always Dovetail's own"):
        make_app(tmp_path, namespaces=[Namespace("/notify")])


def test_one_namespace_serves_two_apps(tmp_path: Path) -> None:
    """It keeps nothing of either."""
    live = Namespace("/live", sends=[Said])
    for name in ("a", "b"):
        app = make_app(tmp_path / name, namespaces=[live])
        with app.app_context():
            live.emit(Said(by="ada", text="hello"))


def test_only_what_is_listed_is_sent(tmp_path: Path) -> None:
    live, other = Namespace("/live", sends=[Said]), Namespace("/other", sends=[Said])
    app = make_app(tmp_path, notifications=[Liked], namespaces=[live])
    with app.app_context():
        with pytest.raises(DeclarationError, match=r"Namespace\(sends=\[...\]\)"):
            live.emit(Unlisted())
        with pytest.raises(DeclarationError, match=r"Dovetail\(namespaces=\[...\]\)"):
            other.emit(Said(by="ada", text="hello"))
        with pytest.raises(DeclarationError, match=r"list it in Dovetail\(notifications=\[...\]\)"):
            notify("ada", Unlisted())


@pytest.mark.parametrize("room", ["post:1", "post", "", "@ada"], ids=repr)
def test_nothing_is_sent_to_a_room_that_cannot_be(room: str, tmp_path: Path) -> None:
    live = Namespace("/live", sends=[Said])
    app = make_app(tmp_path, namespaces=[live])
    with app.app_context(), pytest.raises(DeclarationError, match="is no room: write"):
        live.emit(Said(by="ada", text="hello"), room=room)


def test_a_room_and_a_person_are_two_ways_to_say_to_whom(tmp_path: Path) -> None:
    live = Namespace("/live", sends=[Said])
    live.room("post")(with_path)
    app = make_app(tmp_path, namespaces=[live])
    with app.app_context(), pytest.raises(DeclarationError, match="room= or subject="):
        live.emit(Said(by="ada", text="hello"), room="post:1", subject="ada")


@pytest.mark.parametrize("subject", ["", "a" * 256, 7, None], ids=repr)
def test_a_person_is_named_as_the_identity_names_them(subject: Any, tmp_path: Path) -> None:
    app = make_app(tmp_path, notifications=[Liked])
    with app.app_context(), pytest.raises(DeclarationError, match=r"write str\(user\.id\)"):
        notify(subject, Liked(thing=1))


def test_an_app_without_sockets_says_what_it_lacks(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    with (
        app.app_context(),
        pytest.raises(DovetailError, match=r"give Dovetail\(notifications=\[...\]\)"),
    ):
        notify("ada", Liked(thing=1))


def test_sockets_belong_to_people_who_sign_in(tmp_path: Path) -> None:
    app = Flask("declared", instance_path=str(tmp_path))
    app.config["SECRET_KEY"] = SECRET_KEY
    with pytest.raises(ConfigurationError, match="Sockets belong to people who sign in"):
        Dovetail(notifications=[Liked]).init_app(app)


def test_a_process_that_takes_no_sockets_needs_a_way_to_those_that_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="Set DOVETAIL_VALKEY_URL"):
        make_app(tmp_path, notifications=[Liked], config={"DOVETAIL_REALTIME_SERVE": False})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("CONNECTIONS_MAX", 0),
        ("STRANGERS_MAX", 0),
        ("STRANGERS_PER_ADDRESS", 0),
        ("STRANGER_SECONDS", 0),
        ("CONNECTIONS_PER_PERSON", 0),
        ("EVENTS_PER_SECOND", 0),
        ("MESSAGE_BYTES", 1023),
        ("MESSAGE_BYTES", 2**24 + 1),
        ("RETENTION_SECONDS", 59),
        ("RETENTION_EVENTS", 9),
    ],
)
def test_a_setting_that_cannot_work_is_named_with_its_cure(
    key: str, value: int, tmp_path: Path
) -> None:
    with pytest.raises(ConfigurationError, match=f"DOVETAIL_REALTIME_{key} is"):
        make_app(tmp_path, notifications=[Liked], config={f"DOVETAIL_REALTIME_{key}": value})
