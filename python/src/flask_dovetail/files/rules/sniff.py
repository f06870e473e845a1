"""Detect bytes that could be run or rendered as something more dangerous than their declared type.

Only danger refuses. A spreadsheet that is really a ZIP, a photograph under the name of another
format, a text with a NUL: all of them are genuine files of some program, and pass. A program, or a
page, under the type of a picture does not. That keeps renamed programs out. It does not protect
browsers: bytes can be valid as two types at once, so `types.neutralise` and the headers of a
download keep all of them from becoming active.
"""

from __future__ import annotations

import re
from enum import IntEnum
from typing import NamedTuple

from . import types

HEAD_BYTES = 4096
TAIL_BYTES = 4096


class Danger(IntEnum):
    """What may happen when somebody opens a file; each level includes those below it."""

    DATA = 0
    """It is shown, played, or read as text."""
    DOCUMENT = 1
    """A viewer opens it that runs scripts of its own: PDF."""
    MARKUP = 2
    """A browser renders it, with scripts and requests: HTML, SVG, XML."""
    PROGRAM = 3
    """A computer runs it."""


class Found(NamedTuple):
    """A type that the bytes show, and its danger."""

    danger: Danger
    content_type: str


_PDF = "application/pdf"
_XML = "application/xml"
_ZIP = "application/zip"
_PROGRAM = Found(Danger.PROGRAM, "application/x-executable")
_SCRIPT = Found(Danger.PROGRAM, "text/x-shellscript")
_JAR = Found(Danger.PROGRAM, "application/java-archive")
_APK = Found(Danger.PROGRAM, "application/vnd.android.package-archive")
_HTML = Found(Danger.MARKUP, "text/html")
_SVG = Found(Danger.MARKUP, "image/svg+xml")
_OTHER_XML = Found(Danger.MARKUP, _XML)

_PROGRAMS = (
    b"\x7fELF",
    b"\xfe\xed\xfa\xce",  # Mach-O, in both byte orders
    b"\xfe\xed\xfa\xcf",
    b"\xce\xfa\xed\xfe",
    b"\xcf\xfa\xed\xfe",
    b"\xca\xfe\xba\xbe",  # a Java class, or Mach-O for several processors
    b"dex\n",
    b"\x00asm",
    b"L\x00\x00\x00\x01\x14\x02\x00",  # a Windows shortcut
)
_SOUNDS_LIKE_SCRIPTS = (b"#!AMR", b"#!SILK")
_MEMBERS_OF_PROGRAMS = ((b"AndroidManifest.xml", _APK), (b"META-INF/MANIFEST.MF", _JAR))

# Browsers show these themselves, so that markup under their name would be a surprise.
_PLAIN_TEXT = frozenset(
    (
        "application/json",
        "text/calendar",
        "text/css",
        "text/csv",
        "text/plain",
        "text/tab-separated-values",
        "text/vcard",
        "text/vtt",
    )
)
_SHOWN = ("image/", "audio/", "video/", "font/")
# Browsers save these. Programs that write HTML or XML and call it a spreadsheet are many.
_SAVED = frozenset(
    (
        "application/epub+zip",
        "application/gzip",
        "application/msword",
        "application/ogg",
        "application/rtf",
        "application/vnd.ms-excel",
        "application/vnd.ms-outlook",
        "application/vnd.ms-powerpoint",
        "application/vnd.rar",
        "application/vnd.sqlite3",
        "application/x-7z-compressed",
        "application/x-bzip2",
        "application/x-ole-storage",
        "application/x-tar",
        "application/x-xz",
        "application/zip",
        "application/zstd",
    )
)
_SAVED_PREFIXES = (
    "application/vnd.oasis.opendocument.",
    "application/vnd.openxmlformats-officedocument.",
)
_TYPESCRIPT = "video/mp2t"  # the type by which browsers know `.ts`, Qt's translations among them

_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_PROLOGUE = re.compile(r"(?:\s|<!--.*?-->|<\?.*?\?>|<!doctype\b[^>]*>)*", re.I | re.S)
_FIRST_TAG = re.compile(r"<(?:[a-z][\w.-]*:)?([a-z][\w.-]*)(?=[\s/>]|$)", re.I)
_HTML_BEGINS = re.compile(r"\s*<(?:!--|!doctype\s+html\b)", re.I)
_XML_BEGINS = re.compile(r"\s*<(?:\?xml|!doctype)\b", re.I)
_HTML_TAG = re.compile(
    "a|b|base|body|br|button|center|div|em|embed|font|form|frameset|h1|h2|h3|head|html|iframe|img|"
    "input|link|math|meta|object|p|pre|script|span|style|table|title"
)

