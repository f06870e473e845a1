"""Find out who the current request is from, at most once, and only when asked.

The credential is `Authorization: Bearer` or the session cookie. Where there is a bearer, only it
counts: a cookie, which no CSRF token has vouched for, never makes up for a bad bearer.

The caller is stored in the WSGI environ, which lives exactly as long as the request does (an app
context may outlive it in tests and scripts).
"""

from __future__ import annotations

from functools import partial
from time import monotonic
from typing import TYPE_CHECKING

from flask import Response, after_this_request, has_request_context, request

from ...contract.problems import InvalidToken, SessionExpired, TokenExpired, Unauthenticated
from ...core import state
from ...core.identity import Login, narrow_scopes
from ...core.worker import BEGAN_AT
from ..authority import Auth
from ..log import log
from ..logins.rules import digest, touch_is_due
from . import challenge, cookies, other_credentials
from .bearer import bearer_of
from .identities import check_identity

if TYPE_CHECKING:
    from ...contract.problem import Problem
    from ...core.identity import Identity
    from .other_credentials import Presented

_CALLER_KEY = "dovetail.auth.caller"
_JUST_BEGUN_SECONDS = 60
_VARY = "Cookie, Authorization"


class Caller:
    """The caller of one request: a login with its identity, or the reason why there is none.

    Attributes:
        login, identity: both, or neither.
        token_hash: of the session id that was sent; None where none of ours was sent, or it did not
            count.
        bearer: whether the request carried an access token, good or bad, which alone counts.
        is_other: whether it is by a credential of the app's own, which no store knows.
        in_socket: whether it is an event of a socket, whose answer sets no cookies.
        refusal, detail: why there is no login.
    """

    __slots__ = (
        "auth",
        "bearer",
        "detail",
        "identity",
        "in_socket",
        "is_other",
        "login",
        "refusal",
        "token_hash",
    )

    def __init__(
        self,
        auth: Auth,
        login: Login | None = None,
        identity: Identity | None = None,
        *,
        token_hash: str | None = None,
        bearer: bool = False,
        is_other: bool = False,
        in_socket: bool = False,
        refusal: type[Problem] = Unauthenticated,
        detail: str | None = None,
    ) -> None:
        self.auth: Auth = auth
        self.login: Login | None = login
        self.identity: Identity | None = identity
        self.token_hash: str | None = token_hash
        self.bearer: bool = bearer
        self.is_other: bool = is_other
        self.in_socket: bool = in_socket
        self.refusal: type[Problem] = refusal
        self.detail: str | None = detail


def caller() -> Caller:
    """Return the caller of the current request. Reads the store at the first call only."""
    environ = request.environ
    auth = state.get(Auth)
    cached: Caller | None = environ.get(_CALLER_KEY)
    if cached is None or cached.auth is not auth:
        environ.setdefault(BEGAN_AT, monotonic())
        depends_on_login()
        token = bearer_of(environ)
        if token is not None:
            cached = _by_bearer(auth, token)
        elif auth.security_schemes:
            cached = _by_any(auth)
        else:
            cached = _by_cookie(auth)
        environ[_CALLER_KEY] = cached
    return cached


def require_caller() -> Caller:
    """Return the caller, who is signed in.

    Raises:
        Unauthenticated: no credential was sent.
        SessionExpired: the login of the credential has ended.
        InvalidToken, TokenExpired: the access token is not ours, or its time is over.
    """
    current = caller()
    if current.login is None:
        raise current.refusal(
            current.detail,
            headers=challenge.invalid_token(current.detail or current.refusal.title)
            if current.bearer
            else challenge.plain(bearer=current.auth.issues_tokens),
        )
    return current


