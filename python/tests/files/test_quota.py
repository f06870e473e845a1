"""Quotas: counted with what is under way, and never exceeded, however many ask at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import Connection, event, insert, select

from flask_dovetail import DeclarationError, FilePolicy, store_file
from flask_dovetail.files.tables import uploads
from support.files_site import FilesSite, MakeSite, Visitor


@pytest.fixture
def site(make_any_site: MakeSite) -> FilesSite:
    """Ten bytes and three files for each, on each kind of database."""
    limited = FilePolicy(quota_bytes=10, quota_files=3)
    return make_any_site(policies={"file": limited, "other": limited})


def full(answer: Any) -> bool:
    if answer.status_code == 201:
        return False
    assert (answer.status_code, answer.json["code"]) == (409, "QUOTA_EXCEEDED")
    return True


def test_files_and_uploads_under_way_take_room_together(ada: Visitor) -> None:
    ada.upload(b"12345")
    ticket = ada.begin(size=4)
    assert full(ada.presign(size=2))
    assert not full(ada.presign(size=1))
    ada.delete(f"/files/upload/{ticket['key']}")
    assert not full(ada.presign(size=4))


def test_there_are_only_so_many_files_even_of_no_bytes(ada: Visitor) -> None:
    ada.upload(b"")
    for _ in range(2):
        assert not full(ada.presign(b""))
    assert full(ada.presign(b""))


def test_owners_and_purposes_are_counted_apart(site: FilesSite, ada: Visitor) -> None:
    ada.upload(b"1234567890")
    assert full(ada.presign(size=1))
    assert not full(ada.presign(size=10, purpose="other"))
    assert not full(site.visitor("bob").presign(size=10))


def test_upload_above_the_quota_is_refused_and_leaves_nothing(
    site: FilesSite, ada: Visitor
) -> None:
    assert full(ada.presign(size=11))
    assert ada.get("/files/upload").json["items"] == []
    assert site.kept() == set()


def test_an_upload_whose_time_is_over_takes_no_room(site: FilesSite, ada: Visitor) -> None:
    ada.begin(size=10)
    site.clock.advance(86_400)
    assert not full(site.visitor().presign(size=10))


def test_a_deleted_file_counts_until_its_bytes_are_dropped(site: FilesSite, ada: Visitor) -> None:
    """It is dropped when its room is needed, and cannot be restored then."""
    first = ada.upload(b"1234567")
    ada.delete(f"/files/{first['id']}")
    assert ada.post(f"/files/{first['id']}/restore").status_code == 200
    ada.delete(f"/files/{first['id']}")
    second = ada.upload(b"123456")
    assert on_disk(site) == 6
    assert ada.post(f"/files/{first['id']}/restore").status_code == 404
    ada.delete(f"/files/{second['id']}")
    assert ada.post(f"/files/{second['id']}/restore").status_code == 200


def test_oldest_deleted_files_are_dropped_first_and_only_as_needed(
    site: FilesSite, ada: Visitor
) -> None:
    old, new = ada.upload(b"1234"), ada.upload(b"5678")
    for file in (old, new):
        ada.delete(f"/files/{file['id']}")
        site.clock.advance(1)
    ada.upload(b"12345")
    assert ada.post(f"/files/{old['id']}/restore").status_code == 404
    assert ada.post(f"/files/{new['id']}/restore").status_code == 200


def test_nothing_is_dropped_where_it_would_not_be_enough(ada: Visitor) -> None:
    ada.upload(b"12345")
    deleted = ada.upload(b"1234")
    ada.delete(f"/files/{deleted['id']}")
    assert full(ada.presign(size=6))
    assert ada.post(f"/files/{deleted['id']}/restore").status_code == 200


@pytest.mark.limit("DOVETAIL_FILES_QUOTA_BYTES")
@pytest.mark.limit("DOVETAIL_FILES_QUOTA_FILES")
@pytest.mark.parametrize("keep", [{"QUOTA_BYTES": 9}, {"QUOTA_FILES": 1}], ids=str)
def test_a_policy_without_a_quota_has_that_of_the_settings(
    make_any_site: MakeSite, keep: dict[str, int]
) -> None:
    settings = {f"DOVETAIL_FILES_{name}": value for name, value in keep.items()}
    site = make_any_site(policies={"file": FilePolicy()}, **settings)
    ada = site.visitor("ada")
    kept = ada.upload(b"12345")
    assert full(ada.presign(size=5))
    assert not full(site.visitor("bob").presign(size=5))
    ada.delete(f"/files/{kept['id']}")
    assert not full(ada.presign(size=5))


@pytest.mark.limit("DOVETAIL_FILES_UPLOADS_PER_PERSON")
def test_uploads_under_way_are_limited_per_person(make_any_site: MakeSite) -> None:
    """The limit is for all purposes together; expired uploads do not count."""
    site = make_any_site(
        policies={"file": FilePolicy(), "other": FilePolicy()},
        DOVETAIL_FILES_UPLOADS_PER_PERSON=2,
    )
    ada = site.visitor("ada")
    first = ada.begin(size=1)
    ada.begin(size=1, purpose="other")
    assert full(ada.presign(size=1))
    assert not full(site.visitor("bob").presign(size=1))
    ada.delete(f"/files/upload/{first['key']}")
    assert not full(ada.presign(size=1))
    site.clock.advance(86_400)
    assert not full(site.visitor("ada").presign(size=1))


@pytest.mark.limit("DOVETAIL_FILES_UPLOADS_PER_HOUR")
def test_uploads_begun_per_hour_are_limited_per_person(make_any_site: MakeSite) -> None:
    """Ended ones count, too: each leaves a row that has to stay for a while."""
    site = make_any_site(
        policies={"file": FilePolicy(), "other": FilePolicy()}, DOVETAIL_FILES_UPLOADS_PER_HOUR=3
    )
    ada = site.visitor("ada")
    ada.delete(f"/files/upload/{ada.begin(size=1)['key']}")
    site.clock.advance(600)
    ada.begin(size=1, purpose="other")
    ada.upload(b"12345")
    refused = ada.presign(size=1)
    assert (refused.status_code, refused.json["code"]) == (429, "TOO_MANY_REQUESTS")
    assert refused.headers["Retry-After"] == "3000"
    assert not full(site.visitor("bob").presign(size=1))
    site.clock.advance(3000)
    ada = site.visitor("ada")
    assert not full(ada.presign(size=1))
    assert ada.presign(size=1).status_code == 429


def test_ended_uploads_that_take_no_room_are_not_read_for_a_new_one(make_site: MakeSite) -> None:
    """They may be very many, and on SQLite nobody else writes while they are read."""
    site = make_site(policies={"file": FilePolicy(quota_bytes=10)})
    ada = site.visitor("ada")
    ended = ada.begin(size=1)["key"]
    ada.delete(f"/files/upload/{ended}")
    site.clock.advance(3600)
    ada = site.visitor("ada")
    with site.inside() as files:
        engine = files.rows._tables.engine()
    with engine.begin() as connection:
        row = connection.execute(select(uploads).where(uploads.c.key == ended)).one()._asdict()
        connection.execute(insert(uploads), [{**row, "key": str(n)} for n in range(5000)])
    steps = 0

    def step() -> None:
        nonlocal steps
        steps += 100

    @event.listens_for(engine, "begin")
    def watch(connection: Connection) -> None:
        raw: Any = connection.connection.dbapi_connection
        raw.set_progress_handler(step, 100)

    assert not full(ada.presign(size=1))
    assert not full(ada.presign(size=9))
    assert full(ada.presign(size=1))  # it has been looked for what makes room
    assert 0 < steps < 20_000


@pytest.mark.parametrize("rounds", [12])
def test_deleting_and_uploading_at_once_never_takes_more_of_the_disk(
    site: FilesSite, rounds: int
) -> None:
    """Many threads of one person replace files; the bytes on the disk stay within the quota."""
    visitors = [site.visitor() for _ in range(4)]
    seen: list[int] = []

    def replace(visitor: Visitor) -> None:
        for _ in range(rounds):
            answer = visitor.presign(b"12345", size=5)
            if answer.status_code == 201:
                visitor.send(answer.json, b"12345")
                file = visitor.commit(answer.json).json
                seen.append(on_disk(site))
                visitor.delete(f"/files/{file['id']}")
            else:
                assert answer.status_code in (409, 503)
            seen.append(on_disk(site))

    with ThreadPoolExecutor(len(visitors)) as pool:
        list(pool.map(replace, visitors))
    assert 5 in seen
    assert max(seen) <= 10
    ada = site.visitor()
    assert not full(ada.presign(size=10))


def test_an_upload_that_could_not_be_dropped_counts_until_it_is(
    site: FilesSite, ada: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The store was away when it was called off; whoever needs the room drops it then."""
    ticket = ada.sent(b"1234567890")

    def away(_upload: Any) -> None:
        raise ConnectionRefusedError

    with monkeypatch.context() as patched:
        patched.setattr(site.files.store, "discard", away)
        with pytest.raises(ConnectionRefusedError):
            ada.delete(f"/files/upload/{ticket['key']}")
        with pytest.raises(ConnectionRefusedError):
            ada.presign(size=1)
    assert on_disk(site) == 10
    assert not full(ada.presign(size=1))
    assert on_disk(site) == 1


