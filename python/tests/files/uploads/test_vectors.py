"""Tickets of uploads and refusals on their way, as in the vectors that both halves read."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any, BinaryIO
from urllib.parse import urlsplit

import pytest

from flask_dovetail import File, FilePolicy
from flask_dovetail.files.stores.store import NoSpace
from flask_dovetail.problems import FileRejected, ServiceUnavailable
from support.files_site import MakeSite, Visitor
from support.wire_vectors import assert_answer, load

FILE = load("upload-tickets")
TICKETS = FILE["tickets"]
REFUSALS = FILE["refusals"]
ANNOUNCED = TICKETS[0]["announced"]
CONTENT = b"a" * ANNOUNCED["size"]
SMALL_PARTS = {"DOVETAIL_FILES_PART_BYTES": 64 * 1024}
S3_PARTS = {"DOVETAIL_FILES_PART_BYTES": 5 * 1024 * 1024}

S3Config = Callable[[], dict[str, Any]]


def announce(visitor: Visitor, announced: dict[str, Any] = ANNOUNCED) -> Any:
    return visitor.post("/files/upload/presign", json=announced)


def begun(visitor: Visitor) -> dict[str, Any]:
    ticket: dict[str, Any] = announce(visitor).json
    return ticket


@pytest.mark.parametrize("vector", TICKETS, ids=lambda vector: vector["case"])
def test_an_upload_travels_as_in_the_vectors_that_both_halves_read(
    make_site: MakeSite, request: pytest.FixtureRequest, vector: dict[str, Any]
) -> None:
    """Announced, found again where parts had arrived, sent and committed."""
    config: dict[str, Any] = SMALL_PARTS
    if vector["store"] == "s3":
        config = {**S3_PARTS, **request.getfixturevalue("s3_config")}
    ada = make_site(**config).visitor()
    announced = vector["announced"]
    varies = {**FILE["varies"], "url": FILE["urls"][vector["store"]]}
    answer = announce(ada, announced)
    ticket = answer.json
    content = b"a" * announced["size"]
    for part in ticket["parts"]:
        if part["number"] in vector["arrived"]:
            assert ada.put(part, b"a" * part["size"]).status_code == 204
    if vector["arrived"]:
        found = ada.get(f"/files/upload?fingerprint={announced['fingerprint']}")
        assert_answer(found, vector["found"], varies)
        answer = ada.get(f"/files/upload/{ticket['key']}")
    assert_answer(answer, vector["ticket"], varies)
    ada.send(answer.json, content)
    assert_answer(ada.commit(ticket, parts=vector["commit"]["parts"]), vector["file"], varies)


def expired_url(make_site: MakeSite, _s3: S3Config) -> Any:
    ada = make_site().visitor()
    ticket = begun(ada)
    ada.site.clock.advance(901)
    return ada.put(ticket["parts"][0], CONTENT)


def login_ended(make_site: MakeSite, _s3: S3Config) -> Any:
    ada = make_site().visitor()
    ticket = begun(ada)
    assert ada.post("/auth/logout").status_code == 204
    return ada.put(ticket["parts"][0], CONTENT)


def called_off(make_site: MakeSite, _s3: S3Config) -> Any:
    ada = make_site().visitor()
    ticket = begun(ada)
    assert ada.delete(f"/files/upload/{ticket['key']}").status_code == 204
    return ada.put(ticket["parts"][0], CONTENT)


def wrong_size(make_site: MakeSite, _s3: S3Config) -> Any:
    ada = make_site().visitor()
    return ada.put(begun(ada)["parts"][0], CONTENT + b"a")


def busy(make_site: MakeSite, _s3: S3Config) -> Any:
    """A part arrives while another one takes the only place."""
    ada = make_site(DOVETAIL_FILES_UPLOADS_AT_ONCE=1).visitor()
    first, second = begun(ada)["parts"][0], begun(ada)["parts"][0]
    answers = []

    class Body(io.BytesIO):
        def readinto(self, buffer: Any, /) -> int:
            if not answers:
                answers.append(ada.put(second, CONTENT))
            return super().readinto(buffer)

    path = urlsplit(first["url"])
    taken = ada.site.stranger().put(
        f"{path.path}?{path.query}", input_stream=Body(CONTENT), content_length=len(CONTENT)
    )
    assert taken.status_code == 204
    return answers[0]


def disk_full(make_site: MakeSite, _s3: S3Config) -> Any:
    ada = make_site().visitor()
    ticket = begun(ada)

    def receive(*_: Any) -> None:
        raise NoSpace

    ada.site.files.store.receive = receive  # type: ignore[attr-defined]
    return ada.put(ticket["parts"][0], CONTENT)


def refused_by_s3(make_site: MakeSite, s3: S3Config) -> Any:
    """The signature does not cover what is sent."""
    ada = make_site(**s3()).visitor()
    return ada.put(begun(ada)["parts"][0], CONTENT + b"a")


def too_large(make_site: MakeSite, _s3: S3Config) -> Any:
    return announce(make_site(policies={"file": FilePolicy(max_bytes=4)}).visitor())


def wrong_type(make_site: MakeSite, _s3: S3Config) -> Any:
    return announce(make_site(policies={"file": FilePolicy(types=("image/*",))}).visitor())


def quota(make_site: MakeSite, _s3: S3Config) -> Any:
    return announce(make_site(policies={"file": FilePolicy(quota_bytes=4)}).visitor())


def too_many(make_site: MakeSite, _s3: S3Config) -> Any:
    ada = make_site(DOVETAIL_FILES_UPLOADS_PER_HOUR=1).visitor()
    begun(ada)
    return announce(ada)


def status_unknown(make_site: MakeSite, _s3: S3Config) -> Any:
    ada = make_site().visitor()
    key = begun(ada)["key"]
    ada.delete(f"/files/upload/{key}")
    return ada.get(f"/files/upload/{key}")


def status_expired(make_site: MakeSite, _s3: S3Config) -> Any:
    ada = make_site().visitor()
    key = begun(ada)["key"]
    ada.site.clock.advance(86_400)
    return ada.site.visitor().get(f"/files/upload/{key}")


def incomplete(make_site: MakeSite, _s3: S3Config) -> Any:
    ada = make_site().visitor()
    return ada.commit(begun(ada))


def sent(visitor: Visitor) -> dict[str, Any]:
    ticket = begun(visitor)
    visitor.send(ticket, CONTENT)
    return ticket


def checksum(make_site: MakeSite, _s3: S3Config) -> Any:
    ada = make_site().visitor()
    return ada.commit(sent(ada), parts=[{"number": 1, "sha256": "0" * 64}])


def other_content(make_site: MakeSite, _s3: S3Config) -> Any:
    ada = make_site().visitor()
    ticket = announce(ada, {**ANNOUNCED, "content_type": "image/png"}).json
    ada.send(ticket, b"<html>".ljust(len(CONTENT)))
    return ada.commit(ticket)


def rejected(make_site: MakeSite, _s3: S3Config) -> Any:
    def scan(_file: File, _content: BinaryIO) -> None:
        raise FileRejected("It holds what it must not.")

    ada = make_site(policies={"file": FilePolicy(scan=scan)}).visitor()
    return ada.commit(sent(ada))


def scanner_away(make_site: MakeSite, _s3: S3Config) -> Any:
    def scan(_file: File, _content: BinaryIO) -> None:
        raise ServiceUnavailable(retry_after=1)

    ada = make_site(policies={"file": FilePolicy(scan=scan)}).visitor()
    return ada.commit(sent(ada))


def commit_unknown(make_site: MakeSite, _s3: S3Config) -> Any:
    ada = make_site().visitor()
    ticket = sent(ada)
    ada.delete(f"/files/upload/{ticket['key']}")
    return ada.commit(ticket)


def commit_expired(make_site: MakeSite, _s3: S3Config) -> Any:
    ada = make_site().visitor()
    ticket = sent(ada)
    ada.site.clock.advance(86_400)
    return ada.site.visitor().commit(ticket)


CASES: dict[str, Callable[[MakeSite, S3Config], Any]] = {
    "too-large": too_large,
    "wrong-type": wrong_type,
    "quota": quota,
    "too-many": too_many,
    "expired-url": expired_url,
    "login-ended": login_ended,
    "called-off": called_off,
    "refused-by-s3": refused_by_s3,
    "busy": busy,
    "wrong-size": wrong_size,
    "disk-full": disk_full,
    "status-unknown": status_unknown,
    "status-expired": status_expired,
    "incomplete": incomplete,
    "scanner-away": scanner_away,
    "commit-unknown": commit_unknown,
    "commit-expired": commit_expired,
    "checksum": checksum,
    "other-content": other_content,
    "rejected": rejected,
}


def test_every_refusal_of_the_vectors_is_provoked_here() -> None:
    assert [vector["case"] for vector in REFUSALS] == list(CASES)


@pytest.mark.parametrize("vector", REFUSALS, ids=lambda vector: vector["case"])
def test_an_upload_is_refused_as_in_the_vectors_that_both_halves_read(
    make_site: MakeSite, request: pytest.FixtureRequest, vector: dict[str, Any]
) -> None:
    answer = CASES[vector["case"]](make_site, lambda: request.getfixturevalue("s3_config"))

    assert_answer(answer, vector["answer"], vector.get("varies", {}))
