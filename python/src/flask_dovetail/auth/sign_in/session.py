"""Logins of the session strategy: an opaque id in a cookie, given and rotated."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from ...core import state
from ..authority import Auth
from ..logins.rules import digest
from ..manage_logins import new_login, read_former_hashes
from ..request import cookies
from ..request.caller import Caller, require_caller, session_expired, set_caller
from . import take_back

if TYPE_CHECKING:
    from ...core.identity import Identity


def begin(identity: Identity, proved_at: int) -> str:
    """Sign `identity` in with a new session id in place of any that was sent (ASVS 7.2.4).

    Returns the new id.

    Raises:
        AmbiguousCookie: it is unclear which login this one replaces.
        OutdatedProof: see `Logins.create`.
    """
    auth = state.get(Auth)
    former = read_former_hashes(auth)
    session_id = secrets.token_urlsafe(32)
    token_hash = digest(session_id)
    login = new_login(auth, identity)
    auth.logins.create(login, token_hash, proved_at=proved_at, replaces=former)
    set_caller(Caller(auth, login, identity, token_hash=token_hash))
    cookies.give(auth.cookie, session_id, max_age=auth.settings.absolute_seconds)
    take_back.if_refused(auth, login, auth.cookie)
    return session_id


def rotate_login() -> None:
    """Give the current login a new secret: call it when its privileges change (ASVS 7.2.4).

    The answer to this request carries the new cookie, the session's or the refresh cookie. Requests
    that are under way with the old one are answered with SESSION_EXPIRED, and a copy of it is worth
    nothing. CSRF tokens of an old session id are refused from now on; the browser client fetches
    another by itself. Access tokens go on until they expire, with the scopes they were issued with.

    Does nothing for a login that this request has begun, nor in a socket, which sets no cookies,
    nor for a credential of the app's own.

    Raises:
        Unauthenticated, SessionExpired: nobody is signed in, or the login has just ended.
        InvalidToken, TokenExpired: the access token signs nobody in.
    """
    current = require_caller()
    if current.in_socket or current.is_other:
        return
    if current.bearer:
        from . import token_grant

        token_grant.rotate(current)
    elif current.token_hash is not None:
        _rotate_session(current, current.token_hash)


def _rotate_session(current: Caller, token_hash: str) -> None:
    auth = current.auth
    assert current.login is not None
    session_id = secrets.token_urlsafe(32)
    successor = digest(session_id)
    if not auth.logins.rotate(current.login, token_hash, successor=successor):
        raise session_expired(current)
    set_caller(Caller(auth, current.login, current.identity, token_hash=successor))
    cookies.give(auth.cookie, session_id, max_age=auth.settings.absolute_seconds)