def caller_by_refresh_cookie() -> Caller:
    """Return the caller by the refresh cookie, for the few routes that it reaches. Not cached.

    Raises:
        AmbiguousCookie: it was sent twice with different values.
    """
    auth = state.get(Auth)
    token = cookies.read_refresh_token(auth.refresh_cookie)
    family = None if token is None else auth.families.find(token, now=auth.now())
    identity = None if family is None else identity_of(auth, family.login)
    if family is None or identity is None:
        return Caller(auth)
    return Caller(auth, family.login, identity)


def require_live_login(current: Caller) -> None:
    """Require a live login, for actions that are forbidden even while an ended login's token lives.

    Raises:
        SessionExpired: the login of the access token has been ended.
    """
    auth, login = current.auth, current.login
    assert login is not None
    if current.is_other or not current.bearer or auth.settings.revocation == "immediate":
        return  # the store, or the application, has just been asked
    if not auth.logins.exists(login.subject, login.id):
        raise session_expired(current)


def session_expired(current: Caller) -> SessionExpired:
    """Make the refusal of a login that has ended since the request began."""
    if current.bearer:
        return SessionExpired(headers=challenge.invalid_token(SessionExpired.title))
    return SessionExpired(headers=challenge.plain(bearer=current.auth.issues_tokens))


def set_caller(current: Caller) -> None:
    """Make `current` the caller of this request: somebody who has just signed in."""
    request.environ[_CALLER_KEY] = current


def set_anonymous() -> None:
    """Ignore every credential of this request from now on."""
    request.environ[_CALLER_KEY] = Caller(state.get(Auth))


def current_identity() -> Identity | None:
    """Return the identity that is signed in, or None. Outside a request: None."""
    return caller().identity if has_request_context() else None


def current_login() -> Login | None:
    """Return the login of this request, or None. Outside a request: None.

    An access token says nothing about the device: the login of one has "" as `user_agent` and
    `address`, and `last_seen_at` is when the token was issued. `list_logins` knows them.
    """
    return caller().login if has_request_context() else None


def current_subject() -> str | None:
    """Return the subject, if this request has already looked it up. Never reads a store."""
    cached: Caller | None = request.environ.get(_CALLER_KEY) if has_request_context() else None
    return cached.login.subject if cached is not None and cached.login is not None else None


def identity_of(auth: Auth, login: Login) -> Identity | None:
    """Return the identity that the application gives the owner of `login`; None ends the login."""
    assert auth.load_identity is not None
    identity = auth.load_identity(login.subject)
    if identity is None:
        auth.logins.end(login.subject, login.id)
        _log_refused(auth, login)
    else:
        check_identity(identity, "load_identity")
    return identity


def _log_refused(auth: Auth, login: Login) -> None:
    """Log that an account is gone; of a login that has just begun, what to look at."""
    fields = {"subject": login.subject, "reason": "identity refused"}
    if auth.now() - login.created_at > _JUST_BEGUN_SECONDS:
        log.info("login ended", extra=fields)
        return
    cure = (
        "load_identity returned None for the subject of a sign-in of a moment ago. If the account "
        "is there, look it up by what authenticate gave to Identity(...), which is a str."
    )
    log.warning("login ended", extra={**fields, "key": "load_identity", "cure": cure})


def depends_on_login() -> None:
    """Keep the answer to this request out of every cache, unless the view says otherwise."""
    after_this_request(_keep_private)


def _by_cookie(auth: Auth) -> Caller:
    session_id = cookies.read_secret(auth.cookie)
    if session_id is None or auth.load_identity is None:
        return Caller(auth)
    token_hash = digest(session_id)
    ended = Caller(auth, token_hash=token_hash, refusal=SessionExpired)
    login = auth.logins.find(token_hash)
    if login is None:
        return ended
    now = auth.now()
    if not auth.is_live(login, now):
        return ended
    if touch_is_due(
        last_seen_at=login.last_seen_at, now=now, touch_seconds=auth.settings.touch_seconds
    ) and not auth.logins.touch(login, token_hash, now=now):
        return ended
    identity = identity_of(auth, login)
    return ended if identity is None else Caller(auth, login, identity, token_hash=token_hash)


