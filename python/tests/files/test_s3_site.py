"""A whole site on S3: announced here, sent there, committed here, read there."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
import requests
from flask import Flask

from flask_dovetail import Dovetail, files
from flask_dovetail.core.errors import MissingExtraError
from flask_dovetail.files import FilePolicy
from support.files_site import FilesSite, MakeSite, Visitor
from support.s3_bucket import PART_BYTES, Bucket

LARGE = b"and so on\n" * (PART_BYTES // 10) + b"to the end"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)


@pytest.fixture
def make_s3_site(make_site: MakeSite, s3: Bucket) -> Callable[..., FilesSite]:
    """Makes sites on the defaults, but for the store, and parts as small as they may be."""

    def make(**options: Any) -> FilesSite:
        return make_site(**s3.config, DOVETAIL_FILES_PART_BYTES=PART_BYTES, **options)

    return make


@pytest.fixture
def s3_site(make_s3_site: Callable[..., FilesSite]) -> FilesSite:
    return make_s3_site()


@pytest.fixture
def ada(s3_site: FilesSite) -> Visitor:
    return s3_site.visitor("ada")


def put(ticket: dict[str, Any], content: bytes) -> None:
    """Send every part that the ticket has an address for, as a browser does."""
    for part in ticket["parts"]:
        start = (part["number"] - 1) * ticket["part_size"]
        body = content[start : start + part["size"]]
        sent = requests.put(part["url"], data=body, headers=part["headers"], timeout=30)
        assert sent.status_code == 200, sent.text


@pytest.mark.parametrize(
    "content",
    [b"", b"hello", LARGE[:PART_BYTES], LARGE],
    ids=["empty", "small", "one whole part", "in parts"],
)
def test_a_file_goes_straight_to_the_store_and_comes_from_it(
    ada: Visitor, s3: Bucket, content: bytes
) -> None:
    ticket = ada.begin(content, name="한국어 🦉.txt")
    assert all(part["url"].startswith(s3.server.endpoint) for part in ticket["parts"])
    put(ticket, content)
    status = ada.get(f"/files/upload/{ticket['key']}").json
    assert status["arrived"] == list(range(1, ticket["part_count"] + 1))
    file = ada.commit(ticket)
    assert file.status_code == 200, file.text
    assert file.json["size"] == len(content)
    assert ada.commit(ticket).json == file.json
    redirect = ada.get(f"/files/{file.json['id']}/content?download=1")
    assert redirect.status_code == 302
    bytes_ = requests.get(redirect.headers["Location"], timeout=30)
    assert bytes_.content == content
    assert "filename*=UTF-8''%ED%95%9C" in bytes_.headers["Content-Disposition"]
    assert s3.kept() == {f"files/{ticket['key']}"}


def test_digests_are_of_the_bytes_that_the_store_has(ada: Visitor, s3: Bucket) -> None:
    """It computes none by itself, so they are read for it."""
    digest = hashlib.sha256(LARGE).hexdigest()
    ticket = ada.begin(LARGE, sha256=digest)
    put(ticket, LARGE)
    parts = [
        {"number": 2, "sha256": hashlib.sha256(LARGE[PART_BYTES:]).hexdigest()},
        {"number": 1, "sha256": hashlib.sha256(LARGE[:PART_BYTES]).hexdigest()},
    ]
    assert ada.commit(ticket, parts=parts).json["sha256"] == digest
    other = ada.begin(LARGE)
    put(other, LARGE)
    refused = ada.commit(other, parts=[{"number": 2, "sha256": digest}])
    assert (refused.status_code, refused.json["code"]) == (422, "CHECKSUM_MISMATCH")
    assert s3.kept() == {f"files/{ticket['key']}"}


@pytest.mark.parametrize("content", [b"<p>hello", b"<p>" + LARGE], ids=["small", "in parts"])
def test_a_file_that_is_not_what_was_announced_is_dropped(
    ada: Visitor, s3: Bucket, content: bytes
) -> None:
    for announced, code in (
        ({"content_type": "image/png"}, "FILE_TYPE_MISMATCH"),
        ({"sha256": hashlib.sha256(b"other").hexdigest()}, "CHECKSUM_MISMATCH"),
    ):
        ticket = ada.begin(content, **announced)
        put(ticket, content)
        refused = ada.commit(ticket)
        assert (refused.status_code, refused.json["code"]) == (422, code)
        assert ada.commit(ticket).status_code == 404
        assert s3.kept() == set()


def test_the_commit_waits_for_the_last_part(ada: Visitor) -> None:
    """And goes on from what has arrived."""
    ticket = ada.begin(LARGE)
    put(ticket | {"parts": ticket["parts"][:1]}, LARGE)
    refused = ada.commit(ticket)
    assert (refused.status_code, refused.json["code"]) == (409, "UPLOAD_INCOMPLETE")
    assert refused.json["missing"] == [2]
    again = ada.get(f"/files/upload/{ticket['key']}").json
    assert (again["arrived"], [part["number"] for part in again["parts"]]) == ([1], [2])
    put(again, LARGE)
    assert ada.commit(ticket).status_code == 200


def test_nothing_is_left_of_an_upload_that_was_called_off(ada: Visitor, s3: Bucket) -> None:
    for content in (b"hello", LARGE):
        ticket = ada.begin(content)
        put(ticket, content)
        assert ada.delete(f"/files/upload/{ticket['key']}").status_code == 204
        assert ada.commit(ticket).status_code == 404
    assert s3.kept() == set()


def test_the_sweep_leaves_nothing_that_no_file_is_of(
    ada: Visitor, s3_site: FilesSite, s3: Bucket
) -> None:
    """Neither of what expired, nor of what is sent to an address that outlived its upload."""
    expired, aborted, committed = ada.begin(LARGE), ada.begin(b"hello"), ada.begin(b"hello")
    put(expired | {"parts": expired["parts"][:1]}, LARGE)
    ada.delete(f"/files/upload/{aborted['key']}")
    put(committed, b"hello")
    assert ada.commit(committed).status_code == 200
    for ended in (aborted, committed):
        part = ended["parts"][0]
        assert requests.put(part["url"], data=b"other", timeout=30).status_code == 404
    assert len(s3.kept()) == 2
    s3_site.clock.advance(3 * 86_400)
    s3_site.sweep()
    s3_site.clock.advance(3 * 86_400)
    s3_site.sweep()
    assert s3.kept() == {f"files/{committed['key']}"}


def test_a_deleted_file_goes_from_the_store(ada: Visitor, s3_site: FilesSite, s3: Bucket) -> None:
    ticket = ada.begin(b"hello")
    put(ticket, b"hello")
    file = ada.commit(ticket).json
    assert ada.delete(f"/files/{file['id']}").status_code == 204
    assert ada.get(f"/files/{file['id']}/content").status_code == 404
    s3_site.clock.advance(3 * 86_400)
    s3_site.sweep()
    assert s3.kept() == set()


def test_a_scan_can_look_anywhere_in_the_file(make_s3_site: Callable[..., FilesSite]) -> None:
    seen = []

    def scan(file: files.File, content: Any) -> None:
        content.seek(-4, 2)
        seen.append(content.read())
        content.seek(0)
        seen.append(content.read(8))

    site = make_s3_site(policies={"file": FilePolicy(scan=scan)})
    ada = site.visitor("ada")
    ticket = ada.begin(PNG, content_type="image/png")
    put(ticket, PNG)
    assert ada.commit(ticket).status_code == 200
    assert seen == [PNG[-4:], PNG[:8]]


def test_the_server_keeps_files_there_too(s3_site: FilesSite, s3: Bucket) -> None:
    with s3_site.inside():
        made = {"name": "a.txt", "content_type": "text/plain", "owner": "ada", "purpose": "file"}
        file = files.store_file(b"made here", **made)
        with files.open_file(file) as content:
            assert content.read() == b"made here"
        assert s3.kept() == {f"files/{file.key}"}


def test_a_store_that_is_away_is_a_503_and_heals(ada: Visitor, s3: Bucket) -> None:
    """For what needs it; the rest goes on."""
    small, large = ada.begin(b"hello"), ada.begin(LARGE)
    put(small, b"hello")
    put(large, LARGE)
    s3.server.stop()
    try:
        for answer in (
            ada.presign(LARGE),
            ada.commit(small),
            ada.commit(large),
            ada.get(f"/files/upload/{large['key']}"),
        ):
            assert (answer.status_code, answer.json["code"]) == (503, "SERVICE_UNAVAILABLE")
            assert answer.headers["Retry-After"]
        assert ada.get("/files").json["items"] == []
        assert len(ada.get("/files/upload").json["items"]) == 2
    finally:
        s3.server.start()
    assert ada.commit(small).status_code == 200
    assert ada.commit(large).status_code == 200
    assert ada.presign(LARGE).status_code == 201


def test_without_boto3_it_is_said_which_extra_to_install(
    make_s3_site: Callable[..., FilesSite], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flask_dovetail.files.stores.s3.store.find_spec", lambda _: None)
    with pytest.raises(MissingExtraError, match=r"flask-dovetail\[s3\]"):
        make_s3_site()


def test_boto3_waits_for_its_first_use() -> None:
    """It takes longer to import than all else."""
    program = (
        "import sys, flask_dovetail.files.stores.s3.store as s, flask_dovetail.files.config as c;"
        "s.S3Store(c.FileSettings(store='s3', s3_bucket='b'));"
        "sys.exit('botocore' in sys.modules or 'boto3' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_a_store_that_is_away_makes_readiness_red(s3: Bucket, tmp_path: Path) -> None:
    """With the whole extension started."""
    app = Flask(__name__, instance_path=str(tmp_path))
    app.config.update(s3.config, SECRET_KEY="a key that is long enough to be one")
    people = {"authenticate": lambda _: None, "load_identity": lambda _: None}
    Dovetail(**people, files={"file": FilePolicy()}).init_app(app)
    client = app.test_client()

    def becomes(state: str) -> bool:
        """A slow machine may need more than one probe: importing boto3 alone can take a while."""
        deadline = monotonic() + 60
        while client.get("/readyz").json["checks"]["files"] != state:
            if monotonic() > deadline:
                return False
        return True

    assert becomes("ok")
    s3.server.stop()
    try:
        assert becomes("failed")
    finally:
        s3.server.start()
    assert becomes("ok")
