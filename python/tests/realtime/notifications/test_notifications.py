"""Each person's notifications: numbered from 1, without a gap, in the order of their commits."""

from __future__ import annotations

import threading
import time
import tracemalloc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from sqlalchemy import Connection, func, select

from flask_dovetail.core import sweeping
from flask_dovetail.realtime.notifications.store import Notifications, Standing
from flask_dovetail.realtime.notifications.tables import notifications as table
from support.realtime_app import Liked
from support.realtime_site import MakeSite, Neighbour, RealtimeSite

NOW = 1_800_000_000


@pytest.fixture
def kept(any_site: RealtimeSite) -> Iterator[Notifications]:
    with any_site.app.app_context():
        yield any_site.service.notifications


def write(connection: Connection, kept: Notifications, subject: str = "ada", at: int = NOW) -> None:
    kept.add(connection, subject, "liked", Liked(thing=1).model_dump_json(), now=at)


def add(kept: Notifications, subject: str = "ada", count: int = 1, at: int = NOW) -> None:
    for _ in range(count):
        with kept.tables.writing() as connection:
            write(connection, kept, subject, at)


def change_my_mind(kept: Notifications) -> None:
    with kept.tables.writing() as connection:
        write(connection, kept)
        time.sleep(0.001)
        raise RuntimeError("changed my mind")


def numbers(kept: Notifications, subject: str = "ada") -> list[int]:
    return [each.seq for each in kept.after(subject, 0, limit=10_000)]


def test_each_person_has_numbers_of_their_own(kept: Notifications) -> None:
    add(kept, "ada", 3)
    add(kept, "bob", 2)
    assert numbers(kept, "ada") == [1, 2, 3]
    assert numbers(kept, "bob") == [1, 2]
    assert numbers(kept, "eve") == []
    assert kept.newest(["ada", "bob", "eve"]) == {"ada": 3, "bob": 2}


def test_many_people_are_asked_about_at_once(kept: Notifications) -> None:
    """More than one statement takes."""
    people = [f"p{number}" for number in range(1100)]
    with kept.tables.writing() as connection:
        for person in people[::10]:
            write(connection, kept, person)
    assert kept.newest(people) == dict.fromkeys(people[::10], 1)
    assert kept.newest([]) == {}


def test_threads_that_write_for_one_person_leave_no_gap(kept: Notifications) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: add(kept, "ada", 10), range(8)))
    assert numbers(kept) == list(range(1, 81))


def test_processes_that_write_for_one_person_leave_no_gap(any_site: RealtimeSite) -> None:
    neighbours = [Neighbour(any_site, "ada", 25) for _ in range(2)]
    for each in neighbours:
        each.begin()
    any_site.like("ada", *range(25))
    for each in neighbours:
        each.finish()
    with any_site.app.app_context():
        assert numbers(any_site.service.notifications) == list(range(1, 76))


def test_a_rollback_gives_the_number_back(kept: Notifications) -> None:
    add(kept)
    with pytest.raises(RuntimeError, match="changed my mind"):
        change_my_mind(kept)
    add(kept)
    assert numbers(kept) == [1, 2]


def test_readers_see_no_number_before_all_lower_ones(kept: Notifications) -> None:
    """While threads write, some of which change their minds: the order of commits is that of the
    numbers.
    """
    done = threading.Event()

    def writer(number: int) -> None:
        for turn in range(15):
            if (turn + number) % 3:
                add(kept)
            else:
                with suppress(RuntimeError):
                    change_my_mind(kept)

    seen: list[list[int]] = []

    def reader() -> None:
        while not done.is_set():
            seen.append(numbers(kept))

    with ThreadPoolExecutor(5) as pool:
        reading = pool.submit(reader)
        list(pool.map(writer, range(4)))
        done.set()
        reading.result()
    seen.append(numbers(kept))
    assert all(each == list(range(1, len(each) + 1)) for each in seen)
    assert len(seen[-1]) == 40


def test_those_that_are_over_go_while_others_come(make_any_site: MakeSite) -> None:
    """The newest are kept, and the numbers go on."""
    site = make_any_site(DOVETAIL_REALTIME_RETENTION_EVENTS=10)
    with site.app.app_context():
        kept = site.service.notifications
        add(kept, "bob", 12)
        for _ in range(40):
            add(kept)
            left = numbers(kept)
            newest = left[-1]
            assert left == list(range(left[0], newest + 1))
            assert min(newest, 10) <= len(left) <= 10 + 16
        assert newest == 40
        assert kept.oldest("ada") == left[0]
        assert kept.oldest("eve") is None
        assert numbers(kept, "bob") == list(range(1, 13)), "they are another person's"


def test_how_things_are_counts_what_is_not_read(kept: Notifications) -> None:
    assert kept.standing("ada") == Standing(seq=0, unread=0)
    add(kept, "ada", 3)
    assert kept.standing("ada") == Standing(seq=3, unread=3)
    assert kept.standing("bob") == Standing(seq=0, unread=0)


