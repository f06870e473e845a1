"""Committing: nothing that a client says is believed, and again is the same."""

from __future__ import annotations

import io
import secrets
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier, Event
from typing import Any, BinaryIO

import pytest

from flask_dovetail import File, FilePolicy, Identity, Upload
from flask_dovetail.problems import FileRejected, Problem, ServiceUnavailable
from support.files_site import FilesSite, MakeSite, Visitor, sha256

PART = 64 * 1024
SMALL_PARTS = {"DOVETAIL_FILES_PART_BYTES": PART}
BYTES = {"content_type": "application/octet-stream"}
PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)


def refused(visitor: Visitor, ticket: dict[str, Any], status: int, code: str, **sent: Any) -> Any:
    """What a commit is answered with that makes nothing visible."""
    answer = visitor.commit(ticket, **sent)
    assert (answer.status_code, answer.json["code"]) == (status, code), answer.text
    assert visitor.get("/files").json["items"] == []
    return answer.json


def assert_gone(visitor: Visitor, ticket: dict[str, Any]) -> None:
    """The upload has ended, and nothing is left of its bytes."""
    assert visitor.get(f"/files/upload/{ticket['key']}").status_code == 404
    assert visitor.commit(ticket).status_code == 404
    assert visitor.site.kept() == set()


@pytest.fixture
def many(make_any_site: Callable[..., FilesSite]) -> Visitor:
    """Ada, on a site of small parts, on each kind of database."""
    return make_any_site(**SMALL_PARTS).visitor()


def test_committing_again_gives_the_same_file(many: Visitor) -> None:
    ticket = many.sent()
    first = many.commit(ticket)
    assert first.status_code == 200
    assert first.json["sha256"] == sha256(b"hello")
    for _ in range(2):
        again = many.commit(ticket)
        assert (again.status_code, again.json) == (200, first.json)
    assert len(many.get("/files").json["items"]) == 1


def test_committing_from_many_places_at_once_gives_one_file(many: Visitor) -> None:
    content = secrets.token_bytes(3 * PART)
    ticket = many.sent(content, **BYTES)
    visitors = [many.site.visitor() for _ in range(8)]
    barrier = Barrier(len(visitors))

    def commit(visitor: Visitor) -> Any:
        barrier.wait()
        return visitor.commit(ticket)

    with ThreadPoolExecutor(len(visitors)) as pool:
        answers = list(pool.map(commit, visitors))
    assert [answer.status_code for answer in answers] == [200] * len(visitors)
    assert len({answer.json["id"] for answer in answers}) == 1
    (file,) = many.get("/files").json["items"]
    assert many.read(file) == content


@pytest.mark.parametrize("_round", range(4))
def test_commit_and_abort_race_has_one_winner(many: Visitor, _round: int) -> None:
    """Either there is a file with every byte, or there is nothing at all."""
    content = secrets.token_bytes(2 * PART)
    ticket = many.sent(content, **BYTES)
    visitors = [many.site.visitor() for _ in range(6)]
    barrier = Barrier(len(visitors))

    def act(number: int) -> Any:
        visitor = visitors[number]
        barrier.wait()
        if number % 2:
            return visitor.delete(f"/files/upload/{ticket['key']}")
        return visitor.commit(ticket)

    with ThreadPoolExecutor(len(visitors)) as pool:
        answers = list(pool.map(act, range(len(visitors))))
    assert {answer.status_code for answer in answers[1::2]} == {204}
    commits = {answer.status_code for answer in answers[::2]}
    items = many.get("/files").json["items"]
    if items:
        assert commits == {200}
        assert many.read(items[0]) == content
    else:
        assert commits == {404}
        assert many.site.kept() == set()


def test_a_commit_before_the_last_byte_says_what_is_missing(many: Visitor) -> None:
    content = secrets.token_bytes(3 * PART)
    ticket = many.begin(content, **BYTES)
    assert many.put(ticket["parts"][1], content[PART : 2 * PART]).status_code == 204
    assert refused(many, ticket, 409, "UPLOAD_INCOMPLETE")["missing"] == [1, 3]
    many.send(many.get(f"/files/upload/{ticket['key']}").json, content)
    assert many.read(many.commit(ticket).json) == content


def test_parts_may_come_in_any_order_and_more_than_once(many: Visitor) -> None:
    content = secrets.token_bytes(2 * PART + 7)
    ticket = many.begin(content, sha256=sha256(content), **BYTES)
    third, second, first = ticket["parts"][::-1]
    assert many.put(third, content[2 * PART :]).status_code == 204
    assert many.put(second, bytes(PART)).status_code == 204
    assert many.put(first, content[:PART]).status_code == 204
    assert many.put(second, content[PART : 2 * PART]).status_code == 204
    sums = [
        {"number": number, "sha256": sha256(content[(number - 1) * PART : number * PART])}
        for number in (2, 3, 1)
    ]
    file = many.commit(ticket, parts=sums).json
    assert (file["size"], file["sha256"]) == (len(content), sha256(content))
    assert many.read(file) == content


