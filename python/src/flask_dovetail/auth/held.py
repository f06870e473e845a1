"""Credentials that outlive the request that brought them: those of open sockets.

Judged once like any other, then held; asked about again for each event, and about all at once,
twice a second, so that no socket outlives its login.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import request

from .. import state
from ..contract.errors import SessionExpired, TokenExpired
from .authority import Auth
from .bearer import bearer_of
from .identity import Credential, narrowed
from .rules import CLOCK_SKEW_SECONDS
from .visit import Visit, become, demand_not_ended, identified, required

if TYPE_CHECKING:
    from collections.abc import Collection

    from .identity import Login


def capture() -> Credential:
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
        return Credential(found.login)
    access = access_tokens.read(token, now=found.auth.now())
    return Credential(found.login, access.scopes, access.expires_at)


def restore(credential: Credential) -> None:
    """Make the current request one of the person who holds it.

    Raises:
        TokenExpired: its time is over.
        SessionExpired: the application no longer knows the person; the login is ended.
    """
    auth = state.get(Auth)
    if is_expired(credential):
        raise TokenExpired
    identity = identified(auth, credential.login)
    if identity is None:
        raise SessionExpired
    if credential.scopes is not None:
        identity = narrowed(identity, credential.scopes)
    bearer = credential.scopes is not None
    become(Visit(auth, credential.login, identity, bearer=bearer, in_socket=True))


def is_expired(credential: Credential) -> bool:
    """Whether the access token's time is over, by any clock within 30 s of this one."""
    return (
        credential.expires_at is not None
        and state.get(Auth).now() >= credential.expires_at + CLOCK_SKEW_SECONDS
    )


def live_logins(logins: Collection[Login]) -> set[str]:
    """The ids of those that nobody and no limit has ended: one or two reads for all of them."""
    auth = state.get(Auth)
    now = auth.now()
    found = auth.logins.find_all({(login.subject, login.id) for login in logins})
    return {login.id for login in found if auth.is_live(login, now)}
