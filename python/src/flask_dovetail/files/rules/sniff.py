"""Detect from the first and last bytes of a file whether they are what they are declared to be.

A type that has a signature must show it. Other types may hold anything, but a file that can be run
or rendered (a program, HTML, SVG) never passes as a picture, sound, film, PDF or plain text. That
keeps mistakes and renamed programs out. It does not protect browsers: bytes can be valid as two
types at once, so `types.neutralise` and the headers of a download keep all of them from becoming
active.
"""

from __future__ import annotations

import re

HEAD_BYTES = 4096
TAIL_BYTES = 4096

EMPTY = "an empty file"
_BYTES = "application/octet-stream"
_PROGRAM = "application/x-executable"
_SCRIPT = "text/x-shellscript"
_TEXT = "text/plain"
_HTML = "text/html"
_SVG = "image/svg+xml"
_XML = "application/xml"
_XML_OF_SOME_KIND = "text/xml"  # the first element is beyond the bytes that are read
_PDF = "application/pdf"
_ZIP = "application/zip"
_JAR = "application/java-archive"
_APK = "application/vnd.android.package-archive"
_OLE = "application/x-ole-storage"
_OGG = "application/ogg"
_EBML = "video/webm"
_ISO_MEDIA = "video/mp4"
_OPEN_DOCUMENT = "application/vnd.oasis.opendocument."
_OFFICE = "application/vnd.openxmlformats-officedocument."