def test_the_checksum_of_the_whole_is_held_to_what_arrived(many: Visitor) -> None:
    content = secrets.token_bytes(2 * PART)
    ticket = many.sent(content, sha256=sha256(b"something else"), **BYTES)
    refused(many, ticket, 422, "CHECKSUM_MISMATCH")
    assert_gone(many, ticket)


def test_the_checksum_of_a_part_is_held_to_what_arrived(many: Visitor) -> None:
    content = secrets.token_bytes(2 * PART)
    ticket = many.sent(content, **BYTES)
    wrong = [{"number": 2, "sha256": sha256(b"something else")}]
    refused(many, ticket, 422, "CHECKSUM_MISMATCH", parts=wrong)
    assert_gone(many, ticket)


@pytest.mark.parametrize(
    ("numbers", "place"),
    [
        ([3], "/body/parts/0/number"),
        ([1, 1], "/body/parts/1/number"),
        ([0], "/body/parts/0/number"),
        ([-1], "/body/parts/0/number"),
        ([2**31], "/body/parts/0/number"),
    ],
)
def test_parts_that_the_upload_does_not_have_are_refused_and_cost_nothing(
    ada: Visitor, numbers: list[int], place: str
) -> None:
    """Whoever mixes up two uploads still has both."""
    ticket = ada.sent()
    sums = [{"number": number, "sha256": sha256(b"hello")} for number in numbers]
    said = refused(ada, ticket, 422, "VALIDATION_FAILED", parts=sums)
    if numbers != [3]:
        assert place in [error["pointer"] for error in said["errors"]]
    assert ada.commit(ticket).status_code == 200


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"key": None},
        {"key": "a" * 44},
        {"key": "a", "parts": {}},
        {"key": "a", "parts": [{"number": 1}]},
        {"key": "a", "parts": [{"number": 1, "sha256": "x"}]},
        {"key": "a", "parts": [{"number": 1, "sha256": "0" * 64}] * 10_001},
        {"key": "a", "size": 5},
    ],
    ids=lambda value: repr(value)[:40],
)
def test_a_commit_of_another_form_is_refused(ada: Visitor, sent: Any) -> None:
    answer = ada.post("/files/upload/commit", json=sent)
    assert (answer.status_code, answer.json["code"]) == (422, "VALIDATION_FAILED")


def test_an_address_of_one_upload_sends_to_no_other(ada: Visitor) -> None:
    mine, other = ada.begin(b"first"), ada.begin(b"other")
    crossed = dict(mine["parts"][0])
    crossed["url"] = crossed["url"].replace(mine["key"], other["key"])
    answer = ada.put(crossed, b"wrong")
    assert (answer.status_code, answer.json["code"]) == (403, "INVALID_UPLOAD_URL")
    for ticket in (mine, other):
        assert ada.get(f"/files/upload/{ticket['key']}").json["arrived"] == []


def test_somebody_elses_upload_cannot_be_committed(many: Visitor) -> None:
    """Not by guessing, not with the ticket in hand; and the owner still can."""
    ticket = many.sent()
    bob = many.site.visitor("bob")
    assert refused(bob, ticket, 404, "NOT_FOUND")
    assert many.commit(ticket).status_code == 200
    assert refused(bob, ticket, 404, "NOT_FOUND")


def test_an_unknown_key_is_not_there(ada: Visitor) -> None:
    for key in ("", "a", "../../etc/passwd", "a" * 32, "\u202e"):
        refused(ada, {"key": key}, 404, "NOT_FOUND")


def test_a_program_under_another_name_is_refused(ada: Visitor) -> None:
    for content, content_type in (
        (b"\x7fELF" + bytes(200), "image/png"),
        (b"MZ" + bytes(58) + b"\x40\0\0\0PE\0\0" + bytes(64), "application/pdf"),
        (b"<!doctype html><script>alert(1)</script>", "image/jpeg"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "text/plain"),
    ):
        ticket = ada.sent(content, content_type=content_type, name="holiday.png")
        refused(ada, ticket, 422, "FILE_TYPE_MISMATCH")
        assert_gone(ada, ticket)


def test_harmless_file_under_another_name_is_accepted(ada: Visitor) -> None:
    for content, content_type in ((PNG, "image/jpeg"), (b"", "image/png"), (b"a\0b", "text/plain")):
        assert ada.upload(content, content_type=content_type)["content_type"] == content_type


