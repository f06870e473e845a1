"""Credentials that outlive the request that brought them: those of open sockets.

A credential is judged once like any other. After that it is checked again for each event, and all
are checked together twice a second, so that no socket outlives its login.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import request

from ...contract.problems import SessionExpired, TokenExpired
from ...core import state
from ...core.identity import Credential, narrow_scopes
from ..authority import Auth
from ..logins.rules import CLOCK_SKEW_SECONDS
from .bearer import bearer_of
from .caller import (
    Caller,
    by_other_credential,
    identity_of,
    require_caller,
    require_live_login,
    set_caller,
)

if TYPE_CHECKING:
    from collections.abc import Collection

    from ...core.identity import Login


def capture() -> Credential:
    """Return the credential of the current request.

    Raises:
        Unauthenticated, SessionExpired, InvalidToken, TokenExpired, AmbiguousCookie: it is not
            good, or its login has been ended, whatever `DOVETAIL_AUTH_REVOCATION` says.
    """
    current = require_caller()
    require_live_login(current)
    assert current.login is not None
    token = bearer_of(request.environ)
    access_tokens = current.auth.access_tokens if current.bearer else None
    if current.is_other or access_tokens is None or token is None:
        return Credential(current.login)
    access = access_tokens.read(token, now=current.auth.now())
    return Credential(current.login, access.scopes, access.expires_at)


def restore(credential: Credential) -> None:
    """Make the owner of `credential` the caller of the current request.

    Raises:
        TokenExpired: its time is over.
        SessionExpired: the application no longer knows the person, whose login is ended; or it no
            longer knows the credential of its own that the socket was opened with.
    """
    auth = state.get(Auth)
    if credential.login.strategy == "other":
        current = by_other_credential(auth)
        login = current.login
        former = credential.login
        if login is None or (login.id, login.subject) != (former.id, former.subject):
            raise SessionExpired
        current.in_socket = True
        set_caller(current)
        return
    if is_expired(credential):
        raise TokenExpired
    identity = identity_of(auth, credential.login)
    if identity is None:
        raise SessionExpired
    if credential.scopes is not None:
        identity = narrow_scopes(identity, credential.scopes)
    bearer = credential.scopes is not None
    set_caller(Caller(auth, credential.login, identity, bearer=bearer, in_socket=True))


def is_expired(credential: Credential) -> bool:
    """Return whether the access token's time is over, by any clock within 30 s of this one."""
    return (
        credential.expires_at is not None
        and state.get(Auth).now() >= credential.expires_at + CLOCK_SKEW_SECONDS
    )


def live_logins(logins: Collection[Login]) -> set[str]:
    """Return the ids of the `logins` that no person and no limit has ended, in one or two reads.

    Credentials of the app's own are in no store: `restore` asks about each.
    """
    auth = state.get(Auth)
    now = auth.now()
    others = {login.id for login in logins if login.strategy == "other"}
    ours = {(login.subject, login.id) for login in logins if login.id not in others}
    if others and not ours:
        return others
    stored = auth.logins.find_all(ours)
    return others | {login.id for login in stored if auth.is_live(login, now)}
