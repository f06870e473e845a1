"""A socket closes within a second of its login's end, whatever ended it, and says why."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import Any

import pytest

from flask_dovetail import Identity, current_login, end_logins
from flask_dovetail.auth.logins.rules import CLOCK_SKEW_SECONDS
from flask_dovetail.realtime.connections import supervision
from support.paths import TESTS
from support.realtime_site import Client, MakeSite, RealtimeSite, Visitor, refusal_of
from support.waiting import until

SOON = 4.0
"""A second, on a machine that has other things to do."""

LATE = CLOCK_SKEW_SECONDS + 2


def assert_ends(client: Client, code: str = "SESSION_EXPIRED", since: float | None = None) -> None:
    began = time.monotonic() if since is None else since
    assert client.next("dovetail:end")["code"] == code
    assert client.closed.wait(5)
    assert time.monotonic() - began < SOON


def assert_goes_on(client: Client, site: RealtimeSite, thing: int) -> None:
    """It is there after every connection has been looked at, and hears what is new."""
    time.sleep(supervision.EVERY_SECONDS * 1.5)
    assert not client.closed.is_set()
    site.like("ada", thing)
    assert client.things(1) == [thing]


def ends_a_login(visitor: Visitor, how: str) -> None:
    mine = visitor.get("/auth/sessions")["items"]
    this = next(each["id"] for each in mine if each["current"])
    if how == "logout":
        answer = visitor.post("/auth/logout")
    elif how == "one":
        answer = visitor.http.delete(f"/auth/sessions/{this}")
    else:
        answer = visitor.post("/auth/logout-others")
    assert answer.status_code in (200, 204), answer.text


@pytest.mark.parametrize("how", ["logout", "one"])
def test_a_login_that_somebody_ends_takes_its_sockets_along(
    kept_site: RealtimeSite, how: str
) -> None:
    """All of them, and nobody else's; a reconnect is refused."""
    laptop, phone = kept_site.person("ada"), kept_site.person("ada")
    tabs = [laptop.connect(), laptop.connect("/live"), laptop.connect("/notify", "/live")]
    other = phone.connect()
    began = time.monotonic()
    ends_a_login(laptop, how)
    for tab in tabs:
        assert_ends(tab, since=began)
    assert_goes_on(other, kept_site, 1)
    expected = "UNAUTHENTICATED" if laptop.token is None else "SESSION_EXPIRED"
    assert refusal_of(laptop.connect)["code"] == expected


def test_signing_out_elsewhere_closes_the_sockets_that_are_elsewhere(
    crossed_site: RealtimeSite,
) -> None:
    laptop, phone = crossed_site.person("ada"), crossed_site.person("ada")
    mine, other = laptop.connect(), phone.connect()
    ends_a_login(laptop, "others")
    assert_ends(other)
    assert_goes_on(mine, crossed_site, 1)


def test_a_login_that_is_one_too_many_ends_the_sockets_of_another(make_site: MakeSite) -> None:
    site = make_site(DOVETAIL_AUTH_LOGINS_PER_PERSON=2)
    first, second = site.person("ada"), site.person("ada")
    ending, going_on = first.connect(), second.connect()
    site.clock.advance(120)
    second.get("/auth/session")  # seen later than the first
    began = time.monotonic()
    site.person("ada")
    assert_ends(ending, since=began)
    assert_goes_on(going_on, site, 1)


def test_ending_all_logins_of_a_person_closes_all_their_sockets(crossed_site: RealtimeSite) -> None:
    laptop, phone, bob = (crossed_site.person(who) for who in ("ada", "ada", "bob"))
    sockets, other = [laptop.connect(), phone.connect()], bob.connect()
    began = time.monotonic()
    with crossed_site.app.app_context():
        assert end_logins("ada") == 2
    for socket in sockets:
        assert_ends(socket, since=began)
    assert other.is_quiet(supervision.EVERY_SECONDS * 1.5)
    assert not other.closed.is_set()


