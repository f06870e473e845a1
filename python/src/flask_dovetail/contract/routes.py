"""`GET /openapi.json` and the error handlers of one app; write and serve a document."""

from __future__ import annotations

import hashlib
import json
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, request

from ..core import outages, own_routes, prefix, settings, state
from . import docs_page, error_handlers
from .config import ContractSettings
from .document import add_servers, build_without_servers
from .runtime import ContractState

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def init_app(
    app: Flask,
    *,
    request_id: Callable[[], str | None],
    store_of: Callable[[BaseException], str | None],
    security_schemes: Mapping[str, Mapping[str, Any]],
) -> None:
    """Give `app` its error handlers, `GET /openapi.json` and `GET /docs`.

    Args:
        request_id: the id of the current request, for the body of a problem.
        store_of: returns the store that an exception shows to be out of reach, which is answered by
            503; None for any other exception.
        security_schemes: OpenAPI security scheme objects by name; any one of them signs in.
    """
    own_settings = settings.read(ContractSettings, app.config)
    app_outages = outages.init_app(app, store_of)
    contract = ContractState(own_settings, request_id, app_outages, security_schemes)
    state.put(app, contract)
    error_handlers.init_app(app, contract)
    serve_document(
        app, "/openapi.json", "dovetail_openapi", build_without_servers, mount=add_servers
    )
    if own_settings.docs:
        docs_page.init_app(app, title=own_settings.title or app.name)


def dump_document(document: Mapping[str, Any]) -> str:
    """Return the document as text, the same for the same app: served, exported and compared."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def serve_document(
    app: Flask,
    path: str,
    endpoint: str,
    build: Callable[[Flask], dict[str, Any]],
    *,
    mount: Callable[[dict[str, Any], str], dict[str, Any]] = lambda document, _: document,
) -> None:
    """Answer `GET path` with what `build` makes of `app`, built once, at the first request.

    Args:
        mount: adds the path that the app is mounted below.
    """

    @cache
    def built() -> dict[str, Any]:
        return build(app)

    @lru_cache(maxsize=prefix.MOST)
    def dumped(mounted_at: str) -> tuple[bytes, str]:
        text = dump_document(mount(built(), mounted_at)).encode()
        return text, hashlib.sha256(text).hexdigest()[:32]

    def document() -> Response:
        text, tag = dumped(prefix.prefix())
        response = app.response_class(text, content_type="application/json")
        response.set_etag(tag)
        response.cache_control.no_cache = True
        return response.make_conditional(request)  # type: ignore[return-value]

    own_routes.add(app, path, endpoint, document)
