"""Whose idea an unsafe request was: the Origin check and the CSRF token, before every view.

Looks at the method that was sent and nothing else: `X-HTTP-Method-Override` and `_method` are never
honoured. `docs/csrf.md` is the guide.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from flask import current_app, request

from .. import state, wire
from ..contract.errors import CsrfFailed, OriginNotAllowed
from ..contract.security import CSRF_ATTRIBUTE, SAFE_METHODS
from .rules import csrf_matches, csrf_token, origin_is_allowed
from .session import Auth, be_nobody, read_secret, set_csrf_cookie

if TYPE_CHECKING:
    from flask import Flask

V = TypeVar("V", bound=Callable[..., object])
_HEADER: str = wire.HEADERS["csrf"]


def csrf_exempt(view: V) -> V:
    """Take a view out of the Origin check and the CSRF check: it proves its caller another way.

    For webhooks and the like, whose body is signed. In return, the session cookie does not count:
    for an unsafe request to such a view, nobody is signed in.
    """
    setattr(view, CSRF_ATTRIBUTE, "exempt")
    return view


def csrf_required(view: V) -> V:
    """Want a token even from a browser that carries no cookie yet (login CSRF)."""
    setattr(view, CSRF_ATTRIBUTE, "required")
    return view


def init_app(app: Flask, auth: Auth) -> None:
    """Check every unsafe request of `app`, matched by a route or not."""

    def check() -> None:
        environ = request.environ
        if environ["REQUEST_METHOD"] in SAFE_METHODS:
            return
        mark = getattr(current_app.view_functions.get(request.endpoint or ""), CSRF_ATTRIBUTE, None)
        if mark == "exempt":
            be_nobody()
            return
        origin = environ.get("HTTP_ORIGIN")
        if not origin_is_allowed(origin, environ.get("HTTP_SEC_FETCH_SITE"), auth.allowed_origins):
            raise OriginNotAllowed
        bound = _bound_to(auth)
        if bound is None:
            if mark == "required":
                raise CsrfFailed("Fetch /api/csrf-token first, and send its cookie back.")
            return
        presented = request.headers.get(_HEADER)
        if presented is None:
            raise CsrfFailed(f"The header {_HEADER} is missing.")
        if not csrf_matches(auth.csrf_keys, *bound, presented):
            raise CsrfFailed

    app.before_request(check)


def token() -> str:
    """The CSRF token for this browser; gives it an anonymous cookie where it has none of ours."""
    auth = state.get(Auth)
    bound = _bound_to(auth)
    if bound is None:
        bound = ("csrf", secrets.token_urlsafe(32))
        set_csrf_cookie(bound[1])
    return csrf_token(auth.csrf_keys[0], *bound)


def token_for(session_id: str) -> str:
    """The CSRF token of a login that this request has begun."""
    return csrf_token(state.get(Auth).csrf_keys[0], "sid", session_id)


def _bound_to(auth: Auth) -> tuple[str, str] | None:
    """The cookie that a token belongs to: the session's, else the anonymous one."""
    session_id = read_secret(auth.cookie.name)
    if session_id is not None:
        return "sid", session_id
    seed = read_secret(auth.csrf_cookie.name)
    return None if seed is None else ("csrf", seed)
