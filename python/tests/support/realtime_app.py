"""A small app whose people are notified: for tests in this process, and for servers that run it.

    gunicorn 'support.realtime_app:from_environment()'

Anybody can sign in with the one password; who somebody is, the email says.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from flask import Flask
from pydantic import BaseModel, Field
from sqlalchemy import Engine

from flask_dovetail import (
    Credentials,
    Dovetail,
    Event,
    Identity,
    Namespace,
    SecurityScheme,
    current_identity,
    current_login,
    notify,
    operation,
    rotate_login,
    signed_in,
)
from flask_dovetail.problems import Forbidden, NotFound

PASSWORD = "correct horse battery staple"
SECRET_KEY = "a key that is long enough to be one"


class Liked(Event, name="liked"):
    """Somebody likes something of yours."""

    thing: int
    by: str = ""


class Said(Event, name="said"):
    """Somebody said something."""

    by: str
    text: str


class Person(BaseModel):
    name: str


class SaidIn(BaseModel):
    text: str = Field(max_length=100)
    room: str | None = None


class Count(BaseModel):
    count: int


live = Namespace("/live", sends=[Said])
staff = Namespace("/staff", sends=[Said], role="staff")


@live.on("say", problems=[Forbidden])
@signed_in(scope="say")
def say(body: SaidIn) -> Count:
    """Say something."""
    if body.text == "forbidden":
        raise Forbidden("Not that.")
    if body.text == "fault":
        raise RuntimeError("a fault of the application's own")
    who = current_identity()
    assert who is not None
    live.emit(Said(by=who.subject, text=body.text), room=body.room, skip_sender=True)
    return Count(count=len(body.text))


@live.on("say-inside", problems=[Forbidden])
def say_inside(body: SaidIn) -> None:
    """Say something in a room that I am in."""
    assert body.room is not None
    live.require_joined(body.room)
    live.emit(Said(by="somebody", text=body.text), room=body.room, skip_sender=True)


@live.on("nothing")
def nothing() -> None:
    """Take nothing, and say nothing."""


@live.on("maybe")
def maybe(body: SaidIn | None = None) -> Count:
    """Say something, or nothing."""
    return Count(count=0 if body is None else len(body.text))


@live.on("who")
@signed_in(role="staff")
def who() -> Person:
    """Who I am: for staff."""
    identity, login = current_identity(), current_login()
    assert identity is not None
    assert login is not None
    assert identity.subject == login.subject
    return Person(name=identity.subject)


@live.on("wait")
def wait(body: Count) -> Count:
    """Take so many milliseconds."""
    time.sleep(body.count / 1000)
    return body


def shown(identity: Identity) -> Person:
    return Person(name=identity.subject.upper())


@live.room("thing", present_as=shown, problems=[NotFound])
def watch_thing(thing: int) -> None:
    """Things have numbers below a thousand."""
    if thing >= 1000:
        raise NotFound


@live.room("hall")
def enter_hall() -> None:
    """Anybody may."""


@live.room("secret", problems=[Forbidden])
def enter_secret(name: str) -> None:
    """Only one's own."""
    who = current_identity()
    if who is None or who.subject != name:
        raise Forbidden


class People(dict[str, Identity | None]):
    """Whoever signs in is somebody; None for who was disabled."""

    def __missing__(self, subject: str) -> Identity:
        roles = ("staff",) if subject.startswith("staff") else ()
        return Identity(subject, roles=roles, scopes=("say",) if subject != "mute" else ())


def create_app(
    folder: Path,
    people: People | None = None,
    *,
    engine: Callable[[], Engine] | None = None,
    security_schemes: Mapping[str, SecurityScheme] | None = None,
    notifications: Sequence[type[Event]] = (Liked,),
    namespaces: Sequence[Namespace] = (live, staff),
    **config: Any,
) -> Flask:
    """The app, which keeps what it keeps in `folder`; `engine` is what it gives to Dovetail."""
    known = People() if people is None else people
    app = Flask("realtime", instance_path=str(folder))
    app.config.update({"SECRET_KEY": SECRET_KEY, **config})

    def authenticate(credentials: Credentials) -> Identity | None:
        if credentials.password.get_secret_value() != PASSWORD:
            return None
        return known[credentials.email.partition("@")[0]]

    Dovetail(
        authenticate=authenticate,
        load_identity=lambda subject: known[subject],
        notifications=notifications,
        namespaces=namespaces,
        security_schemes=security_schemes,
        engine=engine,
    ).init_app(app)

    @app.post("/api/likes/<subject>/<int:thing>")
    @signed_in
    @operation(returns={204: None})
    def like(subject: str, thing: int) -> None:
        who = current_identity()
        assert who is not None
        notify(subject, Liked(thing=thing, by=who.subject))

    @app.post("/api/rotate")
    @signed_in
    @operation(returns={204: None})
    def rotate() -> None:
        rotate_login()

    @app.post("/api/says")
    @signed_in
    @operation(returns={204: None})
    def tell_all(body: SaidIn) -> None:
        who = current_identity()
        assert who is not None
        live.emit(Said(by=who.subject, text=body.text), room=body.room)

    return app


def from_environment(environ: Mapping[str, str] = os.environ) -> Flask:
    """The app that `REALTIME_APP` describes: `{"folder": …, "DOVETAIL_…": …}`."""
    config = json.loads(environ["REALTIME_APP"])
    return create_app(Path(config.pop("folder")), **config)
