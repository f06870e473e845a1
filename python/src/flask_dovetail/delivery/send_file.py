"""Send one file of the build: the variant that the client takes, whole, in part or not again."""

from __future__ import annotations

import os
from typing import IO, TYPE_CHECKING

from flask import Response, request
from werkzeug import exceptions
from werkzeug.wsgi import wrap_file

from ..contract.problems import NotFound
from . import rules

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .build import Variant


def respond(file: Mapping[str, Variant]) -> Response:
    """Answer with the file, given as its variants by content coding.

    Raises:
        NotFound: a large file is no longer the indexed one.
        RequestedRangeNotSatisfiable, PreconditionFailed: RFC 9110, 15.5.17 and 15.5.13.
    """
    accepted = rules.encodings(request.headers.get("Accept-Encoding", "")) if len(file) > 1 else ()
    variant = file[next((coding for coding in accepted if coding in file), "")]
    if variant.body is not None:
        return _conditional(Response(variant.body, headers=variant.headers.copy()), variant)
    opened = _open(variant)
    response = Response(
        wrap_file(request.environ, opened),
        headers=variant.headers.copy(),
        direct_passthrough=True,
    )
    try:
        _conditional(response, variant)
    except exceptions.HTTPException:
        opened.close()
        raise
    if request.method == "HEAD" or response.status_code == 304:
        opened.close()  # Werkzeug drops the body of these without closing it
    return response


def _conditional(response: Response, variant: Variant) -> Response:
    response.make_conditional(request, accept_ranges=True, complete_length=variant.size)
    if response.status_code == 412:
        raise exceptions.PreconditionFailed
    return response


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
