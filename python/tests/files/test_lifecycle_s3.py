"""The same life of an upload where browsers send to an S3-compatible store."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from files_site import Clock, Site, Visitor, sha256

from flask_dovetail import FilePolicy, store_file
from flask_dovetail.files.config import MIN_PART_BYTES_S3 as PART
from flask_dovetail.files.s3.store import S3Store

MakeSite = Callable[..., Site]
BYTES = {"content_type": "application/octet-stream"}


@pytest.fixture
def site(make_site: MakeSite, s3_config: dict[str, Any]) -> Site:
    """Its clock begins now: the store has one of its own."""
    clock = Clock()
    clock.now = time.time()
    return make_site(
        clock=clock,
        policies={"file": FilePolicy(quota_bytes=40 * 1024 * 1024)},
        DOVETAIL_FILES_PART_BYTES=PART,
        **s3_config,
    )


def held(site: Site) -> list[str]:
    """The keys of the objects, and of the uploads, that the bucket has for this test."""
    store = site.files.store
    assert isinstance(store, S3Store)
    prefix = site.files.settings.s3_prefix
    client, where = store.client(), {"Bucket": store.bucket, "Prefix": prefix}
    objects = client.list_objects_v2(**where).get("Contents", ())
    uploads = client.list_multipart_uploads(**where).get("Uploads", ())
    return [each["Key"].removeprefix(prefix) for each in (*objects, *uploads)]


@pytest.mark.parametrize("size", [0, 5, PART, PART + 1, 2 * PART + 7])
def test_a_file_goes_straight_to_the_store_and_comes_out_the_same(ada: Visitor, size: int) -> None:
    content = secrets.token_bytes(size)
    ticket = ada.begin(content, sha256=sha256(content), **BYTES)
    ada.send(ticket, content)
    sums = [
        {"number": part["number"], "sha256": sha256(content[(part["number"] - 1) * PART :][:PART])}
        for part in ticket["parts"]
    ]
    first = ada.commit(ticket, parts=sums)
    assert (first.status_code, first.json["sha256"]) == (200, sha256(content))
    assert ada.commit(ticket).json["id"] == first.json["id"]
    assert ada.read(first.json) == content
    assert len(held(ada.site)) == 1


@pytest.mark.parametrize("size", [5, PART + 1])
def test_a_commit_before_the_last_byte_says_what_is_missing(ada: Visitor, size: int) -> None:
    content = secrets.token_bytes(size)
    ticket = ada.begin(content, **BYTES)
    last = ticket["part_count"]
    answer = ada.commit(ticket)
    assert (answer.json["code"], answer.json["missing"][-1]) == ("UPLOAD_INCOMPLETE", last)
    ada.send(ada.get(f"/files/upload/{ticket['key']}").json, content)
    assert ada.get(f"/files/upload/{ticket['key']}").json["parts"] == []
    assert ada.read(ada.commit(ticket).json) == content


@pytest.mark.parametrize("size", [5, PART + 1])
def test_wrong_checksums_and_types_leave_nothing_in_the_bucket(ada: Visitor, size: int) -> None:
    content = secrets.token_bytes(size)
    for announced, code in (
        ({**BYTES, "sha256": sha256(b"other")}, "CHECKSUM_MISMATCH"),
        ({"content_type": "image/png"}, "FILE_TYPE_MISMATCH"),
    ):
        ticket = ada.sent(content, **announced)
        assert ada.commit(ticket).json["code"] == code
        assert ada.commit(ticket).status_code == 404
        assert held(ada.site) == []


@pytest.mark.parametrize("size", [5, PART + 1])
def test_bytes_that_come_after_the_end_are_swept(ada: Visitor, size: int) -> None:
    """An address outlives its upload where the store knows no rows; what it brings does not."""
    content = secrets.token_bytes(size)
    called_off = ada.sent(content, **BYTES)
    assert ada.delete(f"/files/upload/{called_off['key']}").status_code == 204
    assert held(ada.site) == []
    committed = ada.sent(content, **BYTES)
    file = ada.commit(committed).json
    for ticket in (called_off, committed):
        for part in ticket["parts"]:
            start = (part["number"] - 1) * PART
            late = httpx.put(
                part["url"], content=content[start : start + part["size"]], headers=part["headers"]
            )
            assert late.status_code == (200 if ticket["part_count"] == 1 else 404)
    assert ada.read(file) == content
    ada.site.clock.advance(86_400)
    assert ada.site.sweep().failed == 0
    assert held(ada.site) == [f"files/{_key(ada.site, file)}"]
    assert ada.read(file) == content


def test_an_expired_upload_and_a_deleted_file_leave_nothing(ada: Visitor) -> None:
    site = ada.site
    ada.sent(secrets.token_bytes(PART + 1), **BYTES)
    ada.sent(b"hello")
    ada.delete(f"/files/{ada.upload(b'hello')['id']}")
    with site.inside():
        store_file(b"hi", name="a", content_type="a/b", owner="ada", purpose="file")
    site.clock.advance(86_400)
    assert site.sweep() == (2, 1, 0)
    assert len(held(site)) == 1


def test_a_file_of_somebody_else_is_no_more_there_than_in_a_folder(site: Site) -> None:
    ticket = site.visitor("ada").sent()
    bob = site.visitor("bob")
    assert bob.commit(ticket).status_code == 404
    assert bob.get(f"/files/upload/{ticket['key']}").status_code == 404


def test_the_store_being_away_is_told_and_costs_no_upload(ada: Visitor, seaweed: Any) -> None:
    ticket = ada.sent()
    seaweed.stop()
    try:
        away = ada.commit(ticket)
        assert (away.status_code, away.json["code"]) == (503, "SERVICE_UNAVAILABLE")
        assert "Retry-After" in away.headers
        assert ada.presign(size=2 * PART).status_code == 503
        assert [each["key"] for each in ada.get("/files/upload").json["items"]] == [ticket["key"]]
    finally:
        seaweed.start()
    assert ada.commit(ticket).status_code == 200


def _key(site: Site, file: dict[str, Any]) -> str:
    with site.inside() as known:
        found = known.rows.find_file(file["id"])
    assert found is not None
    return found.key
