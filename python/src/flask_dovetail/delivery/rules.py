"""Decide the answer for an address (the page, a file or a 404), and its cache lifetime.

Pure: everything here is decided from strings.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

IMMUTABLE = "public, max-age=31536000, immutable"
REVALIDATE = "no-cache"
NEVER = "no-store"

MAX_CHARACTERS = 1024
"""So much of an Accept header counts; browsers send less than 300 characters."""

ENCODINGS = {"br": ".br", "gzip": ".gz"}
"""Content codings of precompressed variants, the better one first, with their file suffix."""

# The machine's own table (/etc/mime.types, the Windows registry) differs between machines.
MEDIA_TYPES = {
    "aac": "audio/aac",
    "apng": "image/apng",
    "atom": "application/atom+xml",
    "avif": "image/avif",
    "bmp": "image/bmp",
    "cjs": "text/javascript; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "csv": "text/csv; charset=utf-8",
    "cur": "image/x-icon",
    "eot": "application/vnd.ms-fontobject",
    "flac": "audio/flac",
    "geojson": "application/geo+json",
    "gif": "image/gif",
    "glb": "model/gltf-binary",
    "heic": "image/heic",
    "htm": "text/html; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "ico": "image/x-icon",
    "ics": "text/calendar; charset=utf-8",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "js": "text/javascript; charset=utf-8",
    "json": "application/json",
    "jsonld": "application/ld+json",
    "jxl": "image/jxl",
    "m3u8": "application/vnd.apple.mpegurl",
    "m4a": "audio/mp4",
    "m4s": "video/iso.segment",
    "m4v": "video/mp4",
    "md": "text/markdown; charset=utf-8",
    "mjs": "text/javascript; charset=utf-8",
    "mov": "video/quicktime",
    "mp3": "audio/mpeg",
    "mp4": "video/mp4",
    "mpd": "application/dash+xml",
    "oga": "audio/ogg",
    "ogg": "audio/ogg",
    "ogv": "video/ogg",
    "opus": "audio/ogg",
    "otf": "font/otf",
    "pdf": "application/pdf",
    "png": "image/png",
    "rss": "application/rss+xml",
    "svg": "image/svg+xml",
    "tif": "image/tiff",
    "tiff": "image/tiff",
    "ttf": "font/ttf",
    "txt": "text/plain; charset=utf-8",
    "vtt": "text/vtt; charset=utf-8",
    "wasm": "application/wasm",
    "wav": "audio/wav",
    "weba": "audio/webm",
    "webm": "video/webm",
    "webmanifest": "application/manifest+json",
    "webp": "image/webp",
    "woff": "font/woff",
    "woff2": "font/woff2",
    "xml": "application/xml",
    "zip": "application/zip",
}
# Files without an extension whose type their specification demands.
_NAMED = {
    "apple-app-site-association": "application/json",
    "matrix/client": "application/json",
    "matrix/server": "application/json",
    "oauth-authorization-server": "application/json",
    "oauth-protected-resource": "application/json",
    "openid-configuration": "application/json",
    "passkey-endpoints": "application/json",
    "webauthn": "application/json",
}
_UNSERVED = ("map", "br", "gz")
_PAGE_DESTINATIONS = {"", "document", "empty", "iframe"}
# Rollup's hash is 8 characters of base64url; other bundlers write more of hexadecimal.
_HASHED = re.compile(r".*?[-.](?P<hash>[A-Za-z0-9_-]{8}|[0-9a-f]{9,64})\.[A-Za-z0-9]+")
_WORD = re.compile(r"[A-Za-z][a-z]+[0-9]*|[0-9]+")
_SLASHES = re.compile(r"/{2,}")
_WEIGHT = re.compile(r"[01](?:\.[0-9]{0,3})?")


def media_type(path: str) -> str:
    """Return the content type of a file by its extension, or by its well-known name (RFC 8615)."""
    # Apple also looks for its file at the top of the site.
    named = _NAMED.get(path.removeprefix(".well-known/"))
    if named is not None and (path.startswith((".well-known/", "apple-"))):
        return named
    return MEDIA_TYPES.get(_extension(path), "application/octet-stream")


def is_served(path: str) -> bool:
    """Return whether a file of the build is for browsers.

    `path` is relative to the folder, with `/`. Source maps, dotfiles (Vite's manifest among them)
    and compressed variants are not for browsers; `.well-known/` is (RFC 8615).
    """
    segments = path.removeprefix(".well-known/").split("/")
    return not any(part.startswith(".") for part in segments) and _extension(path) not in _UNSERVED


def addresses(path: str) -> tuple[str, ...]:
    """Return the addresses of a file of the build: `ko/index.html` also answers at `/ko/`."""
    folder, _, name = path.rpartition("/")
    own = f"/{path}"
    return (own, f"/{folder}/") if folder and name == "index.html" else (own,)


def has_hash(path: str) -> bool:
    """Return whether the file name has a content hash: `index-DiwrgTda.js`, `logo.4f1c09ab.svg`.

    A name that reads as words and numbers has none: `vendor-polyfills.js`, `report-20260131.pdf`.
    One hash in a hundred happens to read so and is missed, which costs a revalidation; the opposite
    mistake would cost a year.
    """
    match = _HASHED.fullmatch(path.rpartition("/")[2])
    return match is not None and not _reads_as_words(match["hash"])


def cache_control(path: str, *, built: Collection[str] | None) -> str:
    """Return how long a browser may cache a file of the build without asking.

    Args:
        built: the files that Vite's manifest lists; None without a manifest.
    """
    listed = path.startswith("assets/") if built is None else path in built
    return IMMUTABLE if listed and has_hash(path) else REVALIDATE


def is_below(path: str, prefixes: Collection[str]) -> bool:
    """Return whether a path is or is below a prefix: `/api` covers `/api/x`, not `/apiary`."""
    path = _SLASHES.sub("/", path)
    return any(path == prefix or path.startswith(f"{prefix}/") for prefix in prefixes)


def is_page(path: str, *, accept: str, destination: str) -> bool:
    """Return whether the frontend's router answers an unknown address outside the API.

    A known file extension is never a page (`/app.js`). An unknown one is a page (`/users/jane.doe`)
    for clients that accept text/html by name, as browsers do when they navigate, and a missing file
    for the rest. A dotfile (`/.env`) is never a page.

    Args:
        accept: the Accept header, empty if there is none.
        destination: the Sec-Fetch-Dest header, empty if there is none.
    """
    if destination not in _PAGE_DESTINATIONS or "/." in path:
        return False
    extension = _extension(path)
    if not extension:
        return _takes(accept, "text/html", "text/*", "*/*")
    known = extension in MEDIA_TYPES or extension in _UNSERVED
    return not known and _takes(accept, "text/html")


def encodings(accept_encoding: str) -> tuple[str, ...]:
    """Return the client's accepted `ENCODINGS`, by its own order, then ours (RFC 9110 12.5.3)."""
    return _encodings(_cut(accept_encoding))


def _cut(header: str) -> str:
    """Return the whole items within the first `MAX_CHARACTERS` of an Accept header.

    What is made of a header is cached, and anybody may send ever new ones.
    """
    if len(header) <= MAX_CHARACTERS:
        return header
    return header[:MAX_CHARACTERS].rpartition(",")[0]


@lru_cache(maxsize=256)
def _encodings(accept_encoding: str) -> tuple[str, ...]:
    weights = _weights(accept_encoding)
    identity = weights.get("identity", 0.0)
    accepted = {name: weights.get(name, weights.get("*", 0.0)) for name in ENCODINGS}
    return tuple(
        sorted(
            (n for n, q in accepted.items() if q > 0 and q >= identity), key=lambda n: -accepted[n]
        )
    )


def _takes(accept: str, *ranges: str) -> bool:
    weights = _weights(_cut(accept or "*/*"))
    weight = next((weights[name] for name in ranges if name in weights), 0.0)
    return weight > 0


@lru_cache(maxsize=256)
def _weights(header: str) -> dict[str, float]:
    """Parse `gzip;q=0.5, br` into {"gzip": 0.5, "br": 1.0}; drop invalid weights."""
    weights = {}
    for item in header.lower().split(","):
        name, *parameters = (part.strip() for part in item.split(";"))
        weight = next((p[2:] for p in parameters if p.startswith("q=")), "1")
        if name and _WEIGHT.fullmatch(weight):
            weights[name] = float(weight)
    return weights


def _extension(path: str) -> str:
    name, dot, extension = path.rpartition("/")[2].rpartition(".")
    return extension.lower() if dot and name else ""


def _reads_as_words(text: str) -> bool:
    return all(_WORD.fullmatch(part) for part in re.split("[-_]", text))
