"""`notify`: nothing before the commit, everything after it, and nothing of a rollback."""

from __future__ import annotations

import gc
import threading
import time
import weakref
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, event, text
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    mapped_column,
    scoped_session,
    sessionmaker,
)

from flask_dovetail import ConfigurationError, DeclarationError, notify
from flask_dovetail.storage import database
from support.realtime_app import Liked
from support.realtime_site import Client, MakeSite, Neighbour, RealtimeSite


@pytest.fixture
def site(make_site: MakeSite) -> RealtimeSite:
    """An app with an engine of its own, on which its sessions are."""
    return make_site(gives_engine=True)


@pytest.fixture
def any_site(make_any_site: MakeSite) -> RealtimeSite:
    """The same on each kind of database."""
    return make_any_site(gives_engine=True)


@pytest.fixture
def listener(any_site: RealtimeSite) -> Client:
    socket = any_site.person("ada").connect()
    socket.next("dovetail:ready")
    return socket


@pytest.fixture
def session(any_site: RealtimeSite) -> Iterator[Session]:
    with any_site.app.app_context(), Session(any_site.engine()) as session:
        yield session


def stored(site: RealtimeSite, subject: str = "ada") -> list[int]:
    """The things that somebody was notified of."""
    with site.app.app_context():
        found = site.service.notifications.after(subject, 0, limit=1000)
    return [Liked.model_validate_json(each.data).thing for each in found]


def like(session: Any, thing: int, subject: str = "ada") -> None:
    notify(subject, Liked(thing=thing), session=session)


def test_nothing_is_there_before_the_commit_and_all_of_it_after(
    any_site: RealtimeSite, listener: Client, session: Session
) -> None:
    for thing in (1, 2, 3):
        like(session, thing)
    session.flush()
    assert listener.is_quiet()
    assert stored(any_site) == []
    session.commit()
    assert listener.things(3) == [1, 2, 3]
    assert stored(any_site) == [1, 2, 3]


def test_without_a_session_it_is_there_at_once(any_site: RealtimeSite, listener: Client) -> None:
    with any_site.app.app_context():
        like(None, 1)
        assert stored(any_site) == [1]
    assert listener.things(1) == [1]


def test_a_rollback_takes_it_along(
    any_site: RealtimeSite, listener: Client, session: Session
) -> None:
    like(session, 1)
    session.rollback()
    session.commit()
    like(session, 2)
    session.commit()
    assert listener.things(1) == [2]
    assert stored(any_site) == [2]


def test_a_session_that_is_closed_without_a_commit_takes_it_along(
    any_site: RealtimeSite, listener: Client, session: Session
) -> None:
    like(session, 1)
    session.close()
    like(session, 2)
    session.commit()
    assert listener.things(1) == [2]
    assert stored(any_site) == [2]


def test_a_commit_that_fails_takes_it_along(any_site: RealtimeSite, session: Session) -> None:
    """Also where its row had been written."""
    engine = any_site.engine()
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE t (a INTEGER PRIMARY KEY)"))
    like(session, 1)
    session.connection().execute(text("INSERT INTO t VALUES (1)"))
    with pytest.raises(RuntimeError, match="at the last moment"):
        fail_after_writing(session)
    session.rollback()
    assert stored(any_site) == []
    like(session, 2)
    session.commit()
    assert stored(any_site) == [2]


def fail_after_writing(session: Session) -> None:
    def fail(_: Session) -> None:
        raise RuntimeError("at the last moment")

    event.listen(session, "before_commit", fail)
    try:
        session.commit()
    finally:
        event.remove(session, "before_commit", fail)


def test_a_savepoint_that_is_rolled_back_takes_its_own_along(
    any_site: RealtimeSite, listener: Client, session: Session
) -> None:
    like(session, 1)
    savepoint = session.begin_nested()
    like(session, 2)
    savepoint.rollback()
    like(session, 3)
    session.commit()
    assert listener.things(2) == [1, 3]
    assert stored(any_site) == [1, 3]


def test_a_savepoint_that_is_released_keeps_them_for_the_commit(
    any_site: RealtimeSite, listener: Client, session: Session
) -> None:
    like(session, 1)
    with session.begin_nested():
        like(session, 2)
        with session.begin_nested():
            like(session, 3)
    assert stored(any_site) == []
    assert listener.is_quiet()
    session.commit()
    assert listener.things(3) == [1, 2, 3]


