"""Which views are Dovetail's: its own routes, and every view with `@operation` or `@signed_in`.

An app that adopts Dovetail has other views, too. Their answers stay as they were; what changes is
listed in `docs/adopting.md`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from werkzeug.exceptions import HTTPException, MethodNotAllowed

from ..core import own_routes
from .declaration import ATTRIBUTE as OPERATION_ATTRIBUTE
from .security import ATTRIBUTE as SECURITY_ATTRIBUTE
from .security import CSRF_ATTRIBUTE, EXEMPT
from .wrappers import handler_of

if TYPE_CHECKING:
    from flask import Flask, Request

_CLAIMED = "dovetail.claimed"
_MARKS = (OPERATION_ATTRIBUTE, SECURITY_ATTRIBUTE)


def view_parts(app: Flask, endpoint: str | None, method: str) -> tuple[Any, ...]:
    """Return what may carry a mark: the view; of a class also its method and itself."""
    view = app.view_functions.get(endpoint or "")
    view_class = getattr(view, "view_class", None)
    if view_class is None:
        return () if view is None else (view,)
    dispatch = getattr(view_class, "dispatch_request", None)
    return view, handler_of(view, method), dispatch, view_class


def is_own_view(app: Flask, endpoint: str | None, method: str, *, guarded: bool = False) -> bool:
    """Return whether Dovetail answers for what that endpoint does with that method.

    Args:
        guarded: whether operations count only with a guard of Dovetail's.
    """
    if endpoint is None:
        return False
    if endpoint.startswith(own_routes.ENDPOINTS):
        return True
    for part in view_parts(app, endpoint, method):
        for mark in _MARKS[1:] if guarded else _MARKS:
            if getattr(part, mark, None) is not None:
                return True
    return csrf_mark(app, endpoint, method) not in (None, EXEMPT)


def is_own_request(app: Flask, request: Request) -> bool:
    """Return whether the view of `request` is Dovetail's. A request without a route has none."""
    return is_own_view(app, request.endpoint, request.method)


def is_own_error(app: Flask, request: Request) -> bool:
    """Return whether an error of `request` is Dovetail's: of its view, or of a method none takes.

    A path whose every method leads to a view of Dovetail's is Dovetail's.
    """
    refused = request.routing_exception
    if not isinstance(refused, MethodNotAllowed):
        return is_own_request(app, request)
    adapter = app.create_url_adapter(request)
    methods = {*(refused.valid_methods or ())} - {"OPTIONS"}  # Flask's own, of every rule
    if adapter is None or not methods:
        return False
    try:
        return all(is_own_view(app, adapter.match(method=each)[0], each) for each in methods)
    except HTTPException:
        return False


def is_page(app: Flask, request: Request) -> bool:
    """Return whether the view of `request` is the app's, with a guard but without a contract."""
    endpoint = request.endpoint
    if endpoint is None or endpoint.startswith(own_routes.ENDPOINTS):
        return False
    parts = view_parts(app, endpoint, request.method)
    return all(getattr(part, OPERATION_ATTRIBUTE, None) is None for part in parts)


def claim_unrouted(request: Request) -> None:
    """Make the routing failure of `request`, if it has one, Dovetail's to answer.

    Where Dovetail serves the page, an address that is none is no page of the app's either.
    """
    if request.routing_exception is not None:
        request.environ[_CLAIMED] = True


def is_claimed(request: Request) -> bool:
    """Return whether Dovetail answers for the routing failure of `request`."""
    return _CLAIMED in request.environ


def csrf_mark(app: Flask, endpoint: str | None, method: str) -> str | None:
    """Return how a request is checked: the mark of its view, its class or one of its blueprints."""
    for part in view_parts(app, endpoint, method):
        mark: str | None = getattr(part, CSRF_ATTRIBUTE, None)
        if mark is not None:
            return mark
    name = (endpoint or "").rpartition(".")[0]
    while name:
        of_blueprint: str | None = getattr(app.blueprints.get(name), CSRF_ATTRIBUTE, None)
        if of_blueprint is not None:
            return of_blueprint
        name = name.rpartition(".")[0]
    return None
