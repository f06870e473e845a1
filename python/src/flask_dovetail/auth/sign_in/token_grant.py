"""Grants of the token strategy: an access token in the body, a refresh token in the cookie `rt`."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from flask import current_app

from ...contract.problems import RefreshReused, SessionExpired, Unauthenticated
from ...core import state
from ..authority import Auth
from ..manage_logins import new_login, read_former_hashes
from ..request import challenge, cookies
from ..request.caller import Caller, identity_of, session_expired, set_caller
from ..signals import send_refresh_reused
from ..tokens.refresh.families import Refreshed, Reused
from . import take_back

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...core.identity import Identity, Login
    from ..logins.store import Family
    from ..tokens.refresh.rules import RefreshToken


class Grant(NamedTuple):
    """An access token, its life in seconds, and the login it belongs to."""

    access_token: str
    expires_in: int
    login: Login
    identity: Identity


def begin(identity: Identity, proved_at: int, *, bound_key: str | None = None) -> Grant:
    """Sign `identity` in, with a new family in place of any login that was sent.

    Args:
        bound_key: the thumbprint of the key that the family is bound to, if it is.

    Raises:
        AmbiguousCookie: it is unclear which login this one replaces.
        OutdatedProof: see `Logins.create`.
    """
    auth = state.get(Auth)
    former = read_former_hashes(auth)
    login = new_login(auth, identity)
    grant = _issue(auth, login, identity)  # first: a login that no key could sign must not begin
    token = auth.families.begin(login, proved_at=proved_at, replaces=former, bound_key=bound_key)
    _set_refresh_cookie(auth, login, token)
    take_back.if_refused(auth, login, auth.refresh_cookie)
    set_caller(Caller(auth, login, identity))
    return grant


def refresh(prove: Callable[[Family], str | None] | None = None) -> Grant:
    """Issue another access token for the family of the cookie, and the successor of its token.

    Every step that may fail comes before the one step that replaces the token: an answer of 503 has
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
    identity = None if family is None else identity_of(auth, family.login)
    grant = None
    if family is not None and identity is not None:
        grant = _issue(auth, family.login, identity)
    outcome = auth.families.refresh(token, now=now, prove=prove)
    if isinstance(outcome, Reused):
        send_refresh_reused(current_app._get_current_object(), outcome.login)  # type: ignore[attr-defined]
        raise RefreshReused(headers=challenge.plain(bearer=True))
    if grant is None or not isinstance(outcome, Refreshed):
        raise SessionExpired(headers=challenge.plain(bearer=True))
    _set_refresh_cookie(auth, outcome.login, outcome.token)
    set_caller(Caller(auth, outcome.login, identity))
    return grant


def rotate(current: Caller) -> None:
    """Give the login of an access token another refresh token, whose cookie goes with the answer.

    Raises:
        SessionExpired: it has ended.
    """
    assert current.login is not None
    token = current.auth.families.rotate(current.login)
    if token is None:
        raise session_expired(current)
    _set_refresh_cookie(current.auth, current.login, token)


def _issue(auth: Auth, login: Login, identity: Identity) -> Grant:
    access_tokens = auth.access_tokens
    assert access_tokens is not None  # refused at start; otherwise no family could exist
    access_token, expires_in = access_tokens.issue(login, identity, now=auth.now())
    return Grant(access_token, expires_in, login, identity)


def _set_refresh_cookie(auth: Auth, login: Login, token: RefreshToken) -> None:
    left = max(login.expires_at - auth.now(), 1)
    cookies.give(auth.refresh_cookie, token.text(), max_age=left)