def test_a_changed_password_keeps_the_sockets_of_this_login_alone(
    make_either_site: MakeSite,
) -> None:
    site = make_either_site()

    @site.app.post("/api/password")
    def change_password() -> dict[str, int]:
        login = current_login()
        assert login is not None
        return {"ended": end_logins(login.subject, keep_current=True)}

    laptop, phone = site.person("ada"), site.person("ada")
    mine, other = laptop.connect(), phone.connect()
    assert laptop.post("/api/password").json() == {"ended": 1}
    assert_ends(other)
    assert_goes_on(mine, site, 1)


def test_a_command_on_another_machine_closes_sockets(crossed_site: RealtimeSite) -> None:
    """Which need not be one that has to do with sockets."""
    ada = crossed_site.person("ada")
    socket = ada.connect()
    config = {
        key: value for key, value in crossed_site.app.config.items() if key.startswith("DOVETAIL_")
    }
    told = subprocess.run(
        [
            *(sys.executable, "-m", "flask", "--app", "support.realtime_app:from_environment"),
            *("dovetail", "logins", "end", "ada"),
        ],
        env={
            **os.environ,
            "PYTHONPATH": str(TESTS),
            "REALTIME_APP": json.dumps({"folder": crossed_site.app.instance_path, **config}),
        },
        check=True,
        capture_output=True,
        text=True,
    )
    assert "1 ended." in told.stdout
    assert socket.next("dovetail:end", SOON)["code"] == "SESSION_EXPIRED"


@pytest.mark.parametrize(
    ("idle", "absolute"), [(60, 600), (600, 600)], ids=["idle limit", "absolute limit"]
)
def test_a_limit_closes_sockets(make_site: MakeSite, idle: int, absolute: int) -> None:
    site = make_site(
        DOVETAIL_AUTH_IDLE_SECONDS=idle,
        DOVETAIL_AUTH_ABSOLUTE_SECONDS=absolute,
        DOVETAIL_AUTH_TOUCH_SECONDS=0,
    )
    ada = site.person("ada").connect()
    site.clock.advance(idle - 10)
    assert ada.is_quiet(supervision.EVERY_SECONDS * 1.5)
    began = time.monotonic()
    site.clock.advance(10 + LATE)
    assert_ends(ada, since=began)


def test_an_open_socket_keeps_no_login_from_its_idle_limit(make_site: MakeSite) -> None:
    """Nor do the events that it sends: being there is no activity."""
    site = make_site(DOVETAIL_AUTH_IDLE_SECONDS=60, DOVETAIL_AUTH_TOUCH_SECONDS=0)
    ada = site.person("ada").connect("/live")
    site.clock.advance(50)
    assert ada.call("nothing") == {"data": None}
    site.clock.advance(10 + LATE)
    assert_ends(ada)


def test_requests_keep_a_login_and_its_sockets(make_site: MakeSite) -> None:
    site = make_site(DOVETAIL_AUTH_IDLE_SECONDS=60, DOVETAIL_AUTH_TOUCH_SECONDS=0)
    ada = site.person("ada")
    socket = ada.connect()
    for _ in range(3):
        site.clock.advance(50)
        ada.get("/api/notifications/unread")
    assert_goes_on(socket, site, 1)


@pytest.fixture
def token_site(make_site: MakeSite) -> RealtimeSite:
    return make_site(DOVETAIL_AUTH_STRATEGY="token", DOVETAIL_AUTH_ACCESS_SECONDS=300)


def test_a_socket_ends_with_its_access_token(token_site: RealtimeSite) -> None:
    """Half a minute late at most, as clocks differ; in time enough to fetch another one."""
    socket = token_site.person("ada").connect()
    token_site.clock.advance(300)
    assert socket.is_quiet(supervision.EVERY_SECONDS * 1.5)
    began = time.monotonic()
    token_site.clock.advance(LATE)
    assert_ends(socket, "TOKEN_EXPIRED", since=began)