def test_outer_rollback_drops_notifications_of_a_released_savepoint(
    any_site: RealtimeSite, listener: Client, session: Session
) -> None:
    with session.begin_nested():
        like(session, 1)
    session.rollback()
    with session.begin_nested():
        like(session, 2)
        inner = session.begin_nested()
        with session.begin_nested():
            like(session, 3)
        inner.rollback()
    session.commit()
    assert listener.things(1) == [2]
    assert stored(any_site) == [2]


def test_a_session_is_used_for_one_transaction_after_the_other(
    any_site: RealtimeSite, listener: Client, session: Session
) -> None:
    for thing in range(5):
        like(session, thing)
        session.commit()
    assert listener.things(5) == [0, 1, 2, 3, 4]
    session.commit()
    assert stored(any_site) == [0, 1, 2, 3, 4]


def test_a_scoped_session_is_that_of_its_thread(any_site: RealtimeSite) -> None:
    scoped = scoped_session(sessionmaker(any_site.engine()))

    def work(thing: int) -> None:
        with any_site.app.app_context():
            like(scoped, thing)
            (scoped.commit if thing % 2 else scoped.rollback)()
            scoped.remove()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(20)))
    assert sorted(stored(any_site)) == list(range(1, 20, 2))


def test_it_is_one_transaction_with_the_rows_of_the_application(
    any_site: RealtimeSite, session: Session
) -> None:
    """Whoever sees one of them sees the other."""
    with any_site.engine().begin() as connection:
        connection.execute(text("CREATE TABLE likes (thing INTEGER)"))
    session.execute(text("INSERT INTO likes VALUES (7)"))
    like(session, 7)
    session.commit()
    with Session(any_site.engine()) as other:
        assert other.execute(text("SELECT thing FROM likes")).scalars().all() == stored(any_site)


def test_a_session_on_a_connection_stays_on_it(any_site: RealtimeSite) -> None:
    """As tests have it, which roll all of it back at their end."""
    with any_site.app.app_context(), any_site.engine().connect() as connection:
        outer = connection.begin()
        with Session(connection) as session:
            like(session, 1)
            session.commit()
        outer.rollback()
    assert stored(any_site) == []


def test_two_transactions_that_notify_two_people_in_opposite_orders_both_end(
    make_site: MakeSite, migrated_postgres_url: str
) -> None:
    """On a database that would call it a deadlock."""
    site = make_site(gives_engine=True, DOVETAIL_DATABASE_URL=migrated_postgres_url)
    both = threading.Barrier(2)

    def work(people: list[str]) -> None:
        with site.app.app_context(), Session(site.engine()) as session:
            for turn in range(20):
                both.wait(10)
                for subject in people:
                    like(session, turn, subject)
                session.commit()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, [["ada", "bob"], ["bob", "ada"]]))
    for subject in ("ada", "bob"):
        assert sorted(stored(site, subject)) == sorted([*range(20)] * 2)


def test_a_long_transaction_holds_nobody_up(any_site: RealtimeSite) -> None:
    """The number of a person is taken at its end, not where `notify` stands."""
    with any_site.app.app_context(), Session(any_site.engine()) as slow:
        like(slow, 1)
        began = time.monotonic()
        any_site.like("ada", 2)
        assert time.monotonic() - began < 2
        slow.commit()
    assert stored(any_site) == [2, 1]


class Base(DeclarativeBase):
    """What the application keeps."""


class Thing(Base):
    __tablename__ = "things"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None]


@pytest.mark.parametrize("flushes_before", [False, True])
def test_a_listener_of_a_flush_can_notify(
    any_site: RealtimeSite, listener: Client, session: Session, flushes_before: bool
) -> None:
    """Also of the flush that is part of the commit, and the first time in a session."""
    Base.metadata.create_all(any_site.engine())
    event.listen(
        session,
        "after_flush",
        lambda session, _: [like(session, each.id) for each in session.new],
    )
    for commit in (False, True):
        session.add(Thing(id=7))
        if flushes_before:
            session.flush()
        assert stored(any_site) == []
        (session.commit if commit else session.rollback)()
    assert listener.things(1) == [7]
    assert stored(any_site) == [7]


