"""`GET /files/<id>/content`: send the bytes, whole or in part, or redirect to them.

Uploads are dangerous in a browser, whatever type they declare. So only a few types that cannot run
anything are shown inline, no page can load an upload as a script or a style, and an upload that a
browser opens all the same has no origin, no scripts and no network.
"""

from __future__ import annotations

import secrets
from contextlib import closing
from typing import TYPE_CHECKING
from urllib.parse import quote
from uuid import UUID  # noqa: TC003 - read by @operation

from flask import Response, request
from pydantic import BaseModel, Field
from werkzeug.http import http_date
from werkzeug.wsgi import wrap_file

from ...contract import Problem, operation
from ...contract.problems import NotFound, ServiceUnavailable
from ...core import conditions, ranges, state
from ...core.own_routes import OwnBlueprint
from ...core.ranges import Multipart, Span
from ..access import may_read
from ..files import Files, log
from ..rules import names, types
from ..stores.store import Missing
from . import links

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..policy import File

CHUNK_BYTES = 256 * 1024
_NOTHING_BUT_VIEWERS = (
    "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; "
    "frame-ancestors 'none'"
)
POLICY = f"sandbox; {_NOTHING_BUT_VIEWERS}"
PLAYER_POLICY = f"sandbox allow-same-origin; {_NOTHING_BUT_VIEWERS}"
"""The browser's player fetches sound and films again; without an origin it would send no cookie."""
FOR_EVERYBODY = "public, max-age=86400, immutable"
FOR_ONE = "private, no-cache"
MOST_STORE_LINK_SECONDS = 900
"""Keep addresses that the store signs short-lived, because they outlive the login."""
_MARGIN_SECONDS = 30


class PreconditionFailed(Problem, code="PRECONDITION_FAILED"):
    """`If-Match` or `If-Unmodified-Since` (RFC 9110, 13.1) does not hold."""


class RangeNotSatisfiable(Problem, code="RANGE_NOT_SATISFIABLE"):
    """No range begins before the end; `Content-Range` says where that is (RFC 9110, 15.5.17)."""


class ContentQuery(BaseModel):
    """What a `content_url` carries."""

    download: bool = Field(default=False, description="To be saved, not shown.")
    expires: int | None = None
    subject: str = ""
    login: str = ""
    granted: bool = False
    signature: str = ""


def blueprint(problems: Sequence[type[Problem]]) -> OwnBlueprint:
    """Return the route of a file's content.

    Args:
        problems: what the application's policies raise.
    """
    routes = OwnBlueprint("dovetail_file_contents", __name__)

    @routes.get("/files/<file_id>/content")
    @operation(
        returns={200: Response, 206: Response, 302: Response},
        problems=[
            NotFound,
            PreconditionFailed,
            RangeNotSatisfiable,
            ServiceUnavailable,
            *problems,
        ],
        tags=["files"],
    )
    def get_file_content(file_id: UUID, query: ContentQuery) -> Response:
        """The bytes of a file, for its `content_url` or for somebody who may read it."""
        files = state.get(Files)
        file = files.rows.find_file(str(file_id))
        if file is None:
            raise NotFound
        for_everybody = may_read(files, file, None)
        if not for_everybody and not _may_one(files, file, query):
            raise NotFound
        headers = _headers(file, for_everybody=for_everybody, download=query.download)
        return _answer(files, file, headers)

    return routes


def _may_one(files: Files, file: File, query: ContentQuery) -> bool:
    is_open = query.expires is not None and links.verify_link(
        files,
        file,
        subject=query.subject,
        login_id=query.login,
        expires_at=query.expires,
        granted=query.granted,
        signature=query.signature,
    )
    return is_open or may_read(files, file, files.authority.current_identity())


def _headers(file: File, *, for_everybody: bool, download: bool) -> dict[str, str]:
    is_shown = types.is_inert(file.content_type) and not download
    is_played = is_shown and file.content_type.startswith(("audio/", "video/"))
    return {
        "Accept-Ranges": "bytes",
        "Cache-Control": FOR_EVERYBODY if for_everybody else FOR_ONE,
        "Content-Disposition": names.disposition("inline" if is_shown else "attachment", file.name),
        "Content-Security-Policy": PLAYER_POLICY if is_played else POLICY,
        "Content-Type": types.neutralise(file.content_type),
        "ETag": f'"{file.id}"',
        "Last-Modified": http_date(file.created_at),
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }


