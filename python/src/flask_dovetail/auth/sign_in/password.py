"""Sign in by a password, and sign out, as the strategy says."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from flask import request

from ...contract.problems import InvalidCredentials, InvalidToken, TokenExpired, TooManyRequests
from ...core import state
from ..authority import Auth
from ..log import log
from ..logins.rules import digest
from ..request import challenge, cookies
from ..request.bearer import bearer_of
from ..request.caller import depends_on_login, set_anonymous
from ..request.identities import check_identity
from . import session
from .password_checks import password_checks
from .proof import begin_proved

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...core.identity import Credentials, Identity
    from ..request.caller import Caller

T = TypeVar("T")


def sign_in(credentials: Credentials, begin: Callable[[Identity, int], T]) -> T:
    """Begin a login of the person whose credentials these are.

    A refusal by the limit on attempts costs nothing, so the limit is checked first. A password that
    is refused for want of room has not been checked, so it does not count as an attempt: attempts
    are counted once there is room, just before the application is asked.

    Args:
        begin: see `begin_proved`.

    Raises:
        TooManyRequests: too many attempts for this account, or from this address.
        InvalidCredentials: the application knows nobody by these.
        ServiceUnavailable: too many passwords are being checked, or this one is being changed.
    """
    auth = state.get(Auth)
    is_counted = False

    def prove() -> Identity:
        nonlocal is_counted
        attempt = credentials.email, request.remote_addr
        if not is_counted:
            _refuse_if_limited(auth.limiter.wait(*attempt))
        with password_checks():
            if not is_counted:
                _refuse_if_limited(auth.limiter.attempt(*attempt))
                is_counted = True
            assert auth.authenticate is not None
            identity = auth.authenticate(credentials)
        if identity is None:
            log.info("login refused", extra={"reason": "credentials"})
            raise InvalidCredentials(headers=challenge.plain(bearer=auth.issues_tokens))
        check_identity(identity, "authenticate")
        return identity

    result = begin_proved(prove, begin)
    auth.limiter.succeeded(credentials.email)
    return result


def _refuse_if_limited(wait: int | None) -> None:
    if wait is not None:
        log.warning("login refused", extra={"reason": "too many attempts"})
        raise TooManyRequests("Too many attempts to sign in.", retry_after=wait)


def begin(identity: Identity, proved_at: int) -> None:
    """Sign `identity` in; the cookie of the app's strategy goes with the answer to this request.

    Raises:
        AmbiguousCookie: it is unclear which login this one replaces.
        OutdatedProof: see `Logins.create`.
    """
    if state.get(Auth).issues_tokens:
        from . import token_grant

        token_grant.begin(identity, proved_at)
    else:
        session.begin(identity, proved_at)


def sign_out() -> None:
    """End every login whose credential was sent, and clear its cookie: the person asked for it."""
    depends_on_login()
    auth = state.get(Auth)
    session_id = cookies.read_secret(auth.cookie)
    refresh_token = cookies.read_refresh_token(auth.refresh_cookie)
    if session_id is not None:
        login = auth.logins.find(digest(session_id))
        _end(auth, None if login is None else (login.subject, login.id))
        cookies.clear(auth.cookie)
    if refresh_token is not None:
        family = auth.families.end(refresh_token)
        if family is not None:
            _log_logout(family.subject)
        cookies.clear(auth.refresh_cookie)
    _end(auth, _login_of_bearer(auth))
    set_anonymous()


def clear_ended_cookie(current: Caller) -> None:
    """Clear the cookie of a login that its own request has ended."""
    auth = current.auth
    if not current.bearer:
        cookies.clear(auth.cookie)
    else:
        refresh_token = cookies.read_refresh_token(auth.refresh_cookie)
        if refresh_token and auth.families.find(refresh_token, now=auth.now()) is None:
            cookies.clear(auth.refresh_cookie)
    set_anonymous()


def _login_of_bearer(auth: Auth) -> tuple[str, str] | None:
    token = bearer_of(request.environ)
    if token is None or auth.access_tokens is None:
        return None
    try:
        access = auth.access_tokens.read(token, now=auth.now())
    except (InvalidToken, TokenExpired):
        return None
    return access.subject, access.login_id


def _end(auth: Auth, named: tuple[str, str] | None) -> None:
    if named is not None and auth.logins.end(*named):
        _log_logout(named[0])


def _log_logout(subject: str) -> None:
    log.info("login ended", extra={"subject": subject, "reason": "logout"})