def test_two_apps_push_to_their_own_people(make_site: MakeSite) -> None:
    one, other = make_site(gives_engine=True), make_site(gives_engine=True)
    sockets = [each.person("ada").connect() for each in (one, other)]
    for socket in sockets:
        socket.next("dovetail:ready")
    with one.app.app_context(), Session(one.engine()) as session:
        like(session, 1)
        session.commit()
    with other.app.app_context(), Session(other.engine()) as session:
        like(session, 2)
        session.commit()
    assert [socket.things(1) for socket in sockets] == [[1], [2]]
    assert stored(one) == [1]
    assert stored(other) == [2]


def test_a_session_on_another_database_is_refused_with_the_cure(
    site: RealtimeSite, tmp_path: Path
) -> None:
    engine = create_engine(f"sqlite:///{tmp_path}/other.sqlite3")
    refused = pytest.raises(DeclarationError, match=r"Dovetail\(engine=\.\.\.\)")
    with site.app.app_context(), Session(engine) as session, refused:
        like(session, 1)
        session.commit()
    engine.dispose()
    assert stored(site) == []


@pytest.mark.parametrize("in_session", [True, False])
def test_tables_that_were_not_made_are_named_with_the_cure(
    make_site: MakeSite, tmp_path: Path, in_session: bool
) -> None:
    """Where `notify` stands, and not somewhere in a commit."""
    site = make_site(gives_engine=True, DOVETAIL_DATABASE_URL=f"sqlite:///{tmp_path}/empty.sqlite3")
    refused = pytest.raises(ConfigurationError, match="flask dovetail db upgrade")
    with site.app.app_context(), Session(site.engine()) as session, refused:
        like(session if in_session else None, 1)


def test_a_session_that_knows_no_engine_is_refused_with_the_cure(site: RealtimeSite) -> None:
    refused = pytest.raises(DeclarationError, match=r"Dovetail\(engine=\.\.\.\)")
    with site.app.app_context(), Session() as session, refused:
        like(session, 1)


def test_a_payload_is_at_most_16_kib(site: RealtimeSite) -> None:
    room = 16 * 1024 - len(Liked(thing=1).model_dump_json())
    with site.app.app_context():
        notify("ada", Liked(thing=1, by="x" * room))
        with pytest.raises(DeclarationError, match="more than 16 KiB: send what names the thing"):
            notify("ada", Liked(thing=1, by="x" * (room + 1)))
        with pytest.raises(DeclarationError, match="16 KiB"):
            notify("ada", Liked(thing=1, by="\ud55c" * (room // 2)))
    assert len(stored(site)) == 1


def test_it_works_in_a_command(site: RealtimeSite) -> None:
    @site.app.cli.command("like")
    def like_command() -> None:
        like(None, 5)

    told = site.app.test_cli_runner().invoke(args=["like"])
    assert (told.exit_code, stored(site)) == (0, [5])


def test_another_process_reaches_an_open_socket_within_a_second(
    any_site: RealtimeSite, listener: Client
) -> None:
    """By the database alone: the two have no other way."""
    neighbour = Neighbour(any_site, "ada", 3)
    neighbour.begin()
    neighbour.finish()
    assert [listener.next("liked", 1.0)["data"] for _ in range(3)] == [
        {"thing": thing, "by": "worker"} for thing in range(3)
    ]


def test_a_transaction_that_writes_rows_of_its_own_first_waits_for_no_other_that_does_too(
    make_site: MakeSite, postgres_url: str
) -> None:
    """Its own rows before the people's numbers, whether it has flushed them or not."""
    site = make_site(gives_engine=True, DOVETAIL_DATABASE_URL=postgres_url)
    database.upgrade(site.engine())
    Base.metadata.create_all(site.engine())
    with Session(site.engine()) as session:
        session.add(Thing(id=1))
        session.commit()

    def change() -> None:
        with site.app.app_context(), Session(site.engine()) as session:
            session.get_one(Thing, 1).name = "one"
            like(session, 1)
            session.commit()

    with ThreadPoolExecutor(1) as pool, site.app.app_context(), Session(site.engine()) as session:
        session.get_one(Thing, 1).name = "other"
        session.flush()
        waits = pool.submit(change)
        time.sleep(0.3)  # until it waits for the row
        like(session, 2)
        session.commit()
        waits.result(10)
    assert stored(site) == [2, 1]


def test_a_session_that_is_only_closed_is_kept_by_nobody(site: RealtimeSite) -> None:
    kept = []
    with site.app.app_context():
        for _ in range(5):
            session = Session(site.engine())
            like(session, 1)
            session.close()
            kept.append(weakref.ref(session))
            del session
    gc.collect()
    assert [each() for each in kept] == [None] * 5
