"""A store that is away and comes back: nothing stored is lost, and it heals by itself."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from sqlalchemy.exc import OperationalError

from flask_dovetail.core import outages
from flask_dovetail.realtime.connections import presence, supervision
from support.realtime_app import Said, live
from support.realtime_site import Client, MakeSite, RealtimeSite
from support.waiting import until

JOIN, PRESENCE = "dovetail:join", "dovetail:presence"


@pytest.fixture
def stop_postgres(postgres: Any) -> Iterator[Callable[[], None]]:
    """Stops it; it is there again for the next test."""
    stopped: list[bool] = []

    def stop() -> None:
        stopped.append(True)
        postgres.stop()

    yield stop
    if stopped and postgres._process is None:
        postgres.start()


@pytest.fixture
def stop_valkey(valkey_server: Any) -> Iterator[Callable[[], None]]:
    """Stops it; it is there again for the next test."""
    yield valkey_server.stop
    if valkey_server._server is None:
        valkey_server.start()


@pytest.fixture
def pair(
    make_site: MakeSite, valkey_url: str, monkeypatch: pytest.MonkeyPatch
) -> tuple[RealtimeSite, RealtimeSite]:
    """Two processes of one app, as it were, each with somebody's socket."""
    monkeypatch.setattr(supervision, "NEWS_SECONDS", 2.0)
    one = make_site(DOVETAIL_VALKEY_URL=valkey_url)
    shared = {
        key: one.app.config[key]
        for key in ("DOVETAIL_VALKEY_URL", "DOVETAIL_DATABASE_URL", "DOVETAIL_API_ORIGIN")
    }
    return one, make_site(**shared)


def say(site: RealtimeSite, text: str) -> None:
    with site.app.app_context():
        live.emit(Said(by="app", text=text))


def hears_again(site: RealtimeSite, client: Client) -> None:
    """What one process says reaches a client of the other; the first words may be lost."""

    def said() -> bool:
        say(site, "again")
        return not client.is_quiet(0.2)

    until(said)


def test_sockets_outlive_an_outage_of_the_database_and_miss_nothing(
    make_site: MakeSite,
    migrated_postgres_url: str,
    postgres: Any,
    stop_postgres: Callable[[], None],
) -> None:
    site = make_site(DOVETAIL_DATABASE_URL=migrated_postgres_url)
    visitor = site.person("ada")
    ada = visitor.connect()
    site.like("ada", 1)
    assert ada.things(1) == [1]
    stop_postgres()
    answer = visitor.http.get("/api/notifications")
    assert (answer.status_code, answer.json()["code"]) == (503, "SERVICE_UNAVAILABLE")
    with pytest.raises(Exception, match="connection"):
        site.like("ada", 99)
    site.service.pusher.wake(["ada"])
    time.sleep(supervision.EVERY_SECONDS * 2)
    assert not ada.closed.is_set()
    postgres.start()
    site.like("ada", 2, 3)
    assert ada.things(2) == [2, 3]
    assert visitor.post("/auth/logout").status_code == 204
    assert ada.next("dovetail:end")["code"] == "SESSION_EXPIRED"


def test_a_connection_during_an_outage_is_refused_and_later_let_in(
    make_site: MakeSite,
    migrated_postgres_url: str,
    postgres: Any,
    stop_postgres: Callable[[], None],
) -> None:
    site = make_site(DOVETAIL_DATABASE_URL=migrated_postgres_url)
    visitor = site.person("ada")
    raw = visitor.raw()
    stop_postgres()
    answer = raw.join("/notify", visitor.auth())
    assert answer.startswith('44/notify,{"message":"SERVICE_UNAVAILABLE"')
    postgres.start()
    assert raw.join("/notify", visitor.auth()).startswith("40/notify,")


