"""The logins of both strategies: begun, listed and ended."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from flask import request

from .. import state
from . import cookies, rules
from .authority import Auth, log
from .store import Login
from .tokens.refresh_rules import handle_hash
from .visit import current_login

if TYPE_CHECKING:
    from .identity import Identity


def new_login(auth: Auth, identity: Identity) -> Login:
    """A login of `identity`, from this browser, as long as the strategy lets it live."""
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
        user_agent=rules.printable(request.headers.get("User-Agent", ""), 256),
        address=rules.printable(request.remote_addr or "", 64),
        strategy=auth.settings.strategy,
    )


def replaced(auth: Auth) -> list[str]:
    """The hashes of the logins that this browser has, of either kind: a new one ends them.

    Raises:
        AmbiguousCookie: one of our cookies was sent twice with different values.
    """
    session_id = cookies.read_secret(auth.cookie)
    refresh_token = cookies.read_refresh_token(auth.refresh_cookie)
    hashes = [] if session_id is None else [rules.digest(session_id)]
    return hashes if refresh_token is None else [*hashes, handle_hash(refresh_token.handle)]


def list_logins(subject: str) -> list[Login]:
    """Where `subject` is signed in, by either strategy, the last seen first."""
    auth = state.get(Auth)
    now = auth.now()
    return [login for login in auth.logins.of_subject(subject) if auth.is_live(login, now)]


def login_lives(subject: str, login_id: str) -> bool:
    """Whether nobody has ended that login: for addresses that were signed for it. One read."""
    return state.get(Auth).logins.exists(subject, login_id)


def end_logins(subject: str, *, keep_current: bool = False) -> int:
    """End every login of `subject`: after a password change, or by an administrator.

    Access tokens of these logins stop as `DOVETAIL_AUTH_REVOCATION` says; all else stops at once.

    Args:
        keep_current: spare the login of the current request.

    Returns:
        How many there were.
    """
    keep = current_login() if keep_current else None
    ended = state.get(Auth).logins.end_all(subject, keep=None if keep is None else keep.id)
    log.info("logins ended", extra={"subject": subject, "count": ended})
    return ended
