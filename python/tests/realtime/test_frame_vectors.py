"""The frames on sockets, as in the vectors that both halves read."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from flask_dovetail import Identity, end_logins
from flask_dovetail.realtime.connections.supervision import IDENTITY_SECONDS
from support.realtime_raw import RawSocket
from support.realtime_site import RealtimeSite, Visitor, served
from support.wire_vectors import assert_same, load

FILE = load("socket-frames")

SiteOf = Callable[[str], RealtimeSite]


@pytest.fixture(scope="module")
def site_of(tmp_path_factory: pytest.TempPathFactory, migrated: Path) -> Iterator[SiteOf]:
    """One site in each strategy: every vector has a person of its own there."""
    sites: dict[str, RealtimeSite] = {}
    with ExitStack() as stack:

        def site_of(strategy: str) -> RealtimeSite:
            if strategy not in sites:
                folder = tmp_path_factory.mktemp(strategy)
                config = {
                    "DOVETAIL_DATABASE_URL": f"sqlite:///{shutil.copy(migrated, folder)}",
                    "DOVETAIL_AUTH_STRATEGY": strategy,
                }
                sites[strategy] = stack.enter_context(served(folder, **config))
            return sites[strategy]

        yield site_of
    for site in sites.values():
        site.engine().dispose()


class Packet(NamedTuple):
    """A text frame, taken apart: the type of a Socket.IO packet, its namespace, id and data."""

    kind: str
    namespace: str
    ack: str
    data: Any


def parse(text: str, person: str = "", subject: str = "") -> Packet:
    """Take a frame apart, with the `person` of the vector in place of the real subject."""
    text = text.replace(subject, person).replace(subject.upper(), person.upper())
    found = re.fullmatch(r"4([0-5])(/[^,]+),([0-9]*)(.*)", text)
    assert found is not None, text
    kind, namespace, ack, data = found.groups()
    return Packet(kind, namespace, ack, json.loads(data) if data else None)


def notify(site: RealtimeSite, person: Visitor, thing: int) -> None:
    site.like(person.subject, thing)


def mark_read(_: RealtimeSite, person: Visitor, up_to: int) -> None:
    assert person.post("/api/notifications/read", up_to=up_to).status_code == 200


def forget_notifications(site: RealtimeSite, _: Visitor) -> None:
    with site.app.app_context():
        site.service.notifications.sweep(before=site.service.now() + 1)


def say(_: RealtimeSite, person: Visitor, text: str) -> None:
    assert person.post("/api/says", text=text).status_code == 204


def end_login(site: RealtimeSite, person: Visitor) -> None:
    with site.app.app_context():
        end_logins(person.subject)


def lose_role(site: RealtimeSite, person: Visitor) -> None:
    site.people[person.subject] = Identity(person.subject)
    site.clock.advance(IDENTITY_SECONDS + 1)


ACTIONS: dict[str, Callable[..., None]] = {
    "notify": notify,
    "mark-read": mark_read,
    "forget-notifications": forget_notifications,
    "say": say,
    "end-login": end_login,
    "lose-role": lose_role,
}


@pytest.mark.parametrize("vector", FILE["vectors"], ids=lambda vector: vector["case"])
def test_frames_are_taken_and_sent_as_in_the_vectors_that_both_halves_read(
    site_of: SiteOf, vector: dict[str, Any]
) -> None:
    """Every frame of the client is sent as it is, every frame of the server comes in its turn."""
    site = site_of(vector["strategy"])
    person = site.person(f"{vector['person']}-of-{vector['case']}")
    login: str = person.get("/auth/session")["login"]["id"]
    socket: RawSocket | None = None
    says_why = False
    for step in vector["steps"]:
        ((kind, value),) = step.items()
        if kind == "app":
            name, *arguments = value
            ACTIONS[name](site, person, *arguments)
        elif kind == "sent":
            socket = socket or person.raw()
            socket.say(value.replace("$login", login).replace("$token", person.token or ""))
        elif kind == "answered":
            assert socket is not None
            expected, actual = (
                parse(value),
                parse(socket.packet(), vector["person"], person.subject),
            )
            assert actual[:3] == expected[:3]
            assert_same(actual.data, expected.data, FILE["varies"], value)
            says_why = "dovetail:end" in value
        elif kind == "lost":
            assert socket is not None
            if says_why:
                assert list(socket.packets()) == ["1"]  # Engine.IO's own: it closes
            socket.close()
            socket = None
        else:
            assert kind in ("page", "heard")
