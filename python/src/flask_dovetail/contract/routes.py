"""`GET /openapi.json` and the error handlers of one app."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, request

from .. import settings, state
from . import docs_page, handlers
from .config import ContractSettings
from .document import build_document
from .runtime import ContractState

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def init_app(
    app: Flask,
    *,
    request_id: Callable[[], str | None],
    is_unavailable: Callable[[BaseException], bool],
    security_schemes: Mapping[str, Mapping[str, Any]],
) -> None:
    """Give `app` its error handlers, `GET /openapi.json` and `GET /docs`.

    Args:
        request_id: the id of the current request, for the body of a problem.
        is_unavailable: whether an exception means that a store is out of reach: 503 instead of 500.
        security_schemes: OpenAPI security scheme objects by name; any one of them signs in.
    """
    read = settings.read(ContractSettings, app.config)
    strict = app.debug or app.testing if read.check_responses is None else read.check_responses
    contract = ContractState(read, strict, request_id, is_unavailable, security_schemes)
    state.put(app, contract)
    handlers.init_app(app, contract)
    _serve_document(app)
    if read.docs:
        docs_page.init_app(app, title=read.title or app.name)


def dumped(document: Mapping[str, Any]) -> str:
    """The document as text, the same for the same app: what is served, exported and compared."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _serve_document(app: Flask) -> None:
    @cache
    def built() -> tuple[bytes, str]:
        text = dumped(build_document(app)).encode()
        return text, hashlib.sha256(text).hexdigest()[:32]

    def openapi() -> Response:
        text, tag = built()
        response = app.response_class(text, content_type="application/json")
        response.set_etag(tag)
        response.cache_control.no_cache = True
        return response.make_conditional(request)  # type: ignore[return-value]

    app.add_url_rule("/openapi.json", "dovetail_openapi", openapi)