def test_no_event_is_taken_by_a_token_whose_time_is_over(
    token_site: RealtimeSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever looked last."""
    monkeypatch.setattr(supervision, "EVERY_SECONDS", 5)
    socket = token_site.person("ada").connect("/live")
    time.sleep(0.6)  # the look that began before
    token_site.clock.advance(331)
    assert socket.call("nothing")["problem"]["code"] == "TOKEN_EXPIRED"


def test_another_token_renews_a_connection_in_place(token_site: RealtimeSite) -> None:
    ada = token_site.person("ada")
    socket = ada.connect("/notify", "/live")
    token_site.clock.advance(290)
    told = socket.call("dovetail:renew", {"token": ada.refresh()}, namespace="/notify")
    assert set(told) == {"data"}
    assert told["data"]["expires_at"].endswith("Z")
    token_site.clock.advance(290)
    assert_goes_on(socket, token_site, 1)
    assert socket.call("nothing") == {"data": None}, "its other namespaces are renewed with it"
    began = time.monotonic()
    token_site.clock.advance(60)
    assert_ends(socket, "TOKEN_EXPIRED", since=began)


def test_a_token_of_another_login_renews_nothing(token_site: RealtimeSite) -> None:
    """Not of another person's, and not of another device's."""
    ada, phone, bob = (token_site.person(who) for who in ("ada", "ada", "bob"))
    socket = ada.connect("/live")
    for other in (phone, bob):
        told = socket.call("dovetail:renew", {"token": other.token})
        assert told["problem"]["code"] == "INVALID_TOKEN"
    assert token_site.service.connections.of_person("/live", "ada")
    assert token_site.service.connections.of_person("/live", "bob") == []
    assert not socket.closed.is_set()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ([], "VALIDATION_FAILED"),
        ([{}], "VALIDATION_FAILED"),
        ([{"token": 7}], "VALIDATION_FAILED"),
        ([{"token": "x.y.z"}], "INVALID_TOKEN"),
        ([{"token": ""}], "INVALID_TOKEN"),
    ],
    ids=repr,
)
def test_invalid_token_renews_nothing(token_site: RealtimeSite, body: list[Any], code: str) -> None:
    raw = token_site.person("ada").raw("/live")
    assert raw.ask("dovetail:renew", *body)["problem"]["code"] == code
    assert raw.ask("nothing") == {"data": None}


def test_a_session_is_not_renewed_by_a_token(site: RealtimeSite) -> None:
    """It has none; without one in the event the cookie would count."""
    raw = site.person("ada").raw("/live")
    assert raw.ask("dovetail:renew", {"token": ""})["problem"]["code"] == "INVALID_TOKEN"


def test_an_ended_login_is_not_renewed(token_site: RealtimeSite) -> None:
    ada = token_site.person("ada")
    raw = ada.raw("/live")
    token = ada.refresh()
    with token_site.app.app_context():
        end_logins("ada")
    told = raw.ask("dovetail:renew", {"token": token})
    assert told["problem"]["code"] == "SESSION_EXPIRED"


def test_somebody_who_was_disabled_is_refused_at_their_next_event(
    either_site: RealtimeSite,
) -> None:
    """And gone a moment later."""
    socket = either_site.person("ada").connect("/live")
    either_site.people["ada"] = None
    began = time.monotonic()
    assert socket.call("nothing")["problem"]["code"] == "SESSION_EXPIRED"
    assert_ends(socket, since=began)


def test_somebody_who_was_disabled_and_says_nothing_is_asked_about(
    either_site: RealtimeSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    socket = either_site.person("ada").connect()
    either_site.people["ada"] = None
    assert socket.is_quiet(supervision.EVERY_SECONDS * 1.5)
    began = time.monotonic()
    monkeypatch.setattr(supervision, "IDENTITY_SECONDS", 0.1)
    assert_ends(socket, since=began)


def test_a_lost_role_closes_the_namespace_that_asks_for_it_alone(
    either_site: RealtimeSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    boss = either_site.person("staff1")
    socket = boss.raw("/staff", "/live")
    either_site.people["staff1"] = Identity("staff1", scopes=("say",))
    monkeypatch.setattr(supervision, "IDENTITY_SECONDS", 0.1)
    assert socket.packet().startswith('42/staff,["dovetail:end",{"type":')
    assert socket.packet() == "41/staff,"
    assert socket.ask("nothing") == {"data": None}
    assert [each.namespace for each in either_site.service.connections.all()] == ["/live"]


def test_sending_events_does_not_delay_the_loss_of_a_role(either_site: RealtimeSite) -> None:
    """The first event after it is refused already."""
    socket = either_site.person("staff1").connect("/staff")
    assert socket.call("any", namespace="/staff")["problem"]["code"] == "NOT_FOUND"
    either_site.people["staff1"] = Identity("staff1")
    assert socket.call("any", namespace="/staff")["problem"]["code"] == "MISSING_ROLE"
    assert socket.next("dovetail:end")["code"] == "MISSING_ROLE"
    assert socket.closed.wait(5)


def test_an_application_that_fails_about_a_person_closes_nothing(
    site: RealtimeSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is asked again until it answers."""
    socket = site.person("ada").connect()
    asked: list[str] = []

    def fails(subject: str) -> Identity:
        asked.append(subject)
        raise RuntimeError("a fault of the application's own")

    monkeypatch.setattr(supervision, "IDENTITY_SECONDS", 0.1)
    with monkeypatch.context() as patch:
        patch.setattr(type(site.people), "__missing__", lambda _, subject: fails(subject))
        until(lambda: len(asked) >= 2)
    assert not socket.closed.is_set()
    assert_goes_on(socket, site, 1)


def test_a_server_that_shuts_down_says_so(either_site: RealtimeSite) -> None:
    socket = either_site.person("ada").connect()
    either_site.worker.alive = False
    told = socket.next("dovetail:end")
    assert (told["code"], told["status"]) == ("SERVICE_UNAVAILABLE", 503)
    assert socket.closed.wait(5)


def test_a_socket_that_is_closed_while_it_comes_in_is_forgotten(site: RealtimeSite) -> None:
    """By another namespace's end, as it may happen at any moment."""
    service = site.service
    sockets = service.sockets
    assert sockets is not None
    ada = site.person("ada")
    raw = ada.raw("/notify")
    (connection,) = until(service.connections.all)
    let_in = service.guards["/live"]

    def close_and_let_in() -> None:
        sockets.close(connection.eio_sid)
        let_in()

    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(service.guards, "/live", close_and_let_in)  # type: ignore[arg-type]
        raw.say("40/live,{}")
        raw.closed_with()
        raw.close()
    until(lambda: sockets.open_sockets == 0)
    until(lambda: service.connections.all() == [], 3)
    assert service.connections.of_person("/live", "ada") == []
    assert list(sockets.manager.get_participants("/live", None)) == []


def test_a_replayed_refresh_closes_the_sockets_of_its_login(make_site: MakeSite) -> None:
    site = make_site(DOVETAIL_AUTH_STRATEGY="token", DOVETAIL_AUTH_REFRESH_GRACE_SECONDS=0)
    ada = site.person("ada")
    socket = ada.connect()
    stolen = ada.http.cookies.get("rt")
    assert stolen is not None
    ada.refresh()
    site.clock.advance(60)
    thief = site.person("bob")
    thief.http.cookies.clear()
    thief.http.cookies.set("rt", stolen, path="/auth")
    answer = thief.http.post("/auth/refresh", headers={"X-Requested-With": "XMLHttpRequest"})
    assert answer.json()["code"] == "REFRESH_REUSED"
    assert_ends(socket)


def test_a_session_whose_id_is_rotated_keeps_its_sockets(site: RealtimeSite) -> None:
    """It is the same login."""
    ada = site.person("ada")
    socket = ada.connect()
    before = ada.http.cookies.get("sid")
    assert ada.post("/api/rotate").status_code == 204
    assert ada.http.cookies.get("sid") != before
    assert_goes_on(socket, site, 1)
