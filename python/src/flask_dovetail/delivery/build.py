"""The index of a built SPA: every file that may be served with its headers, made once at start.

A request is answered by looking its path up here, so nothing that a client sends ever reaches the
file system. Small files stay in memory: a running process goes on serving the whole build that it
started with, while the next one is written over it.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from werkzeug.datastructures import Headers
from werkzeug.http import http_date

from ..core.errors import ConfigurationError
from . import rules

KEY = "DOVETAIL_DELIVERY_SPA_FOLDER"
IN_MEMORY_BYTES = 1 << 20
_MANIFEST = ".vite/manifest.json"

PageHeaders = Callable[[str], Mapping[str, str]]
"""From the HTML of a page to the headers that go with it."""


@dataclass(frozen=True)
class Variant:
    """One representation of a file: as it is, or precompressed.

    Attributes:
        body: the bytes, or None above `IN_MEMORY_BYTES`: then `path` is read for each request.
        modified: Unix seconds.
        headers: the headers that do not depend on the request; copied for each answer.
    """

    path: Path
    size: int
    body: bytes | None
    modified: int
    headers: Headers


@dataclass(frozen=True)
class Folder:
    """A build, as it was when it was read.

    Attributes:
        build_id: 12 hexadecimal digits that change with index.html or Vite's manifest.
        files: URL path -> content coding ("" for the file as it is) -> variant.
        asset_folders: top folders of hashed files, such as `/assets`: no page lives below them.
    """

    build_id: str
    files: Mapping[str, Mapping[str, Variant]]
    asset_folders: frozenset[str]


def read(root: Path, page_headers: PageHeaders) -> Folder:
    """Index the folder of a build.

    Raises:
        ConfigurationError: the folder does not exist, or contains no index.html.
    """
    if not (root / "index.html").is_file():
        raise ConfigurationError(
            f"{root} holds no index.html.",
            key=KEY,
            cure="Build the frontend first (vite build), name the folder that it writes, "
            "or leave the key out where Flask serves no page.",
        )
    paths = {name: path for name, path in _walk(root) if _is_inside(path, root)}
    manifest = paths[_MANIFEST].read_bytes() if _MANIFEST in paths else None
    built = None if manifest is None else _read_manifest(manifest)
    caching = {
        name: rules.cache_control(name, built=built) for name in paths if rules.is_served(name)
    }
    return Folder(
        build_id=_digest(paths["index.html"].read_bytes() + (manifest or b""))[:12],
        files={
            address: variants
            for name, kept in caching.items()
            for variants in (_variants(name, paths, kept, page_headers),)
            for address in rules.addresses(name)
        },
        asset_folders=frozenset(
            f"/{name.partition('/')[0]}"
            for name, kept in caching.items()
            if kept == rules.IMMUTABLE and "/" in name
        ),
    )


def watch(root: Path, page_headers: PageHeaders) -> Callable[[], Folder]:
    """Return a function that reads the folder again after each build, for debug mode.

    While a build is half written, the last whole one is served.
    """
    latest = [(_snapshot(root), read(root, page_headers))]

    def current() -> Folder:
        try:
            snapshot = _snapshot(root)
            if snapshot != latest[0][0]:
                latest[0] = (snapshot, read(root, page_headers))
        except (ConfigurationError, OSError):
            pass
        return latest[0][1]

    return current


def _snapshot(root: Path) -> frozenset[tuple[str, int, int]]:
    stats = ((name, path.stat()) for name, path in _walk(root))
    return frozenset((name, stat.st_mtime_ns, stat.st_size) for name, stat in stats)


def _walk(root: Path) -> list[tuple[str, Path]]:
    return [
        (path.relative_to(root).as_posix(), path)
        for folder, _, names in os.walk(root, followlinks=False)
        for path in (Path(folder, name) for name in names)
        if path.is_file()
    ]


def _is_inside(path: Path, root: Path) -> bool:
    """Return whether a path stays in the folder; False for a symbolic link that leads out."""
    return path.resolve().is_relative_to(root.resolve())


def _read_manifest(manifest: bytes) -> frozenset[str]:
    """Return the files that the bundler named, by Vite's manifest."""
    try:
        return frozenset(
            name
            for chunk in json.loads(manifest).values()
            for name in (chunk["file"], *chunk.get("css", ()), *chunk.get("assets", ()))
        )
    except (ValueError, AttributeError, KeyError, TypeError) as error:
        raise ConfigurationError(
            f"{_MANIFEST} in the built frontend is not a manifest of Vite's.",
            key=KEY,
            cure="Build the frontend again.",
        ) from error


def _variants(
    name: str, paths: Mapping[str, Path], cache_control: str, page_headers: PageHeaders
) -> dict[str, Variant]:
    codings = {
        coding: paths[name + suffix]
        for coding, suffix in {"": "", **rules.ENCODINGS}.items()
        if name + suffix in paths
    }
    shared = {"Content-Type": rules.media_type(name), "Cache-Control": cache_control}
    if len(codings) > 1:
        shared["Vary"] = "Accept-Encoding"
    if shared["Content-Type"].startswith("text/html"):
        shared |= page_headers(paths[name].read_text("utf-8", errors="replace"))
    return {coding: _variant(path, coding, shared) for coding, path in codings.items()}


def _variant(path: Path, coding: str, shared: Mapping[str, str]) -> Variant:
    body = path.read_bytes()
    headers = Headers(shared)
    headers["Content-Length"] = str(len(body))
    headers["ETag"] = f'"{_digest(body)[:32]}"'  # of the bytes sent, so each variant has its own
    modified = int(path.stat().st_mtime)
    headers["Last-Modified"] = http_date(modified)
    headers["Accept-Ranges"] = "bytes"
    if coding:
        headers["Content-Encoding"] = coding
    return Variant(
        path=path,
        size=len(body),
        body=body if len(body) <= IN_MEMORY_BYTES else None,
        modified=modified,
        headers=headers,
    )


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
