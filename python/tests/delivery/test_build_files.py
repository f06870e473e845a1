"""Files of a build: their types, the index of a folder, and ranges as those of uploaded files."""

from __future__ import annotations

import re
from datetime import timedelta
from email.utils import format_datetime, parsedate_to_datetime
from typing import TYPE_CHECKING

import pytest

from flask_dovetail.delivery import rules
from flask_dovetail.delivery.build import IN_MEMORY_BYTES

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import MakeApp


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        (".well-known/apple-app-site-association", "application/json"),
        ("apple-app-site-association", "application/json"),
        (".well-known/webauthn", "application/json"),
        (".well-known/matrix/server", "application/json"),
        ("webauthn", "application/octet-stream"),
        ("a.mov", "video/quicktime"),
        ("a.opus", "audio/ogg"),
        ("a.m3u8", "application/vnd.apple.mpegurl"),
        ("a.geojson", "application/geo+json"),
        ("a.apng", "image/apng"),
        ("a.cjs", "text/javascript; charset=utf-8"),
    ],
)
def test_type_of_a_file(path: str, kind: str) -> None:
    assert rules.media_type(path) == kind


def test_folder_answers_with_its_own_index(make_app: MakeApp, spa: Path) -> None:
    (spa / "ko").mkdir()
    (spa / "ko" / "index.html").write_text("<title>Korean</title>")
    client = make_app().test_client()
    page = client.get("/ko/")
    assert page.text == client.get("/ko/index.html").text == "<title>Korean</title>"
    assert "script-src" in page.headers["Content-Security-Policy"]
    assert "Korean" not in client.get("/").text
    assert "Korean" not in client.get("/ko/other").text


@pytest.fixture(params=["in memory", "on the disk"])
def data(request: pytest.FixtureRequest, spa: Path) -> bytes:
    """The content of /film.mp4."""
    content = bytes(range(256)) * (8 if request.param == "in memory" else IN_MEMORY_BYTES // 200)
    (spa / "film.mp4").write_bytes(content)
    return content


def test_several_ranges_are_sent_as_parts(make_app: MakeApp, data: bytes) -> None:
    answer = (
        make_app()
        .test_client()
        .get("/film.mp4", headers={"Range": "bytes=0-1, 1000-1003"}, buffered=True)
    )
    assert answer.status_code == 206
    kind = re.fullmatch(r"multipart/byteranges; boundary=(\w+)", answer.headers["Content-Type"])
    assert kind is not None
    parts = answer.data.split(f"--{kind[1]}".encode())
    assert [part.partition(b"\r\n\r\n")[2] for part in parts[1:-1]] == [
        data[:2] + b"\r\n",
        data[1000:1004] + b"\r\n",
    ]
    assert answer.content_length == len(answer.data)


@pytest.mark.parametrize(
    "header", ["bytes=5-2", "bytes=-", "lines=0-1", "bytes=a-b", "bytes=0-,0-"]
)
def test_odd_range_gets_the_whole_file(make_app: MakeApp, data: bytes, header: str) -> None:
    answer = make_app().test_client().get("/film.mp4", headers={"Range": header}, buffered=True)
    assert (answer.status_code, answer.data) == (200, data)


def test_ranges_are_tied_to_one_version_by_a_strong_tag_or_the_date(
    make_app: MakeApp, data: bytes
) -> None:
    client = make_app().test_client()
    whole = client.head("/film.mp4")
    assert (whole.content_length, whole.data) == (len(data), b"")
    modified = whole.headers["Last-Modified"]
    later = format_datetime(parsedate_to_datetime(modified) + timedelta(days=1), usegmt=True)
    for if_range, status in (
        (whole.headers["ETag"], 206),
        (f"W/{whole.headers['ETag']}", 200),
        (modified, 206),
        (later, 200),
        ('"other"', 200),
    ):
        headers = {"Range": "bytes=2-3", "If-Range": if_range}
        answer = client.get("/film.mp4", headers=headers, buffered=True)
        assert (answer.status_code, answer.data) == (
            status,
            data[2:4] if status == 206 else data,
        ), if_range


def test_conditions_hold_in_their_order(make_app: MakeApp, data: bytes) -> None:
    client = make_app().test_client()
    tag = client.head("/film.mp4").headers["ETag"]
    for headers, status in (
        ({"If-None-Match": f"W/{tag}"}, 304),
        ({"If-Match": f"W/{tag}"}, 412),
        ({"If-Match": tag, "If-None-Match": "*"}, 304),
        ({"Range": f"bytes={len(data)}-"}, 416),
    ):
        assert client.get("/film.mp4", headers=headers, buffered=True).status_code == status
