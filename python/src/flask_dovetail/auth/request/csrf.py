"""Check the Origin and the CSRF token of every unsafe request before the view runs.

The check uses the method that was sent and nothing else: `X-HTTP-Method-Override` and `_method` are
never honoured. `docs/csrf.md` is the guide.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from flask import Blueprint, Flask, current_app, request
from flask.views import View
from werkzeug.exceptions import RequestEntityTooLarge

from ...contract.inputs import MAX_BODY_BYTES
from ...contract.ownership import csrf_mark, is_own_request
from ...contract.problems import CsrfFailed, OriginNotAllowed
from ...contract.runtime import ContractState
from ...contract.security import CSRF_ATTRIBUTE, EXEMPT, SAFE_METHODS
from ...core import own_routes, state, wire
from ...core.errors import DeclarationError
from ..authority import Auth
from ..log import log
from . import cookies, other_credentials
from .bearer import bearer_of
from .caller import depends_on_login, set_anonymous
from .rules import csrf_matches, csrf_token, origin_is_allowed

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

V = TypeVar("V", bound=Callable[..., object])
E = TypeVar("E")
FORM_FIELD = "dovetail_csrf"
_FORM_LIMIT = "MAX_CONTENT_LENGTH"
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
_CHECKED = "dovetail.auth.csrf_checked"
_HEADER: str = wire.HEADERS["csrf"]
_REQUESTED_WITH: str = wire.HEADERS["requested_with"]
_REQUESTED_WITH_KEY = "HTTP_" + _REQUESTED_WITH.upper().replace("-", "_")
_REQUESTED_WITH_VALUE: str = wire.HEADERS["requested_with_value"]


def csrf_exempt(view: E) -> E:
    """Take a view out of the Origin check and the CSRF check: it proves its caller another way.

    This is for webhooks and the like, whose body is signed. In return, neither cookie nor bearer
    counts: for an unsafe request to such a view, nobody is signed in.

    Args:
        view: a view, a method of a `MethodView`, its class, or a blueprint with all of its views.

    Raises:
        DeclarationError: it is something else, such as an endpoint's name or the app.
    """
    is_view = callable(view) and not isinstance(view, type) and not isinstance(view, Flask)
    is_class = isinstance(view, type) and issubclass(view, View)
    if not (is_view or is_class or isinstance(view, Blueprint)):
        raise DeclarationError(
            f"csrf_exempt({view!r}) would exempt nothing.\n"
            "  key:  csrf_exempt\n"
            "  cure: give it a view, a method of a MethodView, its class, or a blueprint."
        )
    setattr(view, CSRF_ATTRIBUTE, EXEMPT)
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
    of_all = auth.settings.csrf_views == "all"

    def check() -> None:
        environ = request.environ
        if environ["REQUEST_METHOD"] in SAFE_METHODS:
            return
        mark = csrf_mark(app, request.endpoint, request.method)
        if mark == EXEMPT:
            environ[_CHECKED] = auth
            set_anonymous()
            return
        origin = environ.get("HTTP_ORIGIN")
        if not origin_is_allowed(origin, environ.get("HTTP_SEC_FETCH_SITE"), auth.allowed_origins):
            raise OriginNotAllowed(_advice(origin, auth))
        bearer_of(environ)  # decided by the headers as they arrived, whatever a hook does to them
        other_credentials.explicit(auth, environ)
        if of_all or is_own_request(app, request):
            _check_token(auth, mark)

    app.before_request(check)
    state.get(ContractState, app).checks.append(check_token)


def check_token() -> None:
    """Check the CSRF token of an unsafe request that has not been checked yet.

    `signed_in` and every operation call this, since a decorator may hide them from
    `is_own_request`.

    Raises:
        CsrfFailed: the token is missing, or that of another login.
    """
    environ = request.environ
    if environ["REQUEST_METHOD"] in SAFE_METHODS:
        return
    auth = state.get(Auth)
    if environ.get(_CHECKED) is not auth:  # an app in front may have handed its request on
        _check_token(auth, None)


def token() -> str:
    """Return the CSRF token of this browser: for `X-CSRF-Token`, or the field `dovetail_csrf`.

    A browser that has none of our cookies is given an anonymous one. Put it into a form as
    `<input type="hidden" name="dovetail_csrf" value="…">`; no cache may store that page.
    """
    depends_on_login()
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


def _check_token(auth: Auth, mark: str | None) -> None:
    """Check an unsafe request as `mark` says, once."""
    environ = request.environ
    environ[_CHECKED] = auth
    if mark == "json":
        return
    if mark == "requested with":
        if not _is_requested_with(environ):
            raise CsrfFailed(f"Send {_REQUESTED_WITH}: {_REQUESTED_WITH_VALUE}.")
        return
    # Then only a bearer counts, or a header of the app's own (`caller`), which no other site's page
    # can send.
    if mark != "required" and bearer_of(environ) is not None:
        return
    if mark != "required" and other_credentials.explicit(auth, environ) is not None:
        return
    if mark == "logs out" and _is_requested_with(environ):
        return
    _require_token(auth, mark)


def _advice(origin: str | None, auth: Auth) -> str | None:
    """Log which origin was refused and which key allows it; tell the client only in debug."""
    allowed = ", ".join(sorted(auth.allowed_origins))
    cure = (
        f"The origin {origin} is none of {allowed}. If its pages are yours, list it in "
        "DOVETAIL_FRONTEND_ORIGINS, or set DOVETAIL_API_ORIGIN to the address that browsers show."
    )
    log.warning(
        "origin refused",
        extra={"origin": origin, "allowed": allowed, "key": "DOVETAIL_FRONTEND_ORIGINS"},
    )
    return cure if current_app.debug else None


def _fetch_first() -> CsrfFailed:
    where = own_routes.address("/api/csrf-token")
    return CsrfFailed(f"Fetch {where} first, and send its cookie back.")


def _require_token(auth: Auth, mark: str | None) -> None:
    bound = _bound_to(auth)
    if bound is None:
        if mark == "required":
            raise _fetch_first()
        if mark is None and other_credentials.needs_token(auth, request.environ):
            raise _fetch_first()
        if mark == "logs out" and cookies.read_refresh_token(auth.refresh_cookie) is not None:
            raise CsrfFailed(f"Send {_REQUESTED_WITH}: {_REQUESTED_WITH_VALUE}.")
        return
    presented = request.headers.get(_HEADER)
    is_form = request.mimetype in _FORMS
    if presented is None and is_form:
        presented = _field_of_form()
    if presented is None:
        field = f", and so is the field {FORM_FIELD} of the form" if is_form else ""
        raise CsrfFailed(f"The header {_HEADER} is missing{field}.")
    if not csrf_matches(auth.csrf_keys, *bound, presented):
        raise CsrfFailed


def _field_of_form() -> str | None:
    """Return the token of a form, which anybody may send, and which Flask does not bound."""
    if request.max_content_length is not None:
        return request.form.get(FORM_FIELD)
    request.max_content_length = MAX_BODY_BYTES
    try:
        return request.form.get(FORM_FIELD)
    except RequestEntityTooLarge:
        log.warning(
            "form refused",
            extra={"bytes": request.content_length, "limit": MAX_BODY_BYTES, "key": _FORM_LIMIT},
        )
        raise


def _bound_to(auth: Auth) -> tuple[str, str] | None:
    """Return the cookie that a token belongs to: the session's, else the anonymous one."""
    session_id = cookies.read_secret(auth.cookie)
    if session_id is not None:
        return "sid", session_id
    seed = cookies.read_secret(auth.csrf_cookie)
    return None if seed is None else ("csrf", seed)
