"""Sniffing: genuine files pass, programs and pages in disguise do not, and no bytes are too odd."""

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
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
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
        ("audio/silk", b"#!SILK_V3"),
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
@pytest.mark.parametrize("program", [ELF, PE, MACH_O, JAVA_CLASS, WASM])
def test_a_renamed_program_is_found_out(declared: str, program: bytes) -> None:
    assert mismatch(declared, program) == "application/x-executable"


@pytest.mark.parametrize("declared", ["image/png", "image/x-unknown", "audio/mpeg", "video/mp4"])
def test_a_renamed_script_is_found_out(declared: str) -> None:
    assert mismatch(declared, SHELL) == "text/x-shellscript"


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
    ("declared", "content"),
    [
        pytest.param(XLSX, OLE, id="a workbook with a password"),
        pytest.param(DOCX, OLE, id="a document with a password"),
        pytest.param("application/postscript", PDF, id="Illustrator's"),
        pytest.param("image/tiff", b"II+\x00\x08\x00\x00\x00", id="BigTIFF"),
        pytest.param("image/tiff", b"MM\x00+\x00\x08\x00\x00", id="BigTIFF, big-endian"),
        pytest.param("video/mp2t", b"export const a = 1;\n", id="TypeScript"),
        pytest.param("video/mp2t", b"#!/usr/bin/env node\n", id="TypeScript that is a command"),
        pytest.param("video/mp2t", b"<?xml version='1.0'?><!DOCTYPE TS><TS/>", id="Qt's texts"),
        pytest.param("text/vnd.trolltech.linguist", XML, id="Qt's texts in Firefox"),
        pytest.param("audio/mpeg", bytes(300) + b"\xff\xfb\x90\x64", id="zeros before the sound"),
        pytest.param("application/vnd.ms-excel", packed("xl/workbook.xml"), id="a ZIP as .xls"),
        pytest.param("application/vnd.ms-excel", XML, id="XML as .xls"),
        pytest.param("application/vnd.ms-excel", HTML, id="a table of HTML as .xls"),
        pytest.param("application/x-msexcel", HTML, id="a table of HTML, another name"),
        pytest.param("application/msword", XML, id="XML as .doc"),
        pytest.param("text/plain", b"2026-11-30 started\x00\x00\n", id="a log with a NUL"),
        pytest.param("text/plain", b"words " * 10_000 + b"\x00", id="a NUL at the end"),
        pytest.param("text/plain", "hello".encode("utf-16-le"), id="UTF-16 without a mark"),
        pytest.param("text/plain", b"#!/usr/bin/python3\n", id="a script that is read"),
        pytest.param("application/json", b'{"a": "\x00"}', id="JSON with a NUL"),
        pytest.param("image/png", JPEG, id="a photograph under another name"),
        pytest.param("image/heic", JPEG, id="a photograph that a telephone converted"),
        pytest.param("image/svg+xml", b"\x1f\x8b\x08\x00", id="a compressed drawing"),
        pytest.param("image/openraster", packed("mimetype", "stack.xml"), id="a drawing in a ZIP"),
        pytest.param("image/jpeg", JPEG + packed("a.txt"), id="a picture with an archive behind"),
        pytest.param("audio/mp4", b"ID3\x04", id="a tag in front"),
        pytest.param("application/gzip", packed("a"), id="another archive"),
        pytest.param("application/zip", packed("META-INF/MANIFEST.MF"), id="an archive of Java"),
        pytest.param("image/png", b"", id="nothing"),
    ],
)
def test_genuine_files_of_any_program_pass(declared: str, content: bytes) -> None:
    """Only danger refuses, not a name that another program would not have given."""
    assert mismatch(declared, content) is None


@pytest.mark.parametrize(
    ("declared", "content", "found"),
    [
        ("image/png", PDF, "application/pdf"),
        ("text/plain", PDF, "application/pdf"),
        ("image/png", b"\n" + PDF, "application/pdf"),
        ("application/postscript", HTML, "text/html"),
        ("application/json", HTML, "text/html"),
        ("image/svg+xml", ELF, "application/x-executable"),
        ("text/html", PE, "application/x-executable"),
        ("application/javascript", PE, "application/x-executable"),
        ("image/jpg", SVG, "image/svg+xml"),
        ("application/vnd.ms-excel", PE, "application/x-executable"),
        ("application/x-zip-compressed", PE, "application/x-executable"),
        (DOCX, packed("AndroidManifest.xml"), APK),
        (DOCX, packed("META-INF/MANIFEST.MF"), JAR),
    ],
)
def test_mismatch_names_the_detected_type(declared: str, content: bytes, found: str) -> None:
    assert mismatch(declared, content) == found


@pytest.mark.parametrize("declared", ["image/png", "image/jpeg", "application/pdf", "video/mp4"])
@pytest.mark.parametrize("front", [PNG, JPEG, GIF, PDF, MP4])
def test_a_program_of_java_behind_a_picture_is_found(declared: str, front: bytes) -> None:
    """Java reads a ZIP from its end, whatever it begins with."""
    assert mismatch(declared, front + packed("META-INF/MANIFEST.MF", "A.class")) == JAR


@pytest.mark.parametrize(
    ("declared", "polyglot"),
    [
        ("image/gif", GIF + b"/*<script>alert(1)</script>*/=1;alert(1)"),
        ("image/jpeg", JPEG + PDF + b"<html><script>alert(1)</script>"),
        ("image/gif", b"GIF89a=1;alert(document.domain)//"),
        ("image/png", PNG + SVG),
    ],
)
def test_ambiguous_picture_is_sent_as_a_picture_only(declared: str, polyglot: bytes) -> None:
    """Sniffing does not see it, so what a browser makes of it must not depend on sniffing."""
    assert mismatch(declared, polyglot) is None
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


@given(st.sampled_from(sorted(types.INERT - {"text/plain"})), st.binary(max_size=100))
def test_no_program_and_no_page_ever_passes_as_something_that_is_shown(
    declared: str, rest: bytes
) -> None:
    for front in (ELF, PE, MACH_O, WASM, SHELL, b"<html>", b"<script>", b"<svg "):
        assert sniff.mismatch(declared, front + rest, rest) is not None
