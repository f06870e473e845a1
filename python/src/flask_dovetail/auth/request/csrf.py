"""Check the Origin and the CSRF token of every unsafe request before the view runs.

The check uses the method that was sent and nothing else: `X-HTTP-Method-Override` and `_method` are
never honoured. `docs/csrf.md` is the guide.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from flask import current_app, request

from ...contract.problems import CsrfFailed, OriginNotAllowed
from ...contract.security import CSRF_ATTRIBUTE, SAFE_METHODS
from ...core import state, wire
from ..authority import Auth
from . import cookies
from .bearer import bearer_of
from .caller import set_anonymous
from .rules import csrf_matches, csrf_token, origin_is_allowed

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment
    from flask import Flask

V = TypeVar("V", bound=Callable[..., object])
_HEADER: str = wire.HEADERS["csrf"]
_REQUESTED_WITH: str = wire.HEADERS["requested_with"]
_REQUESTED_WITH_KEY = "HTTP_" + _REQUESTED_WITH.upper().replace("-", "_")
_REQUESTED_WITH_VALUE: str = wire.HEADERS["requested_with_value"]


def csrf_exempt(view: V) -> V:
    """Take a view out of the Origin check and the CSRF check: it proves its caller another way.

    This is for webhooks and the like, whose body is signed. In return, neither cookie nor bearer
    counts: for an unsafe request to such a view, nobody is signed in.
    """
    setattr(view, CSRF_ATTRIBUTE, "exempt")
    return view


def csrf_required(view: V) -> V:
    """Require a token even with a bearer, or from a browser without a cookie yet (login CSRF)."""
    setattr(view, CSRF_ATTRIBUTE, "required")
    return view


def json_only(view: V) -> V:
    """Require a JSON body instead of a CSRF token: no form or other site's script can send one.

    The view has to refuse every other Content-Type, and an absent one; `@operation` does.
    """
    setattr(view, CSRF_ATTRIBUTE, "json")
    return view


def requested_with_required(view: V) -> V:
    """Require `X-Requested-With: XMLHttpRequest` instead of the token, always.

    A form cannot send it, and another site's script cannot without a preflight. A page that has
    just opened has no token yet.
    """
    setattr(view, CSRF_ATTRIBUTE, "requested with")
    return view


def logs_out(view: V) -> V:
    """Accept `X-Requested-With` or a bearer instead of the token: the view only ends logins."""
    setattr(view, CSRF_ATTRIBUTE, "logs out")
    return view


def init_app(app: Flask, auth: Auth) -> None:
    """Check every unsafe request of `app`, whether a route matches it or not."""

    def check() -> None:
        environ = request.environ
        if environ["REQUEST_METHOD"] in SAFE_METHODS:
            return
        mark = getattr(current_app.view_functions.get(request.endpoint or ""), CSRF_ATTRIBUTE, None)
        if mark == "exempt":
            set_anonymous()
            return
        origin = environ.get("HTTP_ORIGIN")
        if not origin_is_allowed(origin, environ.get("HTTP_SEC_FETCH_SITE"), auth.allowed_origins):
            raise OriginNotAllowed
        if mark == "json":
            return
        if mark == "requested with":
            if not _is_requested_with(environ):
                raise CsrfFailed(f"Send {_REQUESTED_WITH}: {_REQUESTED_WITH_VALUE}.")
            return
        # From here on only a bearer counts (`caller`), which no other site's page can send.
        if mark != "required" and bearer_of(environ) is not None:
            return
        if mark == "logs out" and _is_requested_with(environ):
            return
        _require_token(auth, mark)

    app.before_request(check)


def token() -> str:
    """Return the CSRF token of this browser.

    A browser that has none of our cookies is given an anonymous one.
    """
    auth = state.get(Auth)
    bound = _bound_to(auth)
    if bound is None:
        bound = ("csrf", secrets.token_urlsafe(32))
        cookies.give(auth.csrf_cookie, bound[1], max_age=None)
    return csrf_token(auth.csrf_keys[0], *bound)


def token_for(session_id: str) -> str:
    """Return the CSRF token of a login that this request has begun."""
    return csrf_token(state.get(Auth).csrf_keys[0], "sid", session_id)


def _is_requested_with(environ: WSGIEnvironment) -> bool:
    return environ.get(_REQUESTED_WITH_KEY) == _REQUESTED_WITH_VALUE


def _require_token(auth: Auth, mark: str | None) -> None:
    bound = _bound_to(auth)
    if bound is None:
        if mark == "required":
            raise CsrfFailed("Fetch /api/csrf-token first, and send its cookie back.")
        if mark == "logs out" and cookies.read_refresh_token(auth.refresh_cookie) is not None:
            raise CsrfFailed(f"Send {_REQUESTED_WITH}: {_REQUESTED_WITH_VALUE}.")
        return
    presented = request.headers.get(_HEADER)
    if presented is None:
        raise CsrfFailed(f"The header {_HEADER} is missing.")
    if not csrf_matches(auth.csrf_keys, *bound, presented):
        raise CsrfFailed


def _bound_to(auth: Auth) -> tuple[str, str] | None:
    """Return the cookie that a token belongs to: the session's, else the anonymous one."""
    session_id = cookies.read_secret(auth.cookie)
    if session_id is not None:
        return "sid", session_id
    seed = cookies.read_secret(auth.csrf_cookie)
    return None if seed is None else ("csrf", seed)
