"""What a person of the starter may upload, and how much of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from flask import Flask

from app import create_app, files
from starter_support.images import photo
from starter_support.settings import PASSWORD, settings_for
from starter_support.visitor import Visitor

MIB = 1024 * 1024


@pytest.fixture
def app(prepared: Path, app: Flask) -> Flask:
    """Where everybody has room for 1 MiB."""
    folder = Path(app.config["STARTER_DATA_FOLDER"])
    return create_app(settings_for(folder) | {"STARTER_FILES_QUOTA_MB": 1})


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", "application/octet-stream"),
        (b"PK\x05\x06" + bytes(18), "application/zip"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml"),
        (b"MZ" + bytes(400), "application/octet-stream"),
        (photo("image/avif"), "image/avif"),
    ],
)
def test_files_of_any_kind_are_taken(member: Visitor, content: bytes, kind: str) -> None:
    made = member.upload(content, kind)
    assert made.status_code == 200, made.text
    assert member.get("/files").json["items"] == [made.json]
    assert member.get(f"/files/{made.json['id']}/content", buffered=True).data == content


def test_a_file_is_its_owners_alone(member: Visitor, staff: Visitor, visitor: Visitor) -> None:
    file_id = member.upload(b"mine", "text/plain").json["id"]
    assert staff.get("/files").json["items"] == []
    for other in (staff, visitor):
        refused = other.get(f"/files/{file_id}/content")
        assert (refused.status_code, refused.json["code"]) == (404, "NOT_FOUND")


def test_nobody_fills_the_disk_with_uploads_of_no_bytes(member: Visitor) -> None:
    announced = {"name": "a", "content_type": "image/png", "size": 0, "purpose": files.AVATAR}
    begun = [
        member.post("/files/upload/presign", announced).status_code
        for _ in range(files.MOST_AVATARS)
    ]
    assert set(begun) == {201}
    refused = member.post("/files/upload/presign", announced)
    assert refused.json["code"] == "QUOTA_EXCEEDED"


def test_a_person_has_the_room_that_the_environment_says(app: Flask, member: Visitor) -> None:
    assert member.upload(bytes(MIB - 10), "application/octet-stream").status_code == 200
    refused = member.upload(bytes(11), "application/octet-stream")
    assert (refused.status_code, refused.json["code"]) == (409, "QUOTA_EXCEEDED")
    assert member.upload(bytes(10), "application/octet-stream").status_code == 200
    somebody_else = Visitor(app).sign_in("staff@example.com", PASSWORD)
    assert somebody_else.upload(bytes(11), "application/octet-stream").status_code == 200


def test_pictures_of_oneself_have_room_of_their_own(member: Visitor) -> None:
    member.upload(bytes(MIB), "application/octet-stream")
    assert member.upload(photo(), "image/jpeg", "avatar").status_code == 200


@pytest.mark.parametrize("kind", ["image/gif", "image/svg+xml", "text/html", "application/pdf"])
def test_only_photos_are_pictures_of_oneself(member: Visitor, kind: str) -> None:
    refused = member.upload(b"GIF89a", kind, "avatar")
    assert (refused.status_code, refused.json["code"]) == (422, "FILE_TYPE_NOT_ALLOWED")


def test_a_picture_of_oneself_has_10_mib(member: Visitor) -> None:
    announced = {"name": "a", "content_type": "image/png", "purpose": "avatar"}
    for size, status in ((10 * MIB, 201), (10 * MIB + 1, 413)):
        answer = member.post("/files/upload/presign", {**announced, "size": size})
        assert answer.status_code == status


def test_an_unknown_purpose_is_refused(member: Visitor) -> None:
    refused = member.upload(b"", "text/plain", "payroll")
    assert (refused.status_code, refused.json["code"]) == (422, "VALIDATION_FAILED")


def test_the_checksums_of_every_part_are_taken_though_other_bodies_are_short(
    app: Flask, member: Visitor
) -> None:
    parts = [{"number": number, "sha256": "0" * 64} for number in range(1, 10_001)]
    assert len(json.dumps(parts)) > 10 * app.config["MAX_CONTENT_LENGTH"]
    answer = member.post("/files/upload/commit", {"key": "a" * 32, "parts": parts})
    assert (answer.status_code, answer.json["code"]) == (404, "NOT_FOUND")
