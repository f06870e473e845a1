"""The login of the current request: found at most once, when asked; begun, rotated and ended.

What was found is kept in the WSGI environ, which lives exactly as long as the request does (an app
context may outlive it in tests and scripts).
"""

from __future__ import annotations

import logging
import secrets
import uuid
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from flask import Response, after_this_request, has_request_context, request

from .. import state
from ..contract.errors import AmbiguousCookie, SessionExpired, Unauthenticated
from . import rules
from .store import Login

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..topology import CookieAttributes
    from .config import AuthSettings
    from .identity import Authenticate, Identity, LoadIdentity
    from .limiter import LoginLimiter
    from .store import Logins

log = logging.getLogger("flask_dovetail.auth")
_KEPT = "dovetail.auth.visit"
CHALLENGE = {"WWW-Authenticate": 'Session realm="dovetail"'}
"""What a 401 must carry (RFC 9110 section 15.5.2). Browsers show no dialog for this scheme."""


@dataclass(frozen=True)
class Auth:
    """What the login authority knows of one app."""

    settings: AuthSettings
    cookie: CookieAttributes
    csrf_cookie: CookieAttributes
    csrf_keys: tuple[bytes, ...]
    allowed_origins: frozenset[str]
    authenticate: Authenticate | None
    load_identity: LoadIdentity | None
    open_logins: Callable[[], Logins]
    limiter: LoginLimiter
    sweeper: Sweeper
    clock: Callable[[], float]

    @cached_property
    def logins(self) -> Logins:
        """The store; made at the first use, since its driver is slow to import."""
        return self.open_logins()

    def now(self) -> int:
        """Unix seconds."""
        return int(self.clock())


class Sweeper:
    """Forgets ended logins while people sign in, at most every ten minutes in each process."""

    def __init__(self) -> None:
        self._next = 0

    def run(self, logins: Logins, now: int) -> None:
        if now >= self._next:
            self._next = now + 600
            logins.sweep(now=now)


class Visit:
    """What one request turned out to be.

    Attributes:
        token_hash: of the session id that was sent; None where none of ours was.
        login, identity: both, or neither.
    """

    __slots__ = ("auth", "identity", "login", "token_hash")

    def __init__(
        self,
        auth: Auth,
        token_hash: str | None = None,
        login: Login | None = None,
        identity: Identity | None = None,
    ) -> None:
        self.auth = auth
        self.token_hash = token_hash
        self.login = login
        self.identity = identity


def visit() -> Visit:
    """Who the current request is from. Reads the store at the first call, and never again."""
    environ = request.environ
    auth = state.get(Auth)
    kept: Visit | None = environ.get(_KEPT)
    if kept is None or kept.auth is not auth:
        depends_on_login()
        kept = environ[_KEPT] = _look_up(auth)
    return kept


def _look_up(auth: Auth) -> Visit:
    session_id = read_secret(auth.cookie.name)
    if session_id is None or auth.load_identity is None:
        return Visit(auth)
    token_hash = rules.digest(session_id)
    login = auth.logins.find(token_hash)
    if login is None:
        return Visit(auth, token_hash)
    now = auth.now()
    if not _is_live(auth, login, now):
        return Visit(auth, token_hash)
    if rules.touch_is_due(
        last_seen_at=login.last_seen_at, now=now, touch_seconds=auth.settings.touch_seconds
    ) and not auth.logins.touch(login, token_hash, now=now):
        return Visit(auth, token_hash)
    identity = auth.load_identity(login.subject)
    if identity is None:
        auth.logins.end(login.subject, login.id)
        log.info("login ended", extra={"subject": login.subject, "reason": "identity refused"})
        return Visit(auth, token_hash)
    return Visit(auth, token_hash, login, identity)


def _is_live(auth: Auth, login: Login, now: int) -> bool:
    return rules.is_live(
        last_seen_at=login.last_seen_at,
        expires_at=login.expires_at,
        now=now,
        idle_seconds=auth.settings.idle_seconds,
    )


def read_secret(cookie_name: str) -> str | None:
    """The value of one of our cookies; None where it is absent, or not of our making.

    Ports do not isolate cookies: another program on the same host may set a cookie of this name.

    Raises:
        AmbiguousCookie: it was sent twice with different values (a sibling subdomain's cookie).
    """
    values = rules.cookie_values(request.environ.get("HTTP_COOKIE"), cookie_name)
    if len(values) > 1:
        raise AmbiguousCookie(f"Clear the cookies named {cookie_name} and sign in again.")
    value = values.pop() if values else ""
    return value if rules.is_secret(value) else None


def current_identity() -> Identity | None:
    """Who is signed in, or None. Outside a request: None."""
    return visit().identity if has_request_context() else None


def current_login() -> Login | None:
    """The login of this request, or None. Outside a request: None."""
    return visit().login if has_request_context() else None


def current_subject() -> str | None:
    """The subject, if this request has already asked for it. Never reads a store."""
    kept: Visit | None = request.environ.get(_KEPT) if has_request_context() else None
    return kept.login.subject if kept is not None and kept.login is not None else None