def by_other_credential(auth: Auth) -> Caller:
    """Return the caller by a credential of the app's own: who it is now, asked anew."""
    token = bearer_of(request.environ)
    if token is not None:
        return _by_other_bearer(auth, token) or Caller(auth, bearer=True, refusal=InvalidToken)
    presented = other_credentials.explicit(auth, request.environ)
    if presented is None:
        presented = other_credentials.ambient(auth, request.environ)
    return Caller(auth) if presented is None else _by_presented(auth, presented)


def _by_any(auth: Auth) -> Caller:
    """Return the caller of an app that takes other credentials: the first that is sent counts."""
    after_this_request(partial(_vary_by, _headers_of(auth)))
    presented = other_credentials.explicit(auth, request.environ)
    if presented is not None:
        return _by_presented(auth, presented)
    by_cookie = _by_cookie(auth)
    if by_cookie.token_hash is not None:
        return by_cookie
    presented = other_credentials.ambient(auth, request.environ)
    return by_cookie if presented is None else _by_presented(auth, presented)


def _by_presented(auth: Auth, presented: Presented, *, bearer: bool = False) -> Caller:
    known = other_credentials.identify(auth, presented)
    if known is not None:
        return Caller(auth, *known, bearer=bearer, is_other=True)
    if bearer:
        return Caller(auth, bearer=True, refusal=InvalidToken)
    where = f"The credential {presented.name} is not known."
    return Caller(auth, detail=None if presented.scheme.location == "cookie" else where)


def _by_other_bearer(auth: Auth, token: str) -> Caller | None:
    presented = other_credentials.bearer(auth, token)
    return None if presented is None else _by_presented(auth, presented, bearer=True)


def _by_bearer(auth: Auth, token: str) -> Caller:
    access_tokens = auth.access_tokens
    if access_tokens is None or auth.load_identity is None:
        return _by_other_bearer(auth, token) or Caller(auth, bearer=True, refusal=InvalidToken)
    try:
        access = access_tokens.read(token, now=auth.now())
    except InvalidToken as refusal:
        return _by_other_bearer(auth, token) or Caller(
            auth, bearer=True, refusal=InvalidToken, detail=refusal.detail
        )
    except TokenExpired as refusal:
        return Caller(auth, bearer=True, refusal=TokenExpired, detail=refusal.detail)
    login = Login(
        id=access.login_id,
        subject=access.subject,
        created_at=access.authenticated_at,
        last_seen_at=access.issued_at,
        expires_at=access.login_expires_at,
        user_agent="",
        address="",
        strategy="token",
    )
    immediate = auth.settings.revocation == "immediate"
    if immediate and not auth.logins.exists(login.subject, login.id):
        return Caller(auth, bearer=True, refusal=SessionExpired)
    identity = identity_of(auth, login)
    if identity is None:
        return Caller(auth, bearer=True, refusal=SessionExpired)
    return Caller(auth, login, narrow_scopes(identity, access.scopes), bearer=True)


def _headers_of(auth: Auth) -> list[str]:
    return [one.name for one in auth.security_schemes.values() if one.location == "header"]


def _vary_by(names: list[str], response: Response) -> Response:
    for name in names:
        response.vary.add(name)
    return response


def _keep_private(response: Response) -> Response:
    headers = response.headers
    varies: list[str] = []
    has_cache_rule = False
    for name, value in headers:  # a lookup of an absent header makes Werkzeug build an exception
        lower = name.lower()
        if lower == "cache-control":
            has_cache_rule = True
        elif lower == "vary":
            varies.append(value)
    if not has_cache_rule:
        headers.add("Cache-Control", "no-store")
    if not varies:
        headers.add("Vary", _VARY)
        return response
    written = ", ".join(varies)
    named = {name.strip().lower() for name in written.split(",")}
    missing = [name for name in _VARY.split(", ") if name.lower() not in named]
    headers["Vary"] = ", ".join([written, *missing])
    return response