def test_file_of_its_declared_type_is_accepted(ada: Visitor) -> None:
    assert ada.upload(PNG, content_type="image/png", name="a.png")["content_type"] == "image/png"


def test_the_scan_sees_the_bytes_before_anybody_else_does(make_site: MakeSite) -> None:
    seen: list[tuple[str, bytes, bool]] = []

    def scan(file: File, content: BinaryIO) -> None:
        with site.inside() as known:
            seen.append((file.name, content.read(), known.rows.find_file(file.id) is not None))

    site = make_site(policies={"file": FilePolicy(scan=scan)})
    site.visitor().upload(b"hello")
    assert seen == [("note.txt", b"hello", False)]


class Virus(Problem, code="VIRUS", status=422, title="A virus"):
    """The scanner of a test found one."""


@pytest.mark.parametrize("problem", [FileRejected, Virus])
def test_scan_refusal_drops_the_bytes_at_once(make_site: MakeSite, problem: type[Problem]) -> None:
    def scan(file: File, content: BinaryIO) -> None:
        raise problem("It holds what it must not.")

    ada = make_site(policies={"file": FilePolicy(scan=scan, problems=(Virus,))}).visitor()
    ticket = ada.sent()
    said = refused(ada, ticket, 422, problem.code)
    assert said["detail"] == "It holds what it must not."
    assert_gone(ada, ticket)


def test_a_scanner_that_is_away_costs_no_upload(make_site: MakeSite) -> None:
    away = [True]

    def scan(file: File, content: BinaryIO) -> None:
        if away:
            away.pop()
            raise ServiceUnavailable(retry_after=1)

    ada = make_site(policies={"file": FilePolicy(scan=scan)}).visitor()
    ticket = ada.sent()
    refused(ada, ticket, 503, "SERVICE_UNAVAILABLE")
    assert ada.commit(ticket).status_code == 200


def test_a_scanner_that_fails_costs_no_upload(make_site: MakeSite) -> None:
    fails = [True]

    def scan(file: File, content: BinaryIO) -> None:
        if fails:
            fails.pop()
            raise ZeroDivisionError

    site = make_site(policies={"file": FilePolicy(scan=scan)})
    site.app.testing = False
    ada = site.visitor()
    ticket = ada.sent()
    refused(ada, ticket, 500, "INTERNAL_ERROR")
    assert ada.commit(ticket).status_code == 200


def test_permission_is_asked_again_when_the_file_is_to_become_visible(make_site: MakeSite) -> None:
    allowed = {"ada"}

    def may_upload(upload: Upload, identity: Identity) -> bool:
        return identity.subject in allowed

    ada = make_site(policies={"file": FilePolicy(may_upload=may_upload)}).visitor()
    ticket = ada.sent()
    allowed.clear()
    refused(ada, ticket, 403, "FORBIDDEN")
    allowed.add("ada")
    assert ada.commit(ticket).status_code == 200


