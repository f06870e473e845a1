"""Sniffing: real beginnings of files pass, disguises do not, and no bytes are too odd for it."""

from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flask_dovetail.files.rules import sniff, types

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00"
GIF = b"GIF89a\x01\x00\x01\x00"
WEBP = b"RIFF\x24\x00\x00\x00WEBPVP8 "
AVIF = b"\x00\x00\x00\x1cftypavif\x00\x00\x00\x00avifmif1miaf"
AVIF_BY_COMPATIBILITY = b"\x00\x00\x00\x1cftypmif1\x00\x00\x00\x00avifmif1miaf"
HEIC = b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00heicmif1"
MP4 = b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isommp41"
MOV = b"\x00\x00\x00\x14ftypqt  \x00\x00\x00\x00qt  "
OLD_MOV = b"\x00\x00\x10\x00moov\x00\x00\x00lmvhd"
WEBM = b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01"
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
ELF = b"\x7fELF\x02\x01\x01\x00"
PE = b"MZ\x90\x00\x03\x00\x00\x00\x04\x00"
MACH_O = b"\xcf\xfa\xed\xfe\x07\x00\x00\x01"
JAVA_CLASS = b"\xca\xfe\xba\xbe\x00\x00\x00\x34"
WASM = b"\x00asm\x01\x00\x00\x00"
SHELL = b"#!/bin/sh\necho hello\n"
HTML = b"<!DOCTYPE html><html><script>alert(1)</script>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
XML = b'<?xml version="1.0"?><note/>'

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ODT = "application/vnd.oasis.opendocument.text"
EPUB = "application/epub+zip"
JAR = "application/java-archive"
APK = "application/vnd.android.package-archive"