def required() -> Visit:
    """The visit of somebody who is signed in.

    Raises:
        Unauthenticated: no session id was sent.
        SessionExpired: one was sent that is not, or no longer, a login.
    """
    found = visit()
    if found.login is None:
        raise (Unauthenticated if found.token_hash is None else SessionExpired)(headers=CHALLENGE)
    return found


def begin(identity: Identity) -> str:
    """Sign `identity` in, with a new id in place of any that was sent (ASVS 7.2.4). That id."""
    auth = state.get(Auth)
    now = auth.now()
    auth.sweeper.run(auth.logins, now)
    old = read_secret(auth.cookie.name)
    session_id = secrets.token_urlsafe(32)
    login = Login(
        id=str(uuid.uuid4()),
        subject=identity.subject,
        created_at=now,
        last_seen_at=now,
        expires_at=now + auth.settings.absolute_seconds,
        user_agent=rules.printable(request.headers.get("User-Agent", ""), 256),
        address=rules.printable(request.remote_addr or "", 64),
    )
    token_hash = rules.digest(session_id)
    auth.logins.create(login, token_hash, replaces=None if old is None else rules.digest(old))
    _become(Visit(auth, token_hash, login, identity), session_id)
    return session_id


def rotate_login() -> None:
    """Give the current login a new session id: call it when its privileges change (ASVS 7.2.4).

    The answer to this request carries the new cookie. CSRF tokens of the old one are refused from
    now on; the browser client fetches another by itself. Requests that are under way with the old
    id are answered with SESSION_EXPIRED.

    Raises:
        Unauthenticated, SessionExpired: nobody is signed in, or the login has ended meanwhile.
    """
    found = required()
    assert found.login is not None
    assert found.token_hash is not None
    session_id = secrets.token_urlsafe(32)
    successor = rules.digest(session_id)
    if not found.auth.logins.rotate(found.login, found.token_hash, successor=successor):
        raise SessionExpired(headers=CHALLENGE)
    _become(Visit(found.auth, successor, found.login, found.identity), session_id)


def leave() -> None:
    """End the login whose id was sent, if it is one, and clear the cookie, since that was asked."""
    depends_on_login()
    auth = state.get(Auth)
    session_id = read_secret(auth.cookie.name)
    if session_id is None:
        return
    login = auth.logins.find(rules.digest(session_id))
    if login is not None and auth.logins.end(login.subject, login.id):
        log.info("login ended", extra={"subject": login.subject, "reason": "logout"})
    forget()


def be_nobody() -> None:
    """Leave the session cookie of this request out of account from now on."""
    request.environ[_KEPT] = Visit(state.get(Auth))


def forget() -> None:
    """Clear the session cookie with the answer to this request."""
    auth = state.get(Auth)
    be_nobody()
    after_this_request(lambda response: _set(response, auth.cookie, "", max_age=0))


def set_csrf_cookie(value: str) -> None:
    """Give a browser without a login something for its CSRF token to be bound to."""
    cookie = state.get(Auth).csrf_cookie
    after_this_request(lambda response: _set(response, cookie, value, max_age=None))


def list_logins(subject: str) -> list[Login]:
    """Where `subject` is signed in, the last seen first."""
    auth = state.get(Auth)
    now = auth.now()
    return [login for login in auth.logins.of_subject(subject) if _is_live(auth, login, now)]


def end_logins(subject: str, *, keep_current: bool = False) -> int:
    """End every login of `subject`: after a password change, or by an administrator.

    Args:
        keep_current: spare the login of the current request.

    Returns:
        How many there were.
    """
    keep = current_login() if keep_current else None
    ended = state.get(Auth).logins.end_all(subject, keep=None if keep is None else keep.id)
    log.info("logins ended", extra={"subject": subject, "count": ended})
    return ended


def depends_on_login() -> None:
    """Keep the answer to this request out of every cache, unless the view says otherwise."""
    after_this_request(_keep_private)


def _become(became: Visit, session_id: str) -> None:
    request.environ[_KEPT] = became
    auth = became.auth
    life = auth.settings.absolute_seconds

    def carry(response: Response) -> Response:
        return _set(response, auth.cookie, session_id, max_age=life)

    after_this_request(carry)


def _set(
    response: Response, cookie: CookieAttributes, value: str, *, max_age: int | None
) -> Response:
    response.set_cookie(
        cookie.name,
        value,
        max_age=max_age,
        path=cookie.path,
        domain=cookie.domain,
        secure=cookie.secure,
        httponly=cookie.httponly,
        samesite=cookie.samesite,
        partitioned=cookie.partitioned,
    )
    return response


def _keep_private(response: Response) -> Response:
    headers = response.headers
    if "Cache-Control" not in headers:
        headers["Cache-Control"] = "no-store"
    vary = headers.get("Vary")
    if vary is None:
        headers["Vary"] = "Cookie"
    elif "cookie" not in vary.lower():
        headers["Vary"] = f"{vary}, Cookie"
    return response
