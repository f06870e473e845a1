"""Content types: how they are written, who takes them, and which are let near a page."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flask_dovetail.files.rules import types

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
ZIP_OF_WINDOWS = "application/x-zip-compressed"


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("image/png", "image/png"),
        ("Image/PNG", "image/png"),
        (" text/plain ; charset=utf-8", "text/plain"),
        ("application/vnd.api+json", "application/vnd.api+json"),
        ("", None),
        ("image", None),
        ("image/", None),
        ("/png", None),
        ("image/*", None),
        ("*/*", None),
        ("image/png/x", None),
        ("image/p ng", None),
        ("text/plain\r\nX: y", None),
        ("text/pla\u0131n", None),
        ("text/" + "x" * 123, None),
    ],
)
def test_a_content_type_is_kept_in_one_spelling_or_refused(written: str, kept: str | None) -> None:
    assert types.normalise(written) == kept


@given(st.text())
def test_normal_types_are_safe_in_a_header(written: str) -> None:
    kept = types.normalise(written)
    assert kept is None or (kept.isascii() and kept.isprintable() and types.normalise(kept) == kept)


@pytest.mark.parametrize(
    ("patterns", "taken"),
    [
        (("*/*",), True),
        (("image/*",), True),
        (("text/plain", "IMAGE/PNG"), True),
        (("image/jpeg",), False),
        (("text/*",), False),
        ((), False),
    ],
)
def test_a_pattern_is_one_type_or_all_of_a_kind(patterns: tuple[str, ...], taken: bool) -> None:
    assert types.is_allowed("image/png", patterns) is taken


@pytest.mark.parametrize(
    "content_type",
    [
        "text/html",
        "application/xhtml+xml",
        "image/svg+xml",
        "text/xml",
        "application/xml",
        "application/pdf",
        "text/javascript",
        "text/css",
        "application/octet-stream",
        "application/x-unknown",
        "image/x-unknown",
    ],
)
def test_only_what_a_browser_cannot_run_is_shown_inline(content_type: str) -> None:
    assert not types.is_inert(content_type)


@pytest.mark.parametrize(
    "content_type",
    [
        "text/javascript",
        "application/javascript",
        "application/x-javascript",
        "text/ecmascript",
        "text/javascript1.5",
        "text/jscript",
        "text/css",
        "text/html",
        "application/xhtml+xml",
        "text/xml",
        "application/xml",
        "application/rss+xml",
        "application/wasm",
    ],
)
def test_no_page_can_load_a_file_as_its_script_or_style(content_type: str) -> None:
    """`<script src>` ignores Content-Disposition; with nosniff it does not ignore this."""
    assert types.neutralise(content_type) == "application/octet-stream"


def test_pictures_and_documents_are_sent_as_what_they_are() -> None:
    for content_type in ("image/png", "image/svg+xml", "application/pdf", "application/json"):
        assert types.neutralise(content_type) == content_type
    assert types.neutralise("text/plain") == "text/plain; charset=utf-8"


def test_all_that_is_inert_is_in_its_normal_spelling() -> None:
    assert {types.normalise(each) for each in types.INERT} == types.INERT


@pytest.mark.parametrize(
    ("declared", "pattern"),
    [
        ("application/x-zip-compressed", "application/zip"),
        ("application/zip", "application/x-zip-compressed"),
        ("application/x-zip-compressed", "Application/X-ZIP-Compressed"),
        ("image/jpg", "image/jpeg"),
        ("image/heif", "image/heic"),
        ("audio/mp3", "audio/mpeg"),
        ("audio/x-m4a", "audio/m4a"),
        ("audio/vnd.dlna.adts", "audio/aac"),
        ("application/photoshop", "image/*"),
        ("text/xml", "text/*"),
        ("text/xml", "application/xml"),
        ("application/x-pdf", "application/pdf"),
        ("text/x-csv", "text/csv"),
        ("application/x-javascript", "text/javascript"),
    ],
)
def test_a_type_by_another_of_its_names_is_the_same_type(declared: str, pattern: str) -> None:
    assert types.is_allowed(declared, (pattern,))


def test_synonyms_are_normal_and_lead_to_one_name() -> None:
    for other, name in types._CANONICAL.items():
        assert types.normalise(other) == other
        assert types.normalise(name) == name
        assert types.canonical(name) == name
    assert all(types.normalise(each) == each for each in types._BY_EXTENSION.values())
    assert all(types.canonical(each) == each for each in types._BY_EXTENSION.values())


@pytest.mark.parametrize(
    ("declared", "name", "patterns", "accepted"),
    [
        ("application/octet-stream", "IMG_0001.HEIC", ("image/*",), "image/heic"),
        ("application/octet-stream", "a.docx", (DOCX,), DOCX),
        ("application/octet-stream", "notes.md", ("text/*",), "text/markdown"),
        ("application/vnd.ms-excel", "table.csv", ("text/csv",), "text/csv"),
        ("video/mp2t", "main.ts", ("text/*",), "text/x-typescript"),
        ("application/octet-stream", "IMG.HEIC", ("*/*",), "application/octet-stream"),
        ("application/x-zip-compressed", "a.zip", ("application/zip",), ZIP_OF_WINDOWS),
        ("application/octet-stream", "IMG.HEIC", ("image/png",), None),
        ("application/octet-stream", "heic", ("text/*",), None),
        ("application/octet-stream", "program.exe", ("image/*",), None),
        ("text/html", "a.png", ("image/*",), None),
        ("image/png", "a.pdf", ("application/pdf",), None),
    ],
)
def test_the_extension_decides_where_a_browser_knew_no_type(
    declared: str, name: str, patterns: tuple[str, ...], accepted: str | None
) -> None:
    assert types.accepted_as(declared, name, patterns) == accepted
