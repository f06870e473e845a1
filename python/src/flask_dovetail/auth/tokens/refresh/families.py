"""Begin, refresh, find and end refresh families, on any store of logins. No Flask.

Whatever happens to a request (two at once, a lost answer, a crash after the swap, another worker),
the token it presented has one successor. The family ends only when a token comes back that was
replaced longer ago than the window (RFC 9700 section 4.14.2).
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, NamedTuple

from ....contract.problems import ServiceUnavailable
from ...logins.rules import is_live
from . import rules as refresh_rules
from .rules import RefreshToken, handle_hash, secret_hash

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from ....core.identity import Login
    from ...logins.store import Family, Logins

_ATTEMPTS = 5
"""A swap loses at most once per generation; more often means that the store goes back."""


class Refreshed(NamedTuple):
    """The login goes on with the current token: a new one, or within the window the former one."""

    login: Login
    token: RefreshToken


class Ended(NamedTuple):
    """There is no such login, or no longer."""


class Reused(NamedTuple):
    """A replaced token came back after the window. This call has ended the login."""

    login: Login


class Families:
    """The refresh families of one app.

    Args:
        logins: gives the store.
        keys: the first makes successors; the others, of SECRET_KEY_FALLBACKS, are recognised.
        grace_seconds: how long a replaced token is answered with the current one; 0: never.
        idle_seconds: a family ends so long after its last rotation.
    """

    def __init__(
        self,
        logins: Callable[[], Logins],
        *,
        keys: tuple[bytes, ...],
        grace_seconds: int,
        idle_seconds: int,
    ) -> None:
        self._logins = logins
        self._keys = keys
        self._grace_seconds = grace_seconds
        self._idle_seconds = idle_seconds

    def begin(
        self,
        login: Login,
        *,
        proved_at: int | None = None,
        replaces: Collection[str] = (),
        bound_key: str | None = None,
    ) -> RefreshToken:
        """Store `login` as a family, in place of the logins with the hashes `replaces`.

        Raises:
            OutdatedProof: see `Logins.create`.
        """
        token = _new_token()
        self._logins().create(
            login._replace(strategy="token"),
            handle_hash(token.handle),
            proved_at=proved_at,
            replaces=replaces,
            refresh_hash=secret_hash(token.secret),
            bound_key=bound_key,
        )
        return token

    def find(self, token: RefreshToken, *, now: int) -> Family | None:
        """Return the live family whose token this is, or was within the window. Writes nothing.

        Raises:
            ServiceUnavailable: only another worker can decide, see `refresh`.
        """
        family = self._live(token, now)
        if family is None or isinstance(self._judge(family, token), refresh_rules.Reused):
            return None
        return family

    def refresh(
        self,
        token: RefreshToken,
        *,
        now: int,
        prove: Callable[[Family], str | None] | None = None,
    ) -> Refreshed | Ended | Reused:
        """Replace `token` by its successor, once, however many ask at the same time.

        Args:
            now: Unix seconds, for the limits. The store's clock measures the window.
            prove: called with the family before the token is judged; raises to refuse. Returns the
                key to which the family is bound from this rotation on, if it is not bound yet.

        Raises:
            ServiceUnavailable: the current token was made within the window with a key that this
                worker was not given (the roll-out of another SECRET_KEY is under way).
        """
        logins = self._logins()
        for _ in range(_ATTEMPTS):
            family = self._live(token, now)
            if family is None:
                return Ended()
            login = family.login
            proven = None if prove is None else prove(family)
            verdict = self._judge(family, token)
            if isinstance(verdict, refresh_rules.Same):
                return Refreshed(login, verdict.token)
            if isinstance(verdict, refresh_rules.Reused):
                # Once reused, always: it cannot have become good again since it was read.
                return Reused(login) if logins.end(login.subject, login.id) else Ended()
            if logins.advance(
                family,
                handle_hash(token.handle),
                refresh_hash=secret_hash(verdict.token.secret),
                kept=verdict.kept,
                key=verdict.key,
                now=now,
                bind=proven if family.bound_key is None else None,
            ):
                seen = max(login.last_seen_at, now)
                return Refreshed(login._replace(last_seen_at=seen), verdict.token)
        raise ServiceUnavailable(retry_after=1)

    def rotate(self, login: Login) -> RefreshToken | None:
        """Make a token that succeeds no other: all former tokens stop at once.

        Returns None if the login has ended.
        """
        token = _new_token()
        rotated = self._logins().rotate_family(
            login, handle_hash(token.handle), refresh_hash=secret_hash(token.secret)
        )
        return token if rotated else None

    def end(self, token: RefreshToken) -> Login | None:
        """End the family, whichever of its tokens this is, and return its login.

        Returns None if there was no such family.
        """
        logins = self._logins()
        family = logins.find_family(handle_hash(token.handle))
        if family is None or not logins.end(family.login.subject, family.login.id):
            return None
        return family.login

    def _live(self, token: RefreshToken, now: int) -> Family | None:
        family = self._logins().find_family(handle_hash(token.handle))
        if family is None or not is_live(
            last_seen_at=family.login.last_seen_at,
            expires_at=family.login.expires_at,
            now=now,
            idle_seconds=self._idle_seconds,
        ):
            return None
        return family

    def _judge(
        self, family: Family, token: RefreshToken
    ) -> refresh_rules.Rotate | refresh_rules.Same | refresh_rules.Reused:
        verdict = refresh_rules.judge(family, token, self._keys, self._grace_seconds)
        if isinstance(verdict, refresh_rules.Unknown):
            raise ServiceUnavailable(retry_after=1)
        return verdict


def _new_token() -> RefreshToken:
    return RefreshToken(secrets.token_urlsafe(32), secrets.token_urlsafe(32))