@pytest.mark.parametrize(
    ("stricter", "status", "code"),
    [
        (FilePolicy(max_bytes=4), 413, "FILE_TOO_LARGE"),
        (FilePolicy(types=("image/*",)), 422, "FILE_TYPE_NOT_ALLOWED"),
        (FilePolicy(quota_bytes=4), 409, "QUOTA_EXCEEDED"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_policy_of_now_counts_and_not_that_of_the_announcement(
    site: FilesSite, ada: Visitor, stricter: FilePolicy, status: int, code: str
) -> None:
    """A deployment may come between: the upload waits in case it was a mistake."""
    ticket = ada.sent()
    policies: Any = site.files.policies
    former = policies["file"]
    policies["file"] = stricter
    refused(ada, ticket, status, code)
    policies["file"] = former
    assert ada.commit(ticket).status_code == 200


def test_uploads_and_files_of_a_purpose_that_is_no_longer_known(
    site: FilesSite, ada: Visitor
) -> None:
    """Nobody adds one; what is there is its owner's alone."""
    file, ticket = ada.upload(purpose="other"), ada.sent(purpose="other")
    policies: Any = site.files.policies
    del policies["other"]
    refusal = ada.commit(ticket)
    assert (refusal.status_code, refusal.json["code"]) == (403, "FORBIDDEN")
    assert ada.get(f"/files/{file['id']}").json["name"] == "note.txt"
    assert site.visitor("bob").get(f"/files/{file['id']}").status_code == 404


def test_a_disabled_account_commits_nothing(site: FilesSite, ada: Visitor) -> None:
    ticket = ada.sent()
    site.people["ada"] = None
    assert ada.commit(ticket).status_code == 401


def test_bytes_of_another_size_than_announced_are_refused(
    site: FilesSite, ada: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the store believed of its parts."""
    ticket = ada.sent()
    monkeypatch.setattr(site.files.store, "size", lambda _: 6)
    refused(ada, ticket, 422, "PART_SIZE_MISMATCH")
    monkeypatch.undo()
    assert_gone(ada, ticket)


def test_bytes_are_read_where_the_store_computed_no_checksums(
    make_site: MakeSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = make_site(**SMALL_PARTS)
    ada = site.visitor()
    assemble = site.files.store.assemble
    monkeypatch.setattr(site.files.store, "assemble", lambda upload: assemble(upload) and None)
    content = secrets.token_bytes(2 * PART + 5)
    ticket = ada.sent(content, **BYTES)
    sums = [
        {"number": number, "sha256": sha256(content[(number - 1) * PART : number * PART])}
        for number in (1, 2, 3)
    ]
    file = ada.commit(ticket, parts=sums).json
    assert file["sha256"] == sha256(content)
    ada.delete(f"/files/{file['id']}")
    wrong = ada.sent(content, **BYTES)
    refused(ada, wrong, 422, "CHECKSUM_MISMATCH", parts=[sums[0] | {"number": 2}])


def test_a_deleted_file_does_not_come_back_by_its_upload(site: FilesSite, ada: Visitor) -> None:
    """And its bytes stay for who restores it."""
    ticket = ada.sent()
    file = ada.commit(ticket).json
    assert ada.delete(f"/files/{file['id']}").status_code == 204
    refused(ada, ticket, 404, "NOT_FOUND")
    assert ada.post(f"/files/{file['id']}/restore").status_code == 200
    assert ada.read(file) == b"hello"


def test_object_assembled_after_an_abort_is_dropped(
    site: FilesSite, ada: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bucket copies for a while: the copy may end after the upload has been called off."""
    ticket, other = ada.sent(), site.visitor()
    store = site.files.store
    assemble = store.assemble

    def assemble_late(upload: Upload) -> Any:
        digests = assemble(upload)
        assert other.delete(f"/files/upload/{upload.key}").status_code == 204
        store.save(upload.key, io.BytesIO(b"hello"), upload.content_type)
        return digests

    monkeypatch.setattr(store, "assemble", assemble_late)
    refused(ada, ticket, 404, "NOT_FOUND")
    assert site.kept() == set()


def test_a_refusal_does_not_take_the_file_of_a_commit_that_was_faster(make_site: MakeSite) -> None:
    nested = [True]

    def scan(file: File, content: BinaryIO) -> None:
        if nested:
            nested.pop()
            assert other.commit(ticket).status_code == 200
            raise FileRejected

    site = make_site(policies={"file": FilePolicy(scan=scan)})
    ada, other = site.visitor(), site.visitor()
    ticket = ada.sent()
    assert ada.commit(ticket).json["code"] == "FILE_REJECTED"
    (file,) = ada.get("/files").json["items"]
    assert ada.read(file) == b"hello"


@pytest.mark.limit("DOVETAIL_FILES_READS_AT_ONCE")
def test_only_so_many_uploads_are_read_through_at_once(make_site: MakeSite) -> None:
    """One is read, four wait; a commit beyond is told to come back, and loses nothing.

    Who fills the queue keeps nobody else out of it.
    """
    site = make_site(**SMALL_PARTS, DOVETAIL_FILES_READS_AT_ONCE=1)
    ada, bob = site.visitor("ada"), site.visitor("bob")
    content = secrets.token_bytes(2 * PART)
    ticket = ada.sent(content, **BYTES, sha256=sha256(content))
    of_bob = bob.sent(content, **BYTES, sha256=sha256(content))
    reads, done = site.files.reads, Event()

    def read() -> None:
        with suppress(ServiceUnavailable), reads.for_client("ada"):
            done.wait(30)

    with ThreadPoolExecutor(6) as pool:
        for _ in range(5):
            pool.submit(read)
        try:
            while len(reads._lines.get("ada", ())) < 4:  # one is in, the others wait
                time.sleep(0.01)
            beyond = ada.commit(ticket)
            assert (beyond.status_code, beyond.json["code"]) == (503, "SERVICE_UNAVAILABLE")
            assert int(beyond.headers["Retry-After"]) > 0
            assert bob.upload(b"read by nobody")  # its checksum came with its bytes
            welcome = pool.submit(bob.commit, of_bob)
            while "bob" not in reads._lines and not welcome.done():
                time.sleep(0.01)
        finally:
            done.set()
    assert welcome.result().status_code == 200
    assert ada.commit(ticket).status_code == 200