_LOCAL_ENTRY = re.compile(rb"PK\x03\x04.{22}(..)..", re.S)  # APPNOTE.TXT, 4.3.7
_CENTRAL_ENTRY = re.compile(rb"PK\x01\x02.{24}(..).{16}", re.S)  # and 4.3.12


def mismatch(declared: str, head: bytes, tail: bytes = b"") -> str | None:
    """Return the type that the bytes show if it is more dangerous than `declared`, or None.

    Args:
        declared: a content type as `types.normalise` writes it.
        head: the first `HEAD_BYTES` of the file, or all of it.
        tail: the last `TAIL_BYTES`; may overlap with `head`.
    """
    declared = types.canonical(declared)
    found = detect(head, tail)
    if found is None or found.danger <= _danger_of(declared):
        return None
    if found is _SCRIPT and (_is_text(declared) or declared == _TYPESCRIPT):
        return None  # no browser runs it, and source code is text
    if found in (_JAR, _APK) and declared == _ZIP:
        return None  # an archive may hold whatever it likes
    return found.content_type


def detect(head: bytes, tail: bytes = b"") -> Found | None:
    """Return what the bytes show if it is more than data, or None."""
    if head.startswith(_PROGRAMS) or (head.startswith(b"MZ") and b"\x00" in head):
        return _PROGRAM
    if head.startswith(b"#!") and not head.startswith(_SOUNDS_LIKE_SCRIPTS):
        return _SCRIPT
    if head.startswith(b"PK") or _ends_as_zip(tail):
        return _program_in_zip(head, tail)
    if head.lstrip().startswith(b"%PDF-"):
        return Found(Danger.DOCUMENT, _PDF)
    return _markup(_decoded(head))


def _danger_of(declared: str) -> Danger:
    """Return the danger that a declared type admits."""
    if declared in _PLAIN_TEXT or declared.endswith("+json"):
        return Danger.DATA
    if declared in (_PDF, "application/postscript"):  # Illustrator's files are PDF
        return Danger.DOCUMENT
    if _is_text(declared) or declared in _SAVED or declared.startswith(_SAVED_PREFIXES):
        return Danger.MARKUP
    if declared == _TYPESCRIPT:
        return Danger.MARKUP
    return Danger.DATA if declared.startswith(_SHOWN) else Danger.PROGRAM


def _is_text(declared: str) -> bool:
    return (
        declared.startswith("text/")
        or declared in (_XML, "application/json")
        or declared.endswith(("+xml", "+json"))
    )


def _decoded(head: bytes) -> str:
    """Return the text as a browser decodes it: by the byte order mark, else byte by byte."""
    if head.startswith(b"\xef\xbb\xbf"):
        return head[3:].decode("utf-8", "replace")
    if head.startswith(_UTF16_MARKS):
        return head.decode("utf-16", "replace")
    return head.decode("latin-1")


def _markup(text: str) -> Found | None:
    """Detect HTML, SVG or other XML by the first element, else by the text before it."""
    prologue = _PROLOGUE.match(text)
    tag = _FIRST_TAG.match(text, prologue.end() if prologue else 0)
    name = tag[1].lower() if tag else ""
    if name == "svg":
        return _SVG
    if _HTML_TAG.fullmatch(name) or _HTML_BEGINS.match(text):
        return _HTML
    return _OTHER_XML if _XML_BEGINS.match(text) else None


def _program_in_zip(head: bytes, tail: bytes) -> Found | None:
    """Detect programs that are ZIPs by their members.

    A ZIP is read from its end, so it can hide behind a picture (APPNOTE.TXT, 4.3.16).
    """
    names = [_name(entry, head) for entry in _LOCAL_ENTRY.finditer(head)]
    names += [_name(entry, tail) for entry in _CENTRAL_ENTRY.finditer(tail)]
    for member, found in _MEMBERS_OF_PROGRAMS:
        if any(name.startswith(member) for name in names):
            return found
    return None


def _name(entry: re.Match[bytes], data: bytes) -> bytes:
    return data[entry.end() : entry.end() + int.from_bytes(entry[1], "little")]


def _ends_as_zip(tail: bytes) -> bool:
    at = tail.rfind(b"PK\x05\x06")
    comment = tail[at + 22 :]
    is_whole = at >= 0 and len(tail) >= at + 22
    return is_whole and int.from_bytes(tail[at + 20 : at + 22], "little") == len(comment)