def _answer(files: Files, file: File, headers: dict[str, str]) -> Response:
    etag = headers["ETag"]
    outcome = conditions.evaluate(request.headers.get, etag=etag, modified=file.created_at)
    if outcome is conditions.Outcome.FAILED:
        raise PreconditionFailed
    if outcome is conditions.Outcome.NOT_MODIFIED:
        # Send the policy with a 304 as well: browsers update the headers of their cached copy from
        # it.
        return Response(status=304, headers=headers)
    if request.method == "HEAD":
        return Response(headers={**headers, "Content-Length": str(file.size)})
    there = _at_store(files, file, headers)
    if there is not None:
        return there
    _demand_bytes(files, file)
    spans = _spans(file, etag)
    return _by_nginx(files, file, headers) or _by_us(files, file, headers, spans)


def _at_store(files: Files, file: File, headers: dict[str, str]) -> Response | None:
    """Redirect to the store if it serves the bytes itself."""
    seconds = min(files.settings.link_seconds, MOST_STORE_LINK_SECONDS)
    url = files.store.link(
        file,
        disposition=headers["Content-Disposition"],
        content_type=headers["Content-Type"],
        seconds=seconds,
    )
    if url is None:
        return None
    return Response(
        status=302,
        headers={
            "Cache-Control": f"private, max-age={seconds - _MARGIN_SECONDS}",
            "Location": url,
            "Referrer-Policy": "no-referrer",
        },
    )


def _demand_bytes(files: Files, file: File) -> None:
    """Check that the store still holds the verified bytes.

    Raises:
        NotFound: the bytes are gone, or have another size than the verified ones.
    """
    try:
        is_whole = files.store.size(file.key) == file.size
    except Missing:
        is_whole = False
    if not is_whole:
        log.error("The bytes of file %s are not in the store.", file.id)
        raise NotFound


def _spans(file: File, etag: str) -> tuple[Span, ...] | None:
    """Return the requested spans of the file, or None for the whole file."""
    header = request.headers.get("Range")
    if_range = request.headers.get("If-Range")
    if header is None or not conditions.may_be_partial(
        if_range, etag=etag, modified=file.created_at
    ):
        return None
    try:
        return ranges.parse(header, file.size)
    except ranges.Unsatisfiable:
        raise RangeNotSatisfiable(headers={"Content-Range": f"bytes */{file.size}"}) from None


def _by_nginx(files: Files, file: File, headers: dict[str, str]) -> Response | None:
    """Leave the sending to nginx, which handles ranges itself; see `docs/downloads.md`.

    `If-Range` and `If-Modified-Since` are evaluated here; nginx would compare them to the date of
    the file on the disk.
    """
    prefix, path = files.settings.x_accel_prefix, files.store.path(file.key)
    if prefix is None or path is None:
        return None
    if "If-Match" in request.headers or "If-Unmodified-Since" in request.headers:
        return None
    place = quote(path.relative_to(files.folder).as_posix())
    response = Response(headers={**headers, "X-Accel-Redirect": f"{prefix}{place}"})
    del response.headers["Accept-Ranges"]  # nginx adds its own
    return response


def _by_us(
    files: Files, file: File, headers: dict[str, str], spans: tuple[Span, ...] | None
) -> Response:
    if spans is None:
        whole = wrap_file(request.environ, files.store.open(file.key), CHUNK_BYTES)
        response = Response(whole, headers=headers, direct_passthrough=True)
        length = file.size
    elif len(spans) == 1:
        response = Response(_read(files, file, spans[0]), 206, headers, direct_passthrough=True)
        response.headers["Content-Range"] = ranges.content_range(spans[0], file.size)
        length = spans[0].length
    else:
        body = Multipart(
            spans,
            size=file.size,
            content_type=headers["Content-Type"],
            boundary=secrets.token_hex(16),
        )
        response = Response(_pieces(files, file, body), 206, headers, direct_passthrough=True)
        response.headers["Content-Type"] = body.content_type
        length = body.length
    response.headers["Content-Length"] = str(length)
    return response


def _pieces(files: Files, file: File, body: Multipart) -> Iterator[bytes]:
    for piece in body:
        if isinstance(piece, Span):
            yield from _read(files, file, piece)
        else:
            yield piece


def _read(files: Files, file: File, span: Span) -> Iterator[bytes]:
    """Yield the bytes of a span.

    If they end early, raise, so that the response breaks off: it is too short.
    """
    left = span.length
    with closing(files.store.open(file.key, span.start, span.stop)) as content:
        while left:
            chunk = content.read(min(left, CHUNK_BYTES))
            if not chunk:
                raise EOFError(f"The bytes of file {file.id} end {left} bytes early.")
            left -= len(chunk)
            yield chunk
