"""Begin, list and end logins of both strategies."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from flask import has_request_context, request

from ..core import state
from ..core.identity import Login
from .authority import Auth
from .log import log
from .logins.rules import digest, printable
from .logins.store import KeptLogin, KeptLoginEnded
from .request import cookies
from .request.caller import caller, session_expired
from .request.other_credentials import is_other
from .tokens.refresh.rules import handle_hash

if TYPE_CHECKING:
    from sqlalchemy.orm import Session, scoped_session

    from ..core.identity import Identity


def new_login(auth: Auth, identity: Identity) -> Login:
    """Make a login of `identity` from this browser, which lives as long as the strategy allows."""
    now = auth.now()
    life = (
        auth.token_settings.refresh_seconds
        if auth.issues_tokens
        else auth.settings.absolute_seconds
    )
    return Login(
        id=str(uuid.uuid4()),
        subject=identity.subject,
        created_at=now,
        last_seen_at=now,
        expires_at=now + life,
        user_agent=printable(request.headers.get("User-Agent", ""), 256),
        address=printable(request.remote_addr or "", 64),
        strategy=auth.settings.strategy,
    )


def read_former_hashes(auth: Auth) -> list[str]:
    """Return the hashes of the logins that this browser has, of either kind: a new login ends them.

    Raises:
        AmbiguousCookie: one of our cookies was sent twice with different values.
    """
    session_id = cookies.read_secret(auth.cookie)
    refresh_token = cookies.read_refresh_token(auth.refresh_cookie)
    hashes = [] if session_id is None else [digest(session_id)]
    return hashes if refresh_token is None else [*hashes, handle_hash(refresh_token.handle)]


def list_logins(subject: str) -> list[Login]:
    """Return the live logins of `subject`, of either strategy, the last seen first."""
    auth = state.get(Auth)
    now = auth.now()
    return [login for login in auth.logins.of_subject(subject) if auth.is_live(login, now)]


def login_lives(subject: str, login_id: str) -> bool:
    """Return whether nobody has ended that login, for addresses that were signed for it.

    Reads the store once.
    """
    auth = state.get(Auth)
    if is_other(login_id):
        return bool(auth.security_schemes)  # the address ends by its time, or with the account
    return auth.logins.exists(subject, login_id)


def end_logins(
    subject: str,
    *,
    keep_current: bool = False,
    session: Session | scoped_session[Any] | None = None,
) -> int:
    """End every login of `subject`: with a password change, or by an administrator.

    A sign-in that is under way proves itself again before it begins a login, so a proof from before
    this call, or from before the commit of `session`, begins none.

    Access tokens of these logins stop as `DOVETAIL_AUTH_REVOCATION` says; everything else stops at
    once.

    Args:
        keep_current: spare the login of the current request.
        session: the SQLAlchemy session that changes the password. It is flushed. Where logins are
            in SQL, they end in its transaction: the new password and the end of the logins are one
            commit. Where logins are in Valkey, they end at the call, and nobody can sign in to this
            account until the transaction is over. Commit within a minute.

    Returns:
        How many logins were ended.

    Raises:
        SessionExpired: with `keep_current`, the login of the current request has been ended, or was
            given another session id. Nothing ends then: do not commit.
        DeclarationError: logins are in SQL, and the session is on another engine.
    """
    auth = state.get(Auth)
    current = caller() if keep_current and has_request_context() else None
    keep = None
    if (
        current is not None
        and current.login is not None
        and current.login.subject == subject
        and not current.is_other
    ):
        keep = KeptLogin(current.login.id, current.token_hash)
    try:
        if session is None:
            ended = auth.logins.end_all(subject, keep=keep)
        else:
            real: Session = session() if callable(session) else session  # a scoped_session is
            ended = auth.logins.end_all_within(real, subject, keep=keep)
    except KeptLoginEnded:
        assert current is not None
        raise session_expired(current) from None
    log.info("logins ended", extra={"subject": subject, "count": ended})
    return ended
