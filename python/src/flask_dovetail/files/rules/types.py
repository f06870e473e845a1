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


def normalise(content_type: str) -> str | None:
    """Return `image/png` for `Image/PNG; q=1`; None if it is invalid (RFC 6838, 4.2)."""
    bare = content_type.partition(";")[0].strip(" \t").lower()
    return bare if len(bare) <= MAX_CHARACTERS and _TYPE.fullmatch(bare) else None


def is_allowed(content_type: str, patterns: Iterable[str]) -> bool:
    """Return whether one of `patterns` (`image/png`, `image/*`, `*/*`) matches this normal type."""
    kind = content_type.partition("/")[0]
    return any(pattern.lower() in (content_type, f"{kind}/*", "*/*") for pattern in patterns)


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