def test_one_is_marked_read_once(kept: Notifications) -> None:
    """The first time stays; the same answer each time."""
    add(kept, "ada", 3)
    for now in (NOW + 1, NOW + 2):
        assert kept.mark("ada", seq=2, now=now) == Standing(seq=3, unread=2)
    assert [each.read_at for each in kept.after("ada", 0, limit=9)] == [None, NOW + 1, None]


def test_unknown_notification_cannot_be_marked(kept: Notifications) -> None:
    add(kept, "bob", 2)
    assert kept.mark("ada", seq=1, now=NOW) is None
    assert kept.standing("bob") == Standing(seq=2, unread=2)


def test_all_up_to_one_are_marked_read(kept: Notifications) -> None:
    add(kept, "ada", 4)
    add(kept, "bob", 4)
    kept.mark("ada", seq=1, now=NOW + 1)
    for _ in range(2):
        assert kept.mark_up_to("ada", seq=3, now=NOW + 2) == Standing(seq=4, unread=1)
    read = [each.read_at for each in kept.after("ada", 0, limit=9)]
    assert read == [NOW + 1, NOW + 2, NOW + 2, None]
    assert kept.mark_up_to("ada", seq=0, now=NOW) == Standing(seq=4, unread=1)
    assert kept.mark_up_to("ada", seq=99, now=NOW) == Standing(seq=4, unread=0)
    assert kept.standing("bob") == Standing(seq=4, unread=4)


def test_marking_at_the_same_time_counts_each_once(kept: Notifications) -> None:
    add(kept, "ada", 20)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda seq: kept.mark("ada", seq=seq, now=NOW), [*range(1, 16)] * 2))
    assert kept.standing("ada") == Standing(seq=20, unread=5)


def test_a_page_is_the_newest_first(kept: Notifications) -> None:
    add(kept, "ada", 5)
    add(kept, "bob", 1)
    kept.mark("ada", seq=4, now=NOW)

    def page(before: int | None = None, *, unread: bool = False, limit: int = 2) -> list[int]:
        found, standing = kept.page("ada", before=before, unread=unread, limit=limit)
        assert standing == Standing(seq=5, unread=4)
        return [each.seq for each in found]

    assert page() == [5, 4]
    assert page(4) == [3, 2]
    assert page(2) == [1]
    assert page(1) == []
    assert page(unread=True, limit=3) == [5, 3, 2]


def test_those_after_a_number_come_in_order(kept: Notifications) -> None:
    add(kept, "ada", 5)
    found = kept.after("ada", 2, limit=2)
    assert [each.seq for each in found] == [3, 4]
    assert found[0].event == "liked"
    assert (found[0].data, found[0].created_at) == ('{"thing":1,"by":""}', NOW)


def test_a_sweep_forgets_what_is_older_than_it_is_kept(make_any_site: MakeSite) -> None:
    """And no number is given twice."""
    site = make_any_site(DOVETAIL_REALTIME_RETENTION_SECONDS=60)
    with site.app.app_context():
        kept = site.service.notifications
        add(kept, "ada", 2, at=site.service.now() - 120)
        add(kept, "bob", 1, at=site.service.now() - 120)
        add(kept, "ada", 1, at=site.service.now())
        assert sweeping.of(site.app).run()["notifications"] == (3, 0)
        assert sweeping.of(site.app).run()["notifications"] == (0, 0)
        assert numbers(kept) == [3]
        assert kept.standing("ada") == Standing(seq=3, unread=1)
        add(kept, "bob")
        assert numbers(kept, "bob") == [2]


def test_the_command_sweeps(site: RealtimeSite) -> None:
    with site.app.app_context():
        add(site.service.notifications, at=site.service.now() - 31 * 86_400)
    told = site.app.test_cli_runner().invoke(args=["dovetail", "realtime", "sweep"])
    assert (told.exit_code, told.stdout.split()[-3:]) == (0, ["notifications", "1", "0"])


def test_two_transactions_that_write_for_several_people_in_one_order_both_end(
    kept: Notifications,
) -> None:
    def both(_: int) -> None:
        with kept.tables.writing() as connection:
            for subject in ("ada", "bob"):
                write(connection, kept, subject)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(both, range(20)))
    with kept.tables.reading() as connection:
        counted = select(table.c.subject, func.count()).group_by(table.c.subject)
        assert dict(connection.execute(counted).all()) == {"ada": 20, "bob": 20}  # type: ignore[arg-type]


def test_counting_large_notifications_holds_one_at_a_time(site: RealtimeSite) -> None:
    """A thousand of them may be 16 MiB, and one person may ask in a hundred requests at once."""
    with site.app.app_context():
        kept = site.service.notifications
        data = Liked(thing=1, by="x" * 15_000).model_dump_json()
        with kept.tables.writing() as connection:
            for _ in range(300):
                kept.add(connection, "ada", "liked", data, now=NOW)
        kept.standing("ada")
        tracemalloc.start()
        try:
            assert kept.standing("ada") == Standing(300, 300)
            assert tracemalloc.get_traced_memory()[1] < 1_000_000
        finally:
            tracemalloc.stop()
