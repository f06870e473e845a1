"""Which function a route leads to: an operation itself, or a decorator of the application's.

A decorator may give arguments to the view below it. What it does not give must not come from the
client: so only an operation that the route reaches directly reads its arguments from the query.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flask import Flask

_WRAPPER = "__dovetail_wrapper__"
_CALL = "__dovetail_call__"


def mark_wrapper(function: Any) -> None:
    """Mark a decorator's function of Dovetail's, which gives no arguments to what it wraps."""
    setattr(function, _WRAPPER, function)  # a decorator that copies it does not become one


def mark_call(function: Any) -> None:
    """Mark the function that `@operation` has made."""
    setattr(function, _CALL, function)


def handler_of(view: Any, method: str) -> Any:
    """Return the function that answers a method: of a `MethodView`, of a `View`, or the view.

    A `MethodView` without a method for HEAD answers by the one for GET, as Flask does.
    """
    view_class = getattr(view, "view_class", None)
    if view_class is None:
        return view
    name = "get" if method == "HEAD" and not hasattr(view_class, "head") else method.lower()
    return getattr(view_class, name, None) or getattr(view_class, "dispatch_request", view)


def direct_call(app: Flask, endpoint: str | None, method: str) -> Any:
    """Return the operation's function that a route reaches through Dovetail's wrappers only.

    None: there is none, or a decorator of the application's may give it arguments.
    """
    view = _unwrap(app.view_functions.get(endpoint or ""))
    handler = view
    if hasattr(view, "view_class"):
        if hasattr(view, "__wrapped__"):
            return None  # a decorator around the view of a class
        handler = _unwrap(handler_of(view, method))
    return handler if getattr(handler, _CALL, None) is handler else None


def _unwrap(function: Any) -> Any:
    while (marked := getattr(function, _WRAPPER, None)) is function and marked is not None:
        function = marked.__wrapped__
    return function