def on_disk(site: FilesSite) -> int:
    """The bytes that were there at one moment: those in two listings, one after the other."""
    first, second = sizes(site), sizes(site)
    return sum(size for path, size in second.items() if first.get(path) == size)


def sizes(site: FilesSite) -> dict[Path, int]:
    """Of the local store, without what it writes down about parts."""
    found = {}
    for path in site.files.folder.rglob("*"):
        with suppress(FileNotFoundError):
            if path.is_file() and path.suffix != ".parts":
                found[path] = path.stat().st_size
    return found


def test_store_file_counts_but_is_never_refused(site: FilesSite, ada: Visitor) -> None:
    with site.inside():
        store_file(bytes(20), name="a", content_type="a/b", owner="ada", purpose="file")
    assert full(ada.presign(b""))


def test_uploads_that_begin_at_once_fill_the_room_exactly(site: FilesSite) -> None:
    """Not a byte more than the quota, and no room is refused that is there."""
    visitors = [site.visitor() for _ in range(12)]
    barrier = Barrier(len(visitors))

    def presign(visitor: Visitor) -> bool:
        barrier.wait()
        return full(visitor.presign(size=5))

    with ThreadPoolExecutor(len(visitors)) as pool:
        refused = list(pool.map(presign, visitors))
    assert refused.count(False) == 2
    assert len(visitors[0].get("/files/upload").json["items"]) == 2


def test_restoring_and_uploading_at_once_do_not_exceed_it(site: FilesSite) -> None:
    ada = site.visitor()
    deleted = [ada.upload(b"12345") for _ in range(1)]
    for file in deleted:
        ada.delete(f"/files/{file['id']}")
    visitors = [site.visitor() for _ in range(8)]
    barrier = Barrier(len(visitors))

    def act(number: int) -> bool:
        barrier.wait()
        if number == 0:
            answer = visitors[0].post(f"/files/{deleted[0]['id']}/restore")
            return bool(answer.status_code == 200)
        return not full(visitors[number].presign(size=5))

    with ThreadPoolExecutor(len(visitors)) as pool:
        assert sum(pool.map(act, range(len(visitors)))) == 2


@pytest.mark.parametrize("max_bytes", [-1, 2**60])
def test_a_limit_that_cannot_be_kept_is_refused_where_it_is_written(max_bytes: int) -> None:
    with pytest.raises(DeclarationError, match="max_bytes"):
        FilePolicy(max_bytes=max_bytes)
