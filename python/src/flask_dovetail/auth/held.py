"""Credentials that outlive the request that brought them: those of open sockets.

Judged once like any other, then held; asked about again for each event, and about all at once,
twice a second, so that no socket outlives its login.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from flask import request

from .. import state
from ..contract.errors import SessionExpired, TokenExpired
from .authority import Auth
from .bearer import bearer_of
from .identity import narrowed
from .rules import CLOCK_SKEW_SECONDS
from .visit import Visit, become, demand_not_ended, identified, required

if TYPE_CHECKING:
    from collections.abc import Collection

    from .store import Login


class Held(NamedTuple):
    """A login, and what it was proved by.

    Attributes:
        login: as the request knew it.
        scopes: those of the access token; None: by the session cookie, which narrows nothing.
        expires_at: when the access token is over, Unix seconds; None: by the session cookie.
    """

    login: Login
    scopes: frozenset[str] | None = None
    expires_at: int | None = None


def hold() -> Held:
    """The credential of the current request.

    Raises:
        Unauthenticated, SessionExpired, InvalidToken, TokenExpired, AmbiguousCookie: it is not
            good, or its login has been ended, whatever `DOVETAIL_AUTH_REVOCATION` says.
    """
    found = required()
    demand_not_ended(found)
    assert found.login is not None
    token = bearer_of(request.environ)
    access_tokens = found.auth.access_tokens if found.bearer else None
    if access_tokens is None or token is None:
        return Held(found.login)
    access = access_tokens.read(token, now=found.auth.now())
    return Held(found.login, access.scopes, access.expires_at)


def resume(held: Held) -> None:
    """Make the current request one of the person who holds it.

    Raises:
        TokenExpired: its time is over.
        SessionExpired: the application no longer knows the person; the login is ended.
    """
    auth = state.get(Auth)
    if is_over(held):
        raise TokenExpired
    identity = identified(auth, held.login)
    if identity is None:
        raise SessionExpired
    if held.scopes is not None:
        identity = narrowed(identity, held.scopes)
    bearer = held.scopes is not None
    become(Visit(auth, held.login, identity, bearer=bearer, in_socket=True))


def is_over(held: Held) -> bool:
    """Whether the access token's time is over, by any clock within 30 s of this one."""
    return (
        held.expires_at is not None
        and state.get(Auth).now() >= held.expires_at + CLOCK_SKEW_SECONDS
    )


def live_logins(logins: Collection[Login]) -> set[str]:
    """The ids of those that nobody and no limit has ended: one or two reads for all of them."""
    auth = state.get(Auth)
    now = auth.now()
    found = auth.logins.find_all({(login.subject, login.id) for login in logins})
    return {login.id for login in found if auth.is_live(login, now)}
