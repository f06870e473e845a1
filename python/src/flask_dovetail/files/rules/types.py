"""Normalise content types, and decide which a policy accepts and which are harmless."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_CHARACTERS = 127
BYTES = "application/octet-stream"

_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]*/[a-z0-9][a-z0-9!#$&^_.+-]*")

INERT = frozenset(
    (
        "audio/aac",
        "audio/flac",
        "audio/mp4",
        "audio/mpeg",
        "audio/ogg",
        "audio/wav",
        "audio/webm",
        "audio/x-m4a",
        "audio/x-wav",
        "image/avif",
        "image/gif",
        "image/jpeg",
        "image/png",
        "image/webp",
        "text/plain",
        "video/mp4",
        "video/ogg",
        "video/quicktime",
        "video/webm",
    )
)
"""The types that a browser may show in its own window: they can neither run nor load anything."""

# With `nosniff` a browser runs scripts and applies styles of these types alone. `attachment` is no
# help there: <script src> and <link rel=stylesheet> do not look at it.
_LOADED = frozenset(
    (
        "application/ecmascript",
        "application/javascript",
        "application/wasm",
        "application/x-ecmascript",
        "application/x-javascript",
        "text/css",
        "text/ecmascript",
        "text/html",
        "text/javascript",
        "text/jscript",
        "text/livescript",
        "text/x-ecmascript",
        "text/x-javascript",
        "text/xml",
        "text/xsl",
        "application/xml",
    )
)


# Names that browsers, operating systems and programs give to the same type.
_SYNONYMS = {
    "application/gzip": ("application/x-gzip", "application/x-gunzip"),
    "application/json": ("application/x-json", "text/json", "text/x-json"),
    "application/msword": ("application/doc", "application/vnd.msword", "application/x-msword"),
    "application/pdf": ("application/acrobat", "application/x-pdf", "text/pdf"),
    "application/rtf": ("application/x-rtf", "text/richtext", "text/rtf"),
    "application/vnd.ms-excel": (
        "application/excel",
        "application/msexcel",
        "application/x-excel",
        "application/x-msexcel",
    ),
    "application/vnd.ms-powerpoint": (
        "application/mspowerpoint",
        "application/powerpoint",
        "application/x-mspowerpoint",
    ),
    "application/vnd.rar": ("application/rar", "application/x-rar", "application/x-rar-compressed"),
    "application/vnd.sqlite3": ("application/x-sqlite3",),
    "application/x-7z-compressed": ("application/7z", "application/x-7z"),
    "application/x-bzip2": ("application/bzip2", "application/x-bzip"),
    "application/x-tar": ("application/tar",),
    "application/xml": ("text/xml",),
    "application/yaml": ("application/x-yaml", "text/x-yaml", "text/yaml"),
    "application/zip": (
        "application/x-zip",
        "application/x-zip-compressed",
        "application/zip-compressed",
        "multipart/x-zip",
    ),
    "audio/aac": ("audio/aacp", "audio/vnd.dlna.adts", "audio/x-aac", "audio/x-hx-aac-adts"),
    "audio/aiff": ("audio/x-aiff",),
    "audio/flac": ("audio/x-flac",),
    "audio/midi": ("audio/mid", "audio/x-mid", "audio/x-midi"),
    "audio/mp4": ("audio/m4a", "audio/x-m4a", "audio/x-mp4"),
    "audio/mpeg": ("audio/mp3", "audio/mpeg3", "audio/mpg", "audio/x-mp3", "audio/x-mpeg"),
    "audio/ogg": ("audio/opus", "audio/x-ogg", "audio/x-opus+ogg", "audio/x-vorbis+ogg"),
    "audio/wav": ("audio/vnd.wave", "audio/wave", "audio/x-pn-wav", "audio/x-wav"),
    "font/otf": ("application/vnd.ms-opentype", "application/x-font-otf", "font/opentype"),
    "font/ttf": ("application/x-font-truetype", "application/x-font-ttf", "font/truetype"),
    "font/woff": ("application/font-woff", "application/x-font-woff"),
    "font/woff2": ("application/font-woff2",),
    "image/bmp": ("image/x-bmp", "image/x-ms-bmp", "image/x-windows-bmp"),
    "image/heic": ("image/heic-sequence", "image/heif", "image/heif-sequence"),
    "image/jpeg": ("image/jpg", "image/pjpeg", "image/x-citrix-jpeg"),
    "image/png": ("image/x-citrix-png", "image/x-png"),
    "image/svg+xml": ("image/svg",),
    "image/tiff": ("image/tif", "image/x-tif", "image/x-tiff"),
    "image/vnd.adobe.photoshop": (
        "application/photoshop",
        "application/x-photoshop",
        "image/photoshop",
        "image/psd",
        "image/x-photoshop",
    ),
    "image/x-icon": ("image/ico", "image/vnd.microsoft.icon"),
    "text/csv": (
        "application/csv",
        "application/x-csv",
        "text/comma-separated-values",
        "text/x-csv",
    ),
    "text/javascript": (
        "application/ecmascript",
        "application/javascript",
        "application/x-javascript",
        "text/ecmascript",
        "text/x-javascript",
    ),
    "text/markdown": ("text/x-markdown", "text/x-web-markdown"),
    "text/vcard": ("text/directory", "text/x-vcard"),
    "video/mp4": ("application/mp4", "video/x-m4v", "video/x-mp4"),
    "video/mpeg": ("video/mpg", "video/x-mpeg", "video/x-mpg"),
    "video/quicktime": ("video/x-quicktime",),
    "video/x-matroska": ("video/matroska",),
    "video/x-msvideo": ("video/avi", "video/msvideo", "video/vnd.avi"),
}
_CANONICAL = {other: name for name, others in _SYNONYMS.items() for other in others}

_OFFICE = "application/vnd.openxmlformats-officedocument"
# For files whose browser knows no type, or a wrong one: the machine's table decides it, and Windows
# knows nothing of HEIC, nor of Word's files where there is no Word.
_BY_EXTENSION = {
    "3gp": "video/3gpp",
    "7z": "application/x-7z-compressed",
    "aac": "audio/aac",
    "aif": "audio/aiff",
    "aiff": "audio/aiff",
    "amr": "audio/amr",
    "apng": "image/apng",
    "arw": "image/x-sony-arw",
    "avi": "video/x-msvideo",
    "avif": "image/avif",
    "bmp": "image/bmp",
    "bz2": "application/x-bzip2",
    "c": "text/x-c",
    "cr2": "image/x-canon-cr2",
    "cr3": "image/x-canon-cr3",
    "css": "text/css",
    "csv": "text/csv",
    "dng": "image/x-adobe-dng",
    "doc": "application/msword",
    "docx": f"{_OFFICE}.wordprocessingml.document",
    "epub": "application/epub+zip",
    "flac": "audio/flac",
    "geojson": "application/geo+json",
    "gif": "image/gif",
    "go": "text/x-go",
    "gz": "application/gzip",
    "heic": "image/heic",
    "heif": "image/heic",
    "hif": "image/heic",
    "ico": "image/x-icon",
    "ics": "text/calendar",
    "java": "text/x-java",
    "jfif": "image/jpeg",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "json": "application/json",
    "jxl": "image/jxl",
    "log": "text/plain",
    "m2ts": "video/mp2t",
    "m4a": "audio/mp4",
    "m4v": "video/mp4",
    "markdown": "text/markdown",
    "md": "text/markdown",
    "mid": "audio/midi",
    "mka": "audio/x-matroska",
    "mkv": "video/x-matroska",
    "mov": "video/quicktime",
    "mp3": "audio/mpeg",
    "mp4": "video/mp4",
    "mpeg": "video/mpeg",
    "mpg": "video/mpeg",
    "mts": "video/mp2t",
    "nef": "image/x-nikon-nef",
    "odp": "application/vnd.oasis.opendocument.presentation",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "odt": "application/vnd.oasis.opendocument.text",
    "oga": "audio/ogg",
    "ogg": "audio/ogg",
    "ogv": "video/ogg",
    "opus": "audio/ogg",
    "orf": "image/x-olympus-orf",
    "pdf": "application/pdf",
    "png": "image/png",
    "ppt": "application/vnd.ms-powerpoint",
    "pptx": f"{_OFFICE}.presentationml.presentation",
    "psd": "image/vnd.adobe.photoshop",
    "py": "text/x-python",
    "raf": "image/x-fuji-raf",
    "rar": "application/vnd.rar",
    "rs": "text/x-rust",
    "rtf": "application/rtf",
    "rw2": "image/x-panasonic-rw2",
    "sql": "text/x-sql",
    "srt": "text/x-subrip",
    "svg": "image/svg+xml",
    "tar": "application/x-tar",
    "tif": "image/tiff",
    "tiff": "image/tiff",
    "toml": "text/x-toml",
    "ts": "text/x-typescript",
    "tsv": "text/tab-separated-values",
    "tsx": "text/x-typescript",
    "txt": "text/plain",
    "vcf": "text/vcard",
    "vtt": "text/vtt",
    "wav": "audio/wav",
    "weba": "audio/webm",
    "webm": "video/webm",
    "webp": "image/webp",
    "wma": "audio/x-ms-wma",
    "wmv": "video/x-ms-wmv",
    "xls": "application/vnd.ms-excel",
    "xlsx": f"{_OFFICE}.spreadsheetml.sheet",
    "xml": "application/xml",
    "yaml": "application/yaml",
    "yml": "application/yaml",
    "zip": "application/zip",
}
# The types that say nothing against the extension: none, CSV on a machine with Excel, TypeScript.
_UNRELIABLE = frozenset((BYTES, "application/vnd.ms-excel", "video/mp2t"))


def normalise(content_type: str) -> str | None:
    """Return `image/png` for `Image/PNG; q=1`; None if it is invalid (RFC 6838, 4.2)."""
    bare = content_type.partition(";")[0].strip(" \t").lower()
    return bare if len(bare) <= MAX_CHARACTERS and _TYPE.fullmatch(bare) else None


def canonical(content_type: str) -> str:
    """Return the registered name of a normal type that goes by several names, or itself."""
    return _CANONICAL.get(content_type, content_type)


def is_allowed(content_type: str, patterns: Iterable[str]) -> bool:
    """Return whether one of `patterns` (`image/png`, `image/*`, `*/*`) matches this normal type.

    Types are compared by their canonical names, so `application/zip` also matches the
    `application/x-zip-compressed` of Windows.
    """
    own = canonical(content_type)
    names = {own, *(f"{name.partition('/')[0]}/*" for name in (own, content_type)), "*/*"}
    return any(canonical(pattern.lower()) in names for pattern in patterns)


def accepted_as(content_type: str, name: str, patterns: Iterable[str]) -> str | None:
    """Return the type under which `patterns` accept a file; None if they do not.

    It is the declared type, or that of the name's extension where a browser did not know better:
    a HEIC without a type, a CSV that Windows calls a spreadsheet.
    """
    patterns = tuple(patterns)
    if is_allowed(content_type, patterns):
        return content_type
    by_name = _BY_EXTENSION.get(name.rpartition(".")[2].lower())
    if by_name is None or content_type not in _UNRELIABLE:
        return None
    return by_name if is_allowed(by_name, patterns) else None


def is_inert(content_type: str) -> bool:
    """Return whether a browser may show this type inline."""
    return content_type in INERT


def neutralise(content_type: str) -> str:
    """Return the Content-Type to send with an upload: never one that a page runs or applies."""
    if content_type == "text/plain":
        return "text/plain; charset=utf-8"  # otherwise the browser guesses
    is_markup = content_type.endswith("+xml") and content_type != "image/svg+xml"
    is_script = content_type.startswith("text/javascript")  # also text/javascript1.5
    return BYTES if content_type in _LOADED or is_markup or is_script else content_type
