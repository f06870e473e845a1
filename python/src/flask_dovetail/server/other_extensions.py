"""Live beside extensions that the app has already, whichever was initialised first.

Looked at when the first request comes, since all of them are there then. None of them is imported.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from ..contract.ownership import is_own_view
from ..contract.security import SAFE_METHODS

if TYPE_CHECKING:
    from flask import Flask

log: logging.Logger = logging.getLogger("flask_dovetail")


def settle(app: Flask) -> None:
    """Spare Dovetail's own views the token of Flask-WTF, and warn of Flask-CORS."""
    _spare_own_views(app)
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


def _has_flask_cors(app: Flask) -> bool:
    return any(
        function.__module__.startswith("flask_cors")
        for functions in app.after_request_funcs.values()
        for function in functions
    )
