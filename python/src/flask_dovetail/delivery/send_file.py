"""Send one file of the build: the variant that the client takes, whole, in parts or not again."""

from __future__ import annotations

import os
import secrets
from typing import IO, TYPE_CHECKING

from flask import Response, request
from werkzeug import exceptions
from werkzeug.wsgi import wrap_file

from ..contract.problems import NotFound
from ..core import conditions, ranges
from ..core.ranges import Multipart, Span
from . import rules

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from .build import Variant

_CHUNK_BYTES = 256 * 1024


def respond(file: Mapping[str, Variant]) -> Response:
    """Answer with the file, given as its variants by content coding.

    Conditions and ranges are those of uploaded files (`files/downloads`).

    Raises:
        NotFound: a large file is no longer the indexed one.
        RequestedRangeNotSatisfiable, PreconditionFailed: RFC 9110, 15.5.17 and 15.5.13.
    """
    accepted = rules.encodings(request.headers.get("Accept-Encoding", "")) if len(file) > 1 else ()
    variant = file[next((coding for coding in accepted if coding in file), "")]
    body = variant.body
    if body is not None:
        return _answer(variant, lambda: body, lambda span: iter((body[span.start : span.stop],)))
    opened = _open(variant)
    try:
        response = _answer(
            variant,
            lambda: wrap_file(request.environ, opened, _CHUNK_BYTES),
            lambda span: _read(opened, span),
        )
    except exceptions.HTTPException:
        opened.close()
        raise
    if request.method == "HEAD" or response.status_code == 304:
        opened.close()  # nothing of it is sent
    response.direct_passthrough = response.status_code == 200  # then the server may use sendfile
    response.call_on_close(opened.close)
    return response


def _answer(
    variant: Variant,
    whole: Callable[[], bytes | object],
    part: Callable[[Span], Iterator[bytes]],
) -> Response:
    headers = variant.headers.copy()
    etag = headers["ETag"]
    outcome = conditions.evaluate(request.headers.get, etag=etag, modified=variant.modified)
    if outcome is conditions.Outcome.FAILED:
        raise exceptions.PreconditionFailed
    if outcome is conditions.Outcome.NOT_MODIFIED:
        return Response(status=304, headers=headers)
    if request.method == "HEAD":
        return Response(headers=headers)
    spans = _spans(variant, etag)
    if spans is None:
        return Response(whole(), headers=headers)  # type: ignore[arg-type]  # werkzeug's wrapper
    if len(spans) == 1:
        headers["Content-Range"] = ranges.content_range(spans[0], variant.size)
        headers["Content-Length"] = str(spans[0].length)
        return Response(part(spans[0]), 206, headers)
    multipart = Multipart(
        spans,
        size=variant.size,
        content_type=headers["Content-Type"],
        boundary=secrets.token_hex(16),
    )
    headers["Content-Type"] = multipart.content_type
    headers["Content-Length"] = str(multipart.length)
    pieces = (
        chunk
        for piece in multipart
        for chunk in (part(piece) if isinstance(piece, Span) else (piece,))
    )
    return Response(pieces, 206, headers)


def _spans(variant: Variant, etag: str) -> tuple[Span, ...] | None:
    """Return the requested spans of the file, or None for the whole file."""
    header, if_range = request.headers.get("Range"), request.headers.get("If-Range")
    if header is None or not conditions.may_be_partial(
        if_range, etag=etag, modified=variant.modified
    ):
        return None
    try:
        return ranges.parse(header, variant.size)
    except ranges.Unsatisfiable:
        raise exceptions.RequestedRangeNotSatisfiable(length=variant.size) from None


def _read(opened: IO[bytes], span: Span) -> Iterator[bytes]:
    opened.seek(span.start)
    left = span.length
    while left and (chunk := opened.read(min(left, _CHUNK_BYTES))):
        left -= len(chunk)
        yield chunk


def _open(variant: Variant) -> IO[bytes]:
    """Open the file, unless the next build has replaced it: its headers would be the old ones."""
    try:
        opened = variant.path.open("rb")
    except OSError:
        raise NotFound from None
    if os.fstat(opened.fileno()).st_size != variant.size:
        opened.close()
        raise NotFound
    return opened