def test_sockets_do_not_outlive_a_store_of_logins_that_stays_away(
    make_site: MakeSite,
    migrated_postgres_url: str,
    stop_postgres: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nobody could end them."""
    monkeypatch.setattr(supervision, "BLIND_SECONDS", 1.0)
    site = make_site(DOVETAIL_DATABASE_URL=migrated_postgres_url)
    ada = site.person("ada").connect()
    ada.next("dovetail:ready")
    stop_postgres()
    assert ada.next("dovetail:end")["code"] == "SERVICE_UNAVAILABLE"
    assert ada.closed.wait(5)


def test_without_valkey_requests_are_quick_and_notifications_come_by_the_database(
    pair: tuple[RealtimeSite, RealtimeSite], stop_valkey: Callable[[], None]
) -> None:
    here, there = pair
    bob, ada = here.person("bob"), there.person("ada").connect()
    ada.next("dovetail:ready")
    stop_valkey()
    slowest = 0.0
    for thing in range(8):
        began = time.monotonic()
        assert bob.post(f"/api/likes/ada/{thing}").status_code == 204
        slowest = max(slowest, time.monotonic() - began)
    assert slowest < 2
    assert ada.things(8) == list(range(8))


def test_without_valkey_a_process_still_tells_its_own_people(
    pair: tuple[RealtimeSite, RealtimeSite], stop_valkey: Callable[[], None]
) -> None:
    here, _ = pair
    ada = here.person("ada").connect("/live")
    stop_valkey()
    say(here, "hello")
    assert ada.next("said")["text"] == "hello"
    assert ada.call(JOIN, {"room": "thing:7"}) == {"data": None}
    assert ada.next(PRESENCE)["people"] == [{"name": "ADA"}]


def test_when_valkey_is_back_processes_hear_each_other_again(
    pair: tuple[RealtimeSite, RealtimeSite], valkey_server: Any, stop_valkey: Callable[[], None]
) -> None:
    """What was stored meanwhile is told with it, before the database is asked."""
    here, there = pair
    ada = there.person("ada").connect("/notify", "/live")
    ada.next("dovetail:ready")
    stop_valkey()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(supervision, "NEWS_SECONDS", 3600)
        here.like("ada", 1)
        valkey_server.start()
        assert ada.things(1) == [1]
    hears_again(here, ada)


def test_presence_heals_with_valkey(
    pair: tuple[RealtimeSite, RealtimeSite],
    valkey_server: Any,
    stop_valkey: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Which has forgotten everybody."""
    monkeypatch.setattr(presence, "REFRESH_SECONDS", 0.5)
    here, there = pair
    ada, bob = here.person("ada").connect("/live"), there.person("bob").connect("/live")
    for each in (ada, bob):
        each.call(JOIN, {"room": "thing:7"})
    for each in (ada, bob):
        until(lambda each=each: each.next(PRESENCE)["count"] == 2)
    stop_valkey()
    for each in (ada, bob):
        until(lambda each=each: each.next(PRESENCE)["count"] == 1)
    valkey_server.start()
    for each in (ada, bob):
        until(lambda each=each: each.next(PRESENCE)["count"] == 2)


def test_logins_in_a_valkey_that_is_away_end_no_socket_before_their_time(
    make_site: MakeSite, valkey_url: str, valkey_server: Any, stop_valkey: Callable[[], None]
) -> None:
    """Once it is back without them, they have ended."""
    site = make_site(DOVETAIL_VALKEY_URL=valkey_url, DOVETAIL_AUTH_SESSION_STORE="valkey")
    ada = site.person("ada").connect()
    ada.next("dovetail:ready")
    stop_valkey()
    assert ada.is_quiet(supervision.EVERY_SECONDS * 2)
    valkey_server.start()
    assert ada.next("dovetail:end")["code"] == "SESSION_EXPIRED"


def test_an_outage_while_many_commit_loses_nothing(
    make_site: MakeSite,
    migrated_postgres_url: str,
    postgres: Any,
    stop_postgres: Callable[[], None],
) -> None:
    """Whatever was committed is sent, in order; whatever was not, never was."""
    site = make_site(DOVETAIL_DATABASE_URL=migrated_postgres_url)
    ada = site.person("ada").connect()
    ada.next("dovetail:ready")
    done = threading.Event()
    committed: list[int] = []

    def write() -> None:
        thing = 0
        while not done.is_set():
            thing += 1
            try:
                site.like("ada", thing)
                committed.append(thing)
            except Exception:  # the database is away
                time.sleep(0.05)

    writer = threading.Thread(target=write)
    writer.start()
    until(lambda: len(committed) >= 20)
    stop_postgres()
    postgres.start()
    before = len(committed)
    until(lambda: len(committed) >= before + 20)
    done.set()
    writer.join()
    with site.app.app_context():
        kept: Any = site.service.notifications.after("ada", 0, limit=100_000)
    heard = [ada.next("liked")["seq"] for _ in kept]
    assert heard == [each.seq for each in kept] == list(range(1, len(kept) + 1))
    assert ada.is_quiet(0.05)
    assert len(kept) >= len(committed)


def test_sockets_tell_of_an_outage_once(
    make_site: MakeSite,
    migrated_postgres_url: str,
    postgres: Any,
    stop_postgres: Callable[[], None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Looks twice a second, what is to be pushed, and requests: one outage."""
    site = make_site(DOVETAIL_DATABASE_URL=migrated_postgres_url)
    visitor = site.person("ada")
    ada = visitor.connect()
    ada.next("dovetail:ready")
    caplog.set_level("INFO", "flask_dovetail.outages")
    caplog.clear()
    stop_postgres()
    for _ in range(5):
        site.service.pusher.wake(["ada"])
        assert visitor.http.get("/api/notifications").status_code == 503
        time.sleep(supervision.EVERY_SECONDS)
    assert told(caplog) == ["store out of reach"]
    postgres.start()
    until(lambda: visitor.http.get("/readyz").status_code == 200 and len(told(caplog)) > 1)
    assert told(caplog) == ["store out of reach", "store answers again"]


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What was said of outages."""
    return [
        record.getMessage()
        for record in caplog.records
        if vars(record).get("store") == "database" or record.levelname == "WARNING"
    ]


def test_a_process_that_cannot_tell_the_others_says_so_once(
    make_site: MakeSite, valkey_url: str, stop_valkey: Callable[[], None]
) -> None:
    """The bus, presence and whoever listens meet the same outage, over and over."""
    site = make_site(DOVETAIL_VALKEY_URL=valkey_url)
    ada = site.person("ada").connect("/live")
    stop_valkey()
    for _ in range(3):
        say(site, "hello")
        assert ada.next("said")["text"] == "hello"
        time.sleep(1.0)
    outage = outages.current(site.app)._open["valkey"]
    assert outage.failures > 3
    assert outage.logged_at == outage.began_at


def test_killed_process_disappears_from_its_rooms(make_site: MakeSite, valkey_url: str) -> None:
    """A room that is never empty never expires, and would keep everybody who ever died in it."""
    from valkey import Valkey

    site = make_site(DOVETAIL_VALKEY_URL=valkey_url)
    ada = site.person("ada").connect("/live")
    ada.call(JOIN, {"room": "thing:7"})
    with Valkey.from_url(valkey_url) as client:
        key = until(lambda: next(iter(client.scan_iter("dovetail:realtime:*:present:*")), None))
        long_ago = int(time.time()) - 3600
        dead = {f"process.{n} somebody": f'[{long_ago}, {{"name": "X"}}]' for n in range(500)}
        client.hset(key, mapping=dead)
        bob = site.person("bob").connect("/live")
        bob.call(JOIN, {"room": "thing:7"})
        until(lambda: client.hlen(key) == 2)


def test_a_teardown_that_meets_an_outage_takes_no_acknowledgement_back(
    make_site: MakeSite,
) -> None:
    """The handler has done its work: its client would do it again."""
    site = make_site()
    failed: list[bool] = []

    @site.app.teardown_appcontext
    def fail(_: object) -> None:
        failed.append(True)
        raise OperationalError("ROLLBACK", None, psycopg.errors.AdminShutdown())

    ada = site.person("ada").connect("/live")
    failed.clear()
    assert ada.call(JOIN, {"room": "thing:7"}) == {"data": None}
    assert failed
