"""Logins of the session strategy: an opaque id in a cookie, given and rotated."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from .. import state
from ..contract.errors import SessionExpired
from . import challenge, cookies, rules
from .authority import Auth
from .logins import new_login, replaced
from .visit import Visit, become, required

if TYPE_CHECKING:
    from .identity import Identity


def begin(identity: Identity) -> str:
    """Sign `identity` in, with a new id in place of any that was sent (ASVS 7.2.4). That id.

    Raises:
        AmbiguousCookie: which login it replaces cannot be known.
    """
    auth = state.get(Auth)
    former = replaced(auth)
    session_id = secrets.token_urlsafe(32)
    token_hash = rules.digest(session_id)
    login = new_login(auth, identity)
    auth.logins.create(login, token_hash, replaces=former)
    become(Visit(auth, login, identity, token_hash=token_hash))
    cookies.give(auth.cookie, session_id, max_age=auth.settings.absolute_seconds)
    return session_id


def rotate_login() -> None:
    """Give the current login a new session id: call it when its privileges change (ASVS 7.2.4).

    The answer to this request carries the new cookie. CSRF tokens of the old one are refused from
    now on; the browser client fetches another by itself. Requests that are under way with the old
    id are answered with SESSION_EXPIRED.

    With an access token there is nothing to do, and nothing is done: it keeps the scopes it was
    issued with at most, and the refresh that brings others rotates the login's secret.

    Raises:
        Unauthenticated, SessionExpired: nobody is signed in, or the login has ended meanwhile.
        InvalidToken, TokenExpired: the access token signs nobody in.
    """
    found = required()
    if found.token_hash is None:  # by an access token, or by the sign-in that gives one
        return
    auth = found.auth
    assert found.login is not None
    session_id = secrets.token_urlsafe(32)
    successor = rules.digest(session_id)
    if not auth.logins.rotate(found.login, found.token_hash, successor=successor):
        raise SessionExpired(headers=challenge.plain(bearer=auth.issues_tokens))
    become(Visit(auth, found.login, found.identity, token_hash=successor))
    cookies.give(auth.cookie, session_id, max_age=auth.settings.absolute_seconds)
