"""Quotas: counted with what is under way, and never exceeded, however many ask at once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from files_site import Site, Visitor

from flask_dovetail import DeclarationError, FilePolicy, store_file

MakeSite = Callable[..., Site]


@pytest.fixture
def site(make_any_site: MakeSite) -> Site:
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


def test_owners_and_purposes_are_counted_apart(site: Site, ada: Visitor) -> None:
    ada.upload(b"1234567890")
    assert full(ada.presign(size=1))
    assert not full(ada.presign(size=10, purpose="other"))
    assert not full(site.visitor("bob").presign(size=10))


def test_what_does_not_fit_at_all_is_refused_and_leaves_nothing(site: Site, ada: Visitor) -> None:
    assert full(ada.presign(size=11))
    assert ada.get("/files/upload").json["items"] == []
    assert site.kept() == set()


def test_an_upload_whose_time_is_over_takes_no_room(site: Site, ada: Visitor) -> None:
    ada.begin(size=10)
    site.clock.advance(86_400)
    assert not full(site.visitor().presign(size=10))


def test_a_deleted_file_gives_its_room_and_takes_it_again_when_it_is_restored(
    ada: Visitor,
) -> None:
    first = ada.upload(b"1234567")
    ada.delete(f"/files/{first['id']}")
    second = ada.upload(b"123456")
    refused = ada.post(f"/files/{first['id']}/restore")
    assert (refused.status_code, refused.json["code"]) == (409, "QUOTA_EXCEEDED")
    ada.delete(f"/files/{second['id']}")
    assert ada.post(f"/files/{first['id']}/restore").status_code == 200
    assert full(ada.presign(size=4))


def test_what_the_application_stores_counts_but_is_not_refused(site: Site, ada: Visitor) -> None:
    with site.inside():
        store_file(bytes(20), name="a", content_type="a/b", owner="ada", purpose="file")
    assert full(ada.presign(b""))


def test_uploads_that_begin_at_once_fill_the_room_exactly(site: Site) -> None:
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


def test_restoring_and_uploading_at_once_do_not_exceed_it(site: Site) -> None:
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
