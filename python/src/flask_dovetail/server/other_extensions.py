"""Live beside extensions that the app has already, whichever was initialised first.

Looked at when the first request comes, since all of them are there then. None of them is imported.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from flask import request

from ..contract.ownership import is_own_view, view_parts
from ..contract.security import SAFE_METHODS, security_of
from ..contract.wrappers import handler_of
from ..core import own_routes

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask, Response
    from werkzeug.routing import Rule

log: logging.Logger = logging.getLogger("flask_dovetail")


def settle(app: Flask) -> None:
    """Keep Flask-WTF and Flask-Compress off what is Dovetail's; warn of CORS and of caches."""
    _spare_own_views(app)
    _spare_parts_of_files(app)
    _warn_of_cached_guards(app)
    if _has_flask_cors(app):
        log.warning(
            "Flask-CORS answers beside Dovetail, and may let other origins read answers.\n"
            "  key:  DOVETAIL_FRONTEND_ORIGINS\n"
            "  cure: list the origins of your pages there, and remove flask_cors.CORS(app); for a "
            "public feed, let its view send Access-Control-Allow-Origin: * itself."
        )


def _spare_own_views(app: Flask) -> None:
    """Exempt Dovetail's routes and guarded views from Flask-WTF's check: none needs both tokens.

    An operation without `@signed_in` may trust a login of the app's, and stays under its check.
    Flask-WTF knows views by module and name; one that shares both with a view of the app's stays
    under its check.
    """
    protect: Any = app.extensions.get("csrf")
    if not type(protect).__module__.startswith("flask_wtf"):
        return
    own: set[str] = set()
    others: set[str] = set()
    for rule in app.url_map.iter_rules():
        view = app.view_functions.get(rule.endpoint)
        methods = (rule.methods or set()) - SAFE_METHODS
        if view is None or not methods:
            continue
        all_own = all(is_own_view(app, rule.endpoint, method, guarded=True) for method in methods)
        (own if all_own else others).add(f"{view.__module__}.{view.__name__}")
    for name in own - others:
        protect.exempt(name)


def _spare_parts_of_files(app: Flask) -> None:
    """Let Flask-Compress leave files alone that a client may join from parts.

    It compresses answers of 206, too. A range of a file is a range of its bytes (RFC 9110 section
    14.4): compressed, it cannot be joined to the rest.
    """
    for functions in app.after_request_funcs.values():
        for index, function in enumerate(functions):
            if function.__module__.startswith("flask_compress"):
                functions[index] = _unless_a_part(function)


def _unless_a_part(compress: Callable[..., Any]) -> Callable[[Any], Any]:
    def compress_whole_answers(response: Response) -> Any:
        endpoint = request.endpoint or ""
        is_part = response.status_code == 206 and endpoint.startswith(own_routes.ENDPOINTS)
        is_file = (
            endpoint.startswith("dovetail_file_contents") and "Accept-Ranges" in response.headers
        )
        return response if is_part or is_file else compress(response)

    return compress_whole_answers


def _warn_of_cached_guards(app: Flask) -> None:
    """Warn where Flask-Caching keeps the answers of a guarded view for everybody."""
    cached = sorted({rule.endpoint for rule in app.url_map.iter_rules() if _is_cached(app, rule)})
    if cached:
        log.warning(
            "Flask-Caching answers before the guard of %s, with what it kept for somebody else.\n"
            "  key:  @signed_in\n"
            "  cure: write @signed_in above @cache.cached(...), and cache what is the same for "
            "everybody.",
            ", ".join(repr(endpoint) for endpoint in cached),
        )


def _is_cached(app: Flask, rule: Rule) -> bool:
    """Return whether a cache stands around a guard somewhere in what the route calls."""
    for method in rule.methods or ():
        for part in view_parts(app, rule.endpoint, method):
            is_class = hasattr(part, "view_class")
            layer = part
            while (inner := getattr(layer, "__wrapped__", None)) is not None:
                is_cache = getattr(layer, "uncached", None) is inner  # others have copied it
                guarded = handler_of(part, method) if is_class else inner
                if is_cache and security_of(guarded) is not None:
                    return True
                layer = inner
    return False


def _has_flask_cors(app: Flask) -> bool:
    return any(
        function.__module__.startswith("flask_cors")
        for functions in app.after_request_funcs.values()
        for function in functions
    )