def packed(*names: str, mimetype: str | None = None) -> bytes:
    """A ZIP with those members."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        if mimetype is not None:
            archive.writestr(zipfile.ZipInfo("mimetype"), mimetype)
        for name in names:
            archive.writestr(zipfile.ZipInfo(name), f"<{name}>" * 9, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def mismatch(declared: str, content: bytes) -> str | None:
    """As the lifecycle asks it."""
    return sniff.mismatch(declared, content[: sniff.HEAD_BYTES], content[-sniff.TAIL_BYTES :])


@pytest.mark.parametrize(
    ("declared", "content"),
    [
        ("image/png", PNG),
        ("image/jpeg", JPEG),
        ("image/jpg", JPEG),
        ("image/gif", GIF),
        ("image/webp", WEBP),
        ("image/avif", AVIF),
        ("image/avif", AVIF_BY_COMPATIBILITY),
        ("image/heic", HEIC),
        ("image/heif", HEIC),
        ("image/bmp", b"BM\x46\x00\x00\x00\x00\x00\x00\x00\x36\x00"),
        ("image/tiff", b"II*\x00\x08\x00\x00\x00"),
        ("image/x-icon", b"\x00\x00\x01\x00\x01\x00"),
        ("image/svg+xml", SVG),
        ("image/svg+xml", b'<?xml version="1.0"?>\n<!-- made -->\n<!DOCTYPE svg>\n' + SVG),
        ("image/svg+xml", b'\xef\xbb\xbf<svg:svg xmlns:svg="x"/>'),
        ("image/svg+xml", b"<?xml version='1.0'?><!--" + b"long " * 2000),
        ("audio/mpeg", b"ID3\x04\x00\x00"),
        ("audio/mpeg", b"\xff\xfb\x90\x64"),
        ("audio/aac", b"\xff\xf1\x50\x80"),
        ("audio/wav", b"RIFF\x24\x00\x00\x00WAVEfmt "),
        ("audio/flac", b"fLaC\x00\x00"),
        ("audio/ogg", b"OggS\x00\x02"),
        ("audio/mp4", MP4),
        ("audio/x-m4a", MP4),
        ("audio/amr", b"#!AMR\n"),
        ("audio/aiff", b"FORM\x00\x00\x00\x10AIFFCOMM"),
        ("video/mp4", MP4),
        ("video/quicktime", MOV),
        ("video/quicktime", OLD_MOV),
        ("video/webm", WEBM),
        ("video/x-matroska", WEBM),
        ("video/x-msvideo", b"RIFF\x24\x00\x00\x00AVI LIST"),
        ("application/pdf", PDF),
        ("application/pdf", b"\n\n" + PDF),
        ("application/zip", packed("a.txt")),
        ("application/zip", packed()),
        ("application/zip", packed("word/document.xml")),
        ("application/x-zip-compressed", packed("a.txt")),
        (DOCX, packed("[Content_Types].xml", "_rels/.rels", "word/document.xml")),
        (DOCX, packed("[Content_Types].xml")),
        (XLSX, packed("[Content_Types].xml", "xl/workbook.xml")),
        (ODT, packed("content.xml", mimetype=ODT)),
        (EPUB, packed("META-INF/container.xml", mimetype=EPUB)),
        (JAR, packed("META-INF/MANIFEST.MF", "A.class")),
        (APK, packed("AndroidManifest.xml", "META-INF/MANIFEST.MF")),
        ("application/gzip", b"\x1f\x8b\x08\x00"),
        ("application/x-7z-compressed", b"7z\xbc\xaf\x27\x1c\x00\x04"),
        ("application/vnd.rar", b"Rar!\x1a\x07\x01\x00"),
        ("application/x-tar", b"a.txt".ljust(257, b"\x00") + b"ustar\x0000"),
        ("application/msword", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
        ("application/vnd.ms-excel", b"name,age\nada,36\n"),
        ("text/plain", b"hello"),
        ("text/plain", b""),
        ("text/plain", "안녕 <b>하세요</b>".encode()),
        ("text/plain", "안녕".encode("euc-kr")),
        ("text/plain", "\ufeffhi".encode("utf-16-le")),
        ("text/plain", b"\x1b[31mred\x1b[0m"),
        ("text/plain", b"MZ,Mozambique\nID3,tag\n"),
        ("text/plain", b"<ada@example.com> wrote:"),
        ("text/csv", b"MZ,Mozambique\n"),
        ("text/markdown", b'<h1 align="center">Title</h1>\n'),
        ("text/html", HTML),
        ("text/xml", XML),
        ("text/javascript", SHELL.replace(b"/bin/sh", b"/usr/bin/env node")),
        ("text/x-python", b"#!/usr/bin/python3\n"),
        ("application/json", b'{"a": 1}'),
        ("application/xml", XML),
        ("application/octet-stream", PE),
        ("application/octet-stream", b""),
        ("application/x-msdownload", PE),
        ("application/x-sh", SHELL),
        ("application/x-unknown", HTML),
        ("image/x-canon-cr3", b"\x00\x00\x00\x18ftypcrx "),
        ("video/mp2t", b"G@\x00\x10"),
    ],
)
def test_content_of_its_declared_type_passes(declared: str, content: bytes) -> None:
    assert mismatch(declared, content) is None


@pytest.mark.parametrize(
    "declared",
    [
        "image/png",
        "image/jpeg",
        "image/svg+xml",
        "image/x-unknown",
        "audio/mpeg",
        "audio/x-unknown",
        "video/mp4",
        "video/mp2t",
        "application/pdf",
        "text/plain",
        "text/csv",
        "application/json",
        "application/zip",
        DOCX,
        ODT,
    ],
)
@pytest.mark.parametrize("program", [ELF, PE, MACH_O, JAVA_CLASS, WASM, SHELL])
def test_a_renamed_program_is_found_out(declared: str, program: bytes) -> None:
    found = mismatch(declared, program)
    assert found in ("application/x-executable", "text/x-shellscript")


@pytest.mark.parametrize(
    "declared",
    [
        "image/png",
        "image/x-unknown",
        "audio/mpeg",
        "audio/x-unknown",
        "video/mp4",
        "application/pdf",
        "text/plain",
        "text/csv",
        "application/json",
    ],
)
@pytest.mark.parametrize(
    "markup",
    [
        HTML,
        SVG,
        XML,
        b"  \n<ScRiPt src=x>",
        b"<!-- hello -->",
        b"<!-- hello --><html>",
        b"<!-- never ends",
        b"\xef\xbb\xbf<html>",
        "\ufeff<html><body>".encode("utf-16-le"),
        "\ufeff<html><body>".encode("utf-16-be"),
        b"<img src=x onerror=alert(1)>",
        b"<html>%PDF-1.7",
    ],
)
def test_markup_is_no_picture_sound_film_document_or_plain_text(
    declared: str, markup: bytes
) -> None:
    assert mismatch(declared, markup) in (
        "text/html",
        "text/xml",
        "application/xml",
        "image/svg+xml",
    )


@pytest.mark.parametrize(
    ("declared", "content", "found"),
    [
        ("image/png", JPEG, "image/jpeg"),
        ("image/png", b"", sniff.EMPTY),
        ("image/png", b"\x00" * 100, "application/octet-stream"),
        ("image/png", b"just words", "text/plain"),
        ("image/avif", HEIC, "image/heif"),
        ("image/avif", MP4, "video/mp4"),
        ("video/mp4", AVIF, "image/avif"),
        ("image/webp", b"RIFF\x24\x00\x00\x00WAVEfmt ", "audio/wav"),
        ("application/pdf", JPEG + PDF, "image/jpeg"),
        ("application/pdf", packed("a"), "application/zip"),
        ("application/zip", PDF, "application/pdf"),
        ("text/plain", b"with\x00nul", "application/octet-stream"),
        ("text/plain", PNG, "image/png"),
        ("application/json", HTML, "text/html"),
        ("image/svg+xml", HTML, "text/html"),
        ("image/svg+xml", XML, "application/xml"),
        ("image/svg+xml", b"no markup", "text/plain"),
        ("image/svg+xml", b"\x1f\x8b\x08\x00", "application/gzip"),
        (DOCX, packed("AndroidManifest.xml"), APK),
        (DOCX, packed("META-INF/MANIFEST.MF"), JAR),
        (DOCX, packed("content.xml", mimetype=ODT), ODT),
        (ODT, packed("content.xml"), "application/zip"),
        (EPUB, packed("content.xml", mimetype=ODT), ODT),
        ("application/vnd.ms-excel", HTML, "text/html"),
    ],
)
def test_mismatch_names_the_detected_type(declared: str, content: bytes, found: str) -> None:
    assert mismatch(declared, content) == found


def test_a_nul_at_the_end_of_a_long_text_is_seen() -> None:
    content = b"words " * 10_000 + b"\x00"
    assert mismatch("text/plain", content) == "application/octet-stream"


def test_the_end_of_a_long_text_in_utf_16_may_have_its_zeros() -> None:
    assert mismatch("text/plain", ("\ufeff" + "words " * 10_000).encode("utf-16-le")) is None


@pytest.mark.parametrize("front", [PNG, JPEG, GIF, PDF, MP4])
def test_a_zip_behind_a_picture_is_found(front: bytes) -> None:
    """Java and others read a ZIP from its end, whatever it begins with."""
    declared = sniff.looks_like(front)
    assert mismatch(declared, front + packed("A.class")) == "application/zip"


def test_bytes_that_resemble_the_end_of_a_zip_do_no_harm_to_a_picture() -> None:
    assert mismatch("image/png", PNG + b"PK\x05\x06" + b"x" * 40) is None


@pytest.mark.parametrize(
    "polyglot",
    [
        GIF + b"/*<script>alert(1)</script>*/=1;alert(1)",
        JPEG + PDF + b"<html><script>alert(1)</script>",
        b"GIF89a=1;alert(document.domain)//",
        PNG + SVG,
    ],
)
def test_ambiguous_picture_is_sent_as_a_picture_only(
    polyglot: bytes,
) -> None:
    """Sniffing does not see it, so what a browser makes of it must not depend on sniffing."""
    declared = sniff.looks_like(polyglot[: sniff.HEAD_BYTES])
    assert types.is_inert(declared)
    assert types.neutralise(declared) == declared


ODD_BYTES = st.one_of(
    st.binary(max_size=200),
    st.builds(
        lambda front, rest: front + rest,
        st.sampled_from(
            (
                packed("a", mimetype=ODT)[:60],
                *(b"PK\x03\x04", b"RIFF", b"\x00\x00\x00\x00ftyp", b"\xff", b"BM", b"FORM"),
                *(b"<", b"<?xml", b"<!--", b"MZ", b"#!", b"\xff\xfe", b"\xfe\xff"),
            )
        ),
        st.binary(max_size=80),
    ),
)
DECLARED = st.sampled_from(
    [*sorted(types.INERT), "image/svg+xml", "text/html", "application/pdf", DOCX, ODT, EPUB, "a/b"]
)


@given(DECLARED, ODD_BYTES, ODD_BYTES)
def test_no_bytes_are_too_odd(declared: str, head: bytes, tail: bytes) -> None:
    found = sniff.mismatch(declared, head, tail)
    assert found is None or (found.isascii() and found.isprintable() and len(found) <= 127)
    assert sniff.looks_like(head, tail)


@given(st.sampled_from(sorted(types.INERT - {"text/plain"})), st.binary(max_size=100))
def test_no_program_and_no_page_ever_passes_as_something_that_is_shown(
    declared: str, rest: bytes
) -> None:
    for front in (ELF, PE, MACH_O, WASM, SHELL, b"<html>", b"<script>", b"<svg "):
        assert sniff.mismatch(declared, front + rest, rest) is not None
