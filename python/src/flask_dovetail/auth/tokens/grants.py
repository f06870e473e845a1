"""What a token login gives: an access token in the body, a refresh token in the cookie `rt`."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from flask import current_app

from ... import state
from ...contract.errors import RefreshReused, SessionExpired, Unauthenticated
from .. import challenge, cookies
from ..authority import Auth
from ..logins import new_login, replaced
from ..signals import tell_reused
from ..visit import Visit, become, identified, session_expired
from .families import Refreshed, Reused

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..identity import Identity, Login
    from ..store import Family
    from .refresh_rules import RefreshToken


class Grant(NamedTuple):
    """An access token, for so many seconds, of this login."""

    access_token: str
    expires_in: int
    login: Login
    identity: Identity


def begin(identity: Identity, proved_at: int, *, bound_key: str | None = None) -> Grant:
    """Sign `identity` in, with a new family in place of any login that was sent.

    Args:
        bound_key: the thumbprint of the key that the family is bound to, if it is.

    Raises:
        AmbiguousCookie: which login it replaces cannot be known.
        OutdatedProof: see `Logins.create`.
    """
    auth = state.get(Auth)
    former = replaced(auth)
    login = new_login(auth, identity)
    grant = _granted(auth, login, identity)  # first: a login that no key could sign is not begun
    token = auth.families.begin(login, proved_at=proved_at, replaces=former, bound_key=bound_key)
    _give(auth, login, token)
    become(Visit(auth, login, identity))
    return grant


def refresh(prove: Callable[[Family], str | None] | None = None) -> Grant:
    """Another access token for the family of the cookie, and the successor of its token.

    All that may fail is done before the one step that replaces the token: an answer of 503 has
    changed nothing.

    Args:
        prove: see `Families.refresh`.

    Raises:
        Unauthenticated: no refresh token was sent.
        SessionExpired: its family has ended.
        RefreshReused: the token was replaced longer ago than the grace window.
        AmbiguousCookie: it was sent twice with different values.
    """
    auth = state.get(Auth)
    token = cookies.read_refresh_token(auth.refresh_cookie)
    if token is None:
        raise Unauthenticated(headers=challenge.plain(bearer=True))
    now = auth.now()
    family = auth.families.find(token, now=now)
    identity = None if family is None else identified(auth, family.login)
    grant = None
    if family is not None and identity is not None:
        grant = _granted(auth, family.login, identity)
    outcome = auth.families.refresh(token, now=now, prove=prove)
    if isinstance(outcome, Reused):
        tell_reused(current_app._get_current_object(), outcome.login)  # type: ignore[attr-defined]
        raise RefreshReused(headers=challenge.plain(bearer=True))
    if grant is None or not isinstance(outcome, Refreshed):
        raise SessionExpired(headers=challenge.plain(bearer=True))
    _give(auth, outcome.login, outcome.token)
    become(Visit(auth, outcome.login, identity))
    return grant


def rotate(found: Visit) -> None:
    """Give the login of an access token another refresh token, whose cookie goes with the answer.

    Raises:
        SessionExpired: it has ended.
    """
    assert found.login is not None
    token = found.auth.families.rotate(found.login)
    if token is None:
        raise session_expired(found)
    _give(found.auth, found.login, token)


def _granted(auth: Auth, login: Login, identity: Identity) -> Grant:
    access_tokens = auth.access_tokens
    assert access_tokens is not None  # refused at start, or no family could be there
    access_token, expires_in = access_tokens.issue(login, identity, now=auth.now())
    return Grant(access_token, expires_in, login, identity)


def _give(auth: Auth, login: Login, token: RefreshToken) -> None:
    left = max(login.expires_at - auth.now(), 1)
    cookies.give(auth.refresh_cookie, token.text(), max_age=left)