# Offset, signature, and the type that it shows. The first match counts.
_SIGNATURES: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (0, b"II*\x00", "image/tiff"),
    (0, b"MM\x00*", "image/tiff"),
    (0, b"\x00\x00\x01\x00", "image/x-icon"),
    (0, b"\xff\x0a", "image/jxl"),
    (0, b"\x00\x00\x00\x0cJXL \r\n\x87\n", "image/jxl"),
    (0, b"\x00\x00\x00\x0cjP  \r\n\x87\n", "image/jp2"),
    (0, b"8BPS\x00", "image/vnd.adobe.photoshop"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"fLaC", "audio/flac"),
    (0, b"OggS\x00", _OGG),
    (0, b"MThd\x00\x00\x00\x06", "audio/midi"),
    (0, b"#!AMR", "audio/amr"),
    (0, b"\x1a\x45\xdf\xa3", _EBML),
    (0, b"\x00\x00\x01\xba", "video/mpeg"),
    (0, b"\x00\x00\x01\xb3", "video/mpeg"),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "video/x-ms-asf"),
    (0, b"%PDF-", _PDF),
    (0, b"PK\x03\x04", _ZIP),
    (0, b"PK\x05\x06", _ZIP),
    (0, b"PK\x07\x08", _ZIP),
    (0, b"\x1f\x8b", "application/gzip"),
    (0, b"BZh", "application/x-bzip2"),
    (0, b"\xfd7zXZ\x00", "application/x-xz"),
    (0, b"\x28\xb5\x2f\xfd", "application/zstd"),
    (0, b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (0, b"Rar!\x1a\x07", "application/vnd.rar"),
    (257, b"ustar", "application/x-tar"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", _OLE),
    (0, b"{\\rtf", "application/rtf"),
    (0, b"%!PS", "application/postscript"),
    (0, b"\xc5\xd0\xd3\xc6", "application/postscript"),
    (0, b"SQLite format 3\x00", "application/vnd.sqlite3"),
    (0, b"wOFF", "font/woff"),
    (0, b"wOF2", "font/woff2"),
    (0, b"OTTO\x00", "font/otf"),
    (0, b"\x00\x01\x00\x00\x00", "font/ttf"),
    (0, b"true\x00", "font/ttf"),
    (0, b"ttcf\x00", "font/collection"),
    (0, b"\x7fELF", _PROGRAM),
    (0, b"\xfe\xed\xfa\xce", _PROGRAM),  # Mach-O, in both byte orders
    (0, b"\xfe\xed\xfa\xcf", _PROGRAM),
    (0, b"\xce\xfa\xed\xfe", _PROGRAM),
    (0, b"\xcf\xfa\xed\xfe", _PROGRAM),
    (0, b"\xca\xfe\xba\xbe", _PROGRAM),  # a Java class, or Mach-O for several processors
    (0, b"dex\n", _PROGRAM),
    (0, b"\x00asm", _PROGRAM),
    (0, b"L\x00\x00\x00\x01\x14\x02\x00", _PROGRAM),  # a Windows shortcut
    (0, b"#!", _SCRIPT),
)
_RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}
_AVIF_BRANDS = frozenset((b"avif", b"avis"))
_HEIF_BRANDS = frozenset((b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"))
_BOXES_OF_OLD_FILMS = frozenset((b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"))
_PDF_BEGINS_BY = 1024  # readers skip up to so many bytes before it

# The types that the bytes of a declared type may show, if there are more than that type itself.
_LOOKS: dict[str, tuple[str, ...]] = {
    _APK: (_APK, _JAR, _ZIP),
    _JAR: (_JAR, _ZIP),
    "application/msword": (_OLE, "application/rtf"),
    "application/vnd.ms-excel": (_OLE, _TEXT),  # the type that Windows with Excel gives to CSV
    "application/vnd.ms-outlook": (_OLE,),
    "application/vnd.ms-powerpoint": (_OLE,),
    "application/x-gzip": ("application/gzip",),
    "application/x-pdf": (_PDF,),
    "application/x-rar-compressed": ("application/vnd.rar",),
    "application/x-sqlite3": ("application/vnd.sqlite3",),
    "audio/3gpp": (_ISO_MEDIA,),
    "audio/aac": ("audio/aac", "audio/mpeg"),  # the latter is an ID3 tag in front
    "audio/flac": ("audio/flac", "audio/mpeg"),
    "audio/mp3": ("audio/mpeg",),
    "audio/mp4": (_ISO_MEDIA,),
    "audio/ogg": (_OGG,),
    "audio/opus": (_OGG,),
    "audio/vnd.wave": ("audio/wav",),
    "audio/wave": ("audio/wav",),
    "audio/webm": (_EBML,),
    "audio/x-flac": ("audio/flac", "audio/mpeg"),
    "audio/x-m4a": (_ISO_MEDIA,),
    "audio/x-matroska": (_EBML,),
    "audio/x-ms-wma": ("video/x-ms-asf",),
    "audio/x-wav": ("audio/wav",),
    "font/otf": ("font/otf", "font/ttf"),
    "font/ttf": ("font/otf", "font/ttf"),
    "image/heic": ("image/heif",),
    "image/jpg": ("image/jpeg",),
    "image/pjpeg": ("image/jpeg",),
    "image/vnd.microsoft.icon": ("image/x-icon",),
    _SVG: (_SVG, _XML_OF_SOME_KIND),
    "image/x-ms-bmp": ("image/bmp",),
    "image/x-png": ("image/png",),
    "text/rtf": ("application/rtf",),
    "video/3gpp": (_ISO_MEDIA,),
    "video/avi": ("video/x-msvideo",),
    "video/ogg": (_OGG,),
    "video/quicktime": (_ISO_MEDIA,),
    "video/x-m4v": (_ISO_MEDIA,),
    "video/x-matroska": (_EBML,),
    "video/x-ms-wmv": ("video/x-ms-asf",),
}
_BY_THEIR_NAME = frozenset(
    {named for _, _, named in _SIGNATURES}
    | {"application/epub+zip", "audio/aac", "audio/aiff"}
    | {"image/avif", "image/bmp", "image/heif", _ISO_MEDIA}
    | set(_RIFF.values())
) - {_PROGRAM, _SCRIPT, _ZIP}
_ANY_ZIP = frozenset((_ZIP, "application/x-zip-compressed"))

_MARKUP = frozenset((_HTML, _SVG, _XML, _XML_OF_SOME_KIND))
_ACTIVE = _MARKUP | {_PROGRAM, _SCRIPT}
_TEXT_WITH_MARKUP = frozenset((_HTML, _XML_OF_SOME_KIND, "text/markdown", "text/xsl"))

_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_PROLOGUE = re.compile(r"(?:\s|<!--.*?-->|<\?.*?\?>|<!doctype\b[^>]*>)*", re.I | re.S)
_FIRST_TAG = re.compile(r"<(?:[a-z][\w.-]*:)?([a-z][\w.-]*)(?=[\s/>]|$)", re.I)
_HTML_BEGINS = re.compile(r"\s*<(?:!--|!doctype\s+html\b)", re.I)
_XML_BEGINS = re.compile(r"\s*<(?:\?xml|!doctype)\b", re.I)
_HTML_TAG = re.compile(
    "a|b|base|body|br|button|center|div|em|embed|font|form|frameset|h1|h2|h3|head|html|iframe|img|"
    "input|link|math|meta|object|p|pre|script|span|style|table|title"
)

_LOCAL_ENTRY = re.compile(rb"PK\x03\x04.{22}(..)(..)", re.S)  # APPNOTE.TXT, 4.3.7
_CENTRAL_ENTRY = re.compile(rb"PK\x01\x02.{24}(..).{16}", re.S)  # and 4.3.12
_MEMBERS = (  # the first bytes of a member's name, and the type of a ZIP that has such a member
    (b"AndroidManifest.xml", _APK),
    (b"META-INF/MANIFEST.MF", _JAR),
    (b"word/", f"{_OFFICE}wordprocessingml"),
    (b"xl/", f"{_OFFICE}spreadsheetml"),
    (b"ppt/", f"{_OFFICE}presentationml"),
)
_TYPE_IN_ZIP = re.compile(rb"[a-z0-9][a-z0-9.+-]{0,40}/[a-z0-9][a-z0-9.+-]{0,80}")


def mismatch(declared: str, head: bytes, tail: bytes = b"") -> str | None:
    """Return the type that the bytes show if it contradicts `declared`, or None.

    Args:
        declared: a content type as `types.normalise` writes it.
        head: the first `HEAD_BYTES` of the file, or all of it.
        tail: the last `TAIL_BYTES`; may overlap with `head`.
    """
    if _is_text(declared):
        return _mismatch_of_text(declared, head, tail)
    actual = looks_like(head, tail)
    if not _fits(declared, actual, head):
        return actual
    is_shown = declared.startswith(("image/", "audio/", "video/")) or declared == _PDF
    return _ZIP if is_shown and _ends_as_zip(tail) else None


def looks_like(head: bytes, tail: bytes = b"") -> str:
    """Return the content type that the bytes show; without a signature, plain text or octets."""
    if not head:
        return EMPTY
    for offset, signature, named in _SIGNATURES:
        if head.startswith(signature, offset):
            return _kind_of_zip(head, tail) if named == _ZIP else named
    text = _decoded(head)
    return (
        _by_structure(head)
        or _markup(text)
        or (_PDF if b"%PDF-" in head[:_PDF_BEGINS_BY] else None)
        or (_BYTES if "\x00" in text else _TEXT)
    )


def _fits(declared: str, actual: str, head: bytes) -> bool:
    if declared in _LOOKS:
        return actual in _LOOKS[declared]
    if declared in _BY_THEIR_NAME or declared.startswith(_OPEN_DOCUMENT):
        return actual == declared
    if declared in _ANY_ZIP:
        return head.startswith(b"PK")
    if declared.startswith(_OFFICE):
        return actual == _ZIP or (actual.startswith(_OFFICE) and declared.startswith(actual))
    is_shown = declared.startswith(("image/", "audio/", "video/", "font/"))
    return not (is_shown and actual in _ACTIVE)


def _is_text(declared: str) -> bool:
    return declared not in _LOOKS and (
        declared.startswith("text/")
        or declared in (_XML, "application/json")
        or declared.endswith(("+xml", "+json"))
    )


def _mismatch_of_text(declared: str, head: bytes, tail: bytes) -> str | None:
    """Accept text without NUL in any encoding; markup and scripts only under their own types."""
    text = _decoded(head)
    if "\x00" in text or (b"\x00" in tail and not head.startswith(_UTF16_MARKS)):
        actual = looks_like(head, tail)
        return _BYTES if actual == _TEXT else actual
    if declared.startswith(("text/x-", "text/javascript")):
        return None
    if text.startswith("#!"):
        return _SCRIPT
    if declared in _TEXT_WITH_MARKUP or declared == _XML or declared.endswith("+xml"):
        return None
    return _markup(text)


def _decoded(head: bytes) -> str:
    """Return the text as a browser decodes it: by the byte order mark, else byte by byte."""
    if head.startswith(b"\xef\xbb\xbf"):
        return head[3:].decode("utf-8", "replace")
    if head.startswith(_UTF16_MARKS):
        return head.decode("utf-16", "replace")
    return head.decode("latin-1")


def _by_structure(head: bytes) -> str | None:
    """Detect the types that need more than a fixed run of bytes."""
    if head.startswith((b"RIFF", b"RF64", b"BW64")):
        return _RIFF.get(head[8:12])
    if head.startswith(b"MZ") and b"\x00" in head:
        return _PROGRAM
    if head.startswith(b"BM") and head[6:10] == bytes(4):
        return "image/bmp"
    if head.startswith(b"FORM") and head[8:12] in (b"AIFF", b"AIFC"):
        return "audio/aiff"
    if head[4:8] == b"ftyp":
        return _by_brand(head)
    if head[4:8] in _BOXES_OF_OLD_FILMS and head[0] < 0x20:
        return _ISO_MEDIA
    return _audio_frame(head)


def _by_brand(head: bytes) -> str:
    """Detect the type by the file's own brand, then its compatible ones (ISO/IEC 14496-12, 4.3)."""
    end = int.from_bytes(head[:4], "big")
    listed = head[8:12] + head[16:end]
    brands = {listed[at : at + 4] for at in range(0, len(listed), 4)}
    if brands & _AVIF_BRANDS:
        return "image/avif"
    return "image/heif" if brands & _HEIF_BRANDS else _ISO_MEDIA


def _audio_frame(head: bytes) -> str | None:
    """Detect MPEG audio without a tag by its first frame header (ISO/IEC 11172-3, 2.4.1.3)."""
    if len(head) < 4 or head[0] != 0xFF:
        return None
    if head[1] & 0xF6 == 0xF0:
        return "audio/aac"
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    is_frame = head[1] >= 0xE0 and version != 1 and layer in (1, 2)
    return "audio/mpeg" if is_frame and head[2] >> 4 != 15 and head[2] >> 2 & 3 != 3 else None


def _markup(text: str) -> str | None:
    """Detect HTML, SVG or other XML by the first element, else by the text before it."""
    prologue = _PROLOGUE.match(text)
    tag = _FIRST_TAG.match(text, prologue.end() if prologue else 0)
    name = tag[1].lower() if tag else ""
    if name == "svg":
        return _SVG
    if _HTML_TAG.fullmatch(name) or _HTML_BEGINS.match(text):
        return _HTML
    if _XML_BEGINS.match(text):
        return _XML if name else _XML_OF_SOME_KIND
    return None


def _kind_of_zip(head: bytes, tail: bytes) -> str:
    """Detect the type of a ZIP by the type that it names first (ODF, EPUB), or by its members."""
    first = _LOCAL_ENTRY.match(head)
    if first is not None and _name(first, head) == b"mimetype":
        named = _TYPE_IN_ZIP.match(head, first.end() + len(b"mimetype") + _number(first[2]))
        return named[0].decode("ascii") if named else _ZIP
    names = [_name(entry, head) for entry in _LOCAL_ENTRY.finditer(head)]
    names += [_name(entry, tail) for entry in _CENTRAL_ENTRY.finditer(tail)]
    for member, made in _MEMBERS:
        if any(name.startswith(member) for name in names):
            return made
    return _ZIP


def _name(entry: re.Match[bytes], data: bytes) -> bytes:
    return data[entry.end() : entry.end() + _number(entry[1])]


def _ends_as_zip(tail: bytes) -> bool:
    """Return whether the bytes end as a ZIP.

    A ZIP is read from its end, so it can hide behind a picture (APPNOTE.TXT, 4.3.16).
    """
    at = tail.rfind(b"PK\x05\x06")
    comment = tail[at + 22 :]
    return at >= 0 and len(tail) >= at + 22 and _number(tail[at + 20 : at + 22]) == len(comment)


def _number(little_endian: bytes) -> int:
    return int.from_bytes(little_endian, "little")
