"""The state of the login authority of one app."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from .logins.rules import is_live

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ..core.identity import Authenticate, LoadIdentity, Login, SecurityScheme
    from ..server.bulkhead import Bulkhead
    from ..topology import CookieAttributes
    from .config import AuthSettings
    from .limiter import LoginLimiter
    from .logins.store import Logins
    from .tokens.access import AccessTokens
    from .tokens.config import TokenSettings
    from .tokens.keys.ring import KeyRing
    from .tokens.refresh.families import Families


@dataclass(frozen=True)
class Auth:
    """The login authority of one app.

    Attributes:
        open_key_ring: None where its packages are not installed, which only the session strategy
            allows.
        issuer: of access tokens; the API's origin.
        security_schemes: the credentials of the app's own, by their names in the document.
        other_credentials_key: names them without telling them.
    """

    settings: AuthSettings
    token_settings: TokenSettings
    cookie: CookieAttributes
    csrf_cookie: CookieAttributes
    refresh_cookie: CookieAttributes
    csrf_keys: tuple[bytes, ...]
    refresh_keys: tuple[bytes, ...]
    allowed_origins: frozenset[str]
    authenticate: Authenticate | None
    load_identity: LoadIdentity | None
    open_logins: Callable[[], Logins]
    open_key_ring: Callable[[], KeyRing] | None
    issuer: str
    limiter: LoginLimiter
    password_checks: Bulkhead
    clock: Callable[[], float]
    security_schemes: Mapping[str, SecurityScheme] = field(default_factory=dict)
    other_credentials_key: bytes = b""

    @cached_property
    def logins(self) -> Logins:
        """The store of logins, opened at the first use because its driver is slow to import."""
        return self.open_logins()

    @cached_property
    def families(self) -> Families:
        """The refresh families: the logins of the token strategy, in the same store."""
        from .tokens.refresh.families import Families

        return Families(
            lambda: self.logins,
            keys=self.refresh_keys,
            grace_seconds=self.token_settings.refresh_grace_seconds,
            idle_seconds=self.token_settings.refresh_idle_seconds,
        )

    @cached_property
    def key_ring(self) -> KeyRing | None:
        """The keys of access tokens, opened at the first use: their drivers are slow to import."""
        return None if self.open_key_ring is None else self.open_key_ring()

    @cached_property
    def access_tokens(self) -> AccessTokens | None:
        """Issues and reads access tokens; None where `key_ring` is None."""
        if self.key_ring is None:
            return None
        from .tokens.access import AccessTokens

        return AccessTokens(
            self.key_ring,
            issuer=self.issuer,
            audience=self.token_settings.audience or self.issuer,
            access_seconds=self.token_settings.access_seconds,
        )

    @property
    def issues_tokens(self) -> bool:
        """Whether a login of this app gives tokens, and not a session cookie."""
        return self.settings.strategy == "token"

    def now(self) -> int:
        """Return the time in Unix seconds."""
        return int(self.clock())

    def is_live(self, login: Login, now: int) -> bool:
        """Return whether no limit has ended `login`, which the store still has."""
        of_session = login.strategy == "session"
        return is_live(
            last_seen_at=login.last_seen_at,
            expires_at=login.expires_at,
            now=now,
            idle_seconds=self.settings.idle_seconds
            if of_session
            else self.token_settings.refresh_idle_seconds,
        )
