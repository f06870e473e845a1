"""Who the current request is from: found at most once, when asked.

`Authorization: Bearer` or the session cookie: where there is a bearer, only it counts, and what is
wrong with it is never made good by a cookie, which no CSRF token has vouched for.

What was found is kept in the WSGI environ, which lives exactly as long as the request does (an app
context may outlive it in tests and scripts).
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from flask import Response, after_this_request, has_request_context, request

from .. import state
from ..contract.errors import InvalidToken, SessionExpired, TokenExpired, Unauthenticated
from ..worker import BEGAN_AT
from . import challenge, cookies, rules
from .authority import Auth
from .bearer import bearer_of
from .identity import Login, narrowed
from .log import log

if TYPE_CHECKING:
    from ..contract.problem import Problem
    from .identity import Identity

_KEPT = "dovetail.auth.visit"
_VARY = "Cookie, Authorization"


class Visit:
    """What one request turned out to be.

    Attributes:
        login, identity: both, or neither.
        token_hash: of the session id that was sent; None where none of ours was, or did not count.
        bearer: whether the request carried an access token, good or bad, which alone counts.
        in_socket: whether it is an event of a socket, whose answer sets no cookies.
        refusal, detail: why there is no login.
    """

    __slots__ = (
        "auth",
        "bearer",
        "detail",
        "identity",
        "in_socket",
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
        in_socket: bool = False,
        refusal: type[Problem] = Unauthenticated,
        detail: str | None = None,
    ) -> None:
        self.auth = auth
        self.login = login
        self.identity = identity
        self.token_hash = token_hash
        self.bearer = bearer
        self.in_socket = in_socket
        self.refusal = refusal
        self.detail = detail


def visit() -> Visit:
    """Who the current request is from. Reads the store at the first call, and never again."""
    environ = request.environ
    auth = state.get(Auth)
    kept: Visit | None = environ.get(_KEPT)
    if kept is None or kept.auth is not auth:
        environ.setdefault(BEGAN_AT, monotonic())
        depends_on_login()
        token = bearer_of(environ)
        kept = environ[_KEPT] = _by_cookie(auth) if token is None else _by_bearer(auth, token)
    return kept


def required() -> Visit:
    """The visit of somebody who is signed in.

    Raises:
        Unauthenticated: no credential was sent.
        SessionExpired: one was sent whose login has ended.
        InvalidToken, TokenExpired: the access token is none of ours, or its time is over.
    """
    found = visit()
    if found.login is None:
        raise found.refusal(
            found.detail,
            headers=challenge.invalid_token(found.detail or found.refusal.title)
            if found.bearer
            else challenge.plain(bearer=found.auth.issues_tokens),
        )
    return found


def by_refresh_cookie() -> Visit:
    """Whom the refresh cookie belongs to, where the few routes that it reaches ask. Kept nowhere.

    Raises:
        AmbiguousCookie: it was sent twice with different values.
    """
    auth = state.get(Auth)
    token = cookies.read_refresh_token(auth.refresh_cookie)
    family = None if token is None else auth.families.find(token, now=auth.now())
    identity = None if family is None else identified(auth, family.login)
    if family is None or identity is None:
        return Visit(auth)
    return Visit(auth, family.login, identity)


def demand_not_ended(found: Visit) -> None:
    """For what an ended login must not do, not even while its access token lives.

    Raises:
        SessionExpired: the login of the access token has been ended.
    """
    auth, login = found.auth, found.login
    assert login is not None
    if not found.bearer or auth.settings.revocation == "immediate":
        return  # the store has just been asked
    if not auth.logins.exists(login.subject, login.id):
        raise session_expired(found)


def session_expired(found: Visit) -> SessionExpired:
    """The refusal of a login that has ended since the request began."""
    if found.bearer:
        return SessionExpired(headers=challenge.invalid_token(SessionExpired.title))
    return SessionExpired(headers=challenge.plain(bearer=found.auth.issues_tokens))


def become(found: Visit) -> None:
    """Make the current request one of somebody who has just signed in."""
    request.environ[_KEPT] = found


def be_nobody() -> None:
    """Leave what this request carries out of account from now on."""
    request.environ[_KEPT] = Visit(state.get(Auth))


def current_identity() -> Identity | None:
    """Who is signed in, or None. Outside a request: None."""
    return visit().identity if has_request_context() else None


def current_login() -> Login | None:
    """The login of this request, or None. Outside a request: None.

    An access token says nothing of the device: by one, `user_agent` and `address` are "", and
    `last_seen_at` is when it was issued. `list_logins` knows them.
    """
    return visit().login if has_request_context() else None


def current_subject() -> str | None:
    """The subject, if this request has already asked for it. Never reads a store."""
    kept: Visit | None = request.environ.get(_KEPT) if has_request_context() else None
    return kept.login.subject if kept is not None and kept.login is not None else None


def identified(auth: Auth, login: Login) -> Identity | None:
    """What the application says about the owner of `login`; None ends it."""
    assert auth.load_identity is not None
    identity = auth.load_identity(login.subject)
    if identity is None:
        auth.logins.end(login.subject, login.id)
        log.info("login ended", extra={"subject": login.subject, "reason": "identity refused"})
    return identity


def depends_on_login() -> None:
    """Keep the answer to this request out of every cache, unless the view says otherwise."""
    after_this_request(_keep_private)


def _by_cookie(auth: Auth) -> Visit:
    session_id = cookies.read_secret(auth.cookie)
    if session_id is None or auth.load_identity is None:
        return Visit(auth)
    token_hash = rules.digest(session_id)
    ended = Visit(auth, token_hash=token_hash, refusal=SessionExpired)
    login = auth.logins.find(token_hash)
    if login is None:
        return ended
    now = auth.now()
    if not auth.is_live(login, now):
        return ended
    if rules.touch_is_due(
        last_seen_at=login.last_seen_at, now=now, touch_seconds=auth.settings.touch_seconds
    ) and not auth.logins.touch(login, token_hash, now=now):
        return ended
    identity = identified(auth, login)
    return ended if identity is None else Visit(auth, login, identity, token_hash=token_hash)


def _by_bearer(auth: Auth, token: str) -> Visit:
    access_tokens = auth.access_tokens
    if access_tokens is None or auth.load_identity is None:
        return Visit(auth, bearer=True, refusal=InvalidToken)
    try:
        access = access_tokens.read(token, now=auth.now())
    except (InvalidToken, TokenExpired) as refusal:
        return Visit(auth, bearer=True, refusal=type(refusal), detail=refusal.detail)
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
        return Visit(auth, bearer=True, refusal=SessionExpired)
    identity = identified(auth, login)
    if identity is None:
        return Visit(auth, bearer=True, refusal=SessionExpired)
    return Visit(auth, login, narrowed(identity, access.scopes), bearer=True)


def _keep_private(response: Response) -> Response:
    headers = response.headers
    varies: list[str] = []
    is_ruled = False
    for name, value in headers:  # asked for what is absent, Werkzeug makes an exception each time
        lower = name.lower()
        if lower == "cache-control":
            is_ruled = True
        elif lower == "vary":
            varies.append(value)
    if not is_ruled:
        headers.add("Cache-Control", "no-store")
    if not varies:
        headers.add("Vary", _VARY)
        return response
    written = ", ".join(varies)
    named = {name.strip().lower() for name in written.split(",")}
    missing = [name for name in _VARY.split(", ") if name.lower() not in named]
    headers["Vary"] = ", ".join([written, *missing])
    return response
