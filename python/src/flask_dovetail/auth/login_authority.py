"""The login authority as the other features know it: one object that answers their questions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .manage_logins import login_lives
from .request.caller import current_identity, current_login
from .request.credential import capture, is_expired, live_logins, restore
from .request.csrf import csrf_exempt
from .request.guard import signed_in
from .request.rules import origin_is_allowed

if TYPE_CHECKING:
    from collections.abc import Collection

    from ..core.identity import Credential, Identity, LoadIdentity, Login


class LoginAuthority:
    """The `Authority` of one app.

    Args:
        load_identity: the application's callable.
        allowed_origins: the origins from which unsafe requests and sockets may come.
    """

    def __init__(self, load_identity: LoadIdentity, allowed_origins: frozenset[str]) -> None:
        self._load_identity = load_identity
        self._allowed_origins = allowed_origins

    def signed_in(self, view: Any = None, /, **demands: Any) -> Any:
        """See `Authority.signed_in`."""
        return signed_in(**demands) if view is None else signed_in(view)

    def csrf_exempt(self, view: Any, /) -> Any:
        """See `Authority.csrf_exempt`."""
        return csrf_exempt(view)

    def current_login(self) -> Login | None:
        """See `Authority.current_login`."""
        return current_login()

    def current_identity(self) -> Identity | None:
        """See `Authority.current_identity`."""
        return current_identity()

    def load_identity(self, subject: str) -> Identity | None:
        """See `Authority.load_identity`."""
        return self._load_identity(subject)

    def login_lives(self, subject: str, login_id: str) -> bool:
        """See `Authority.login_lives`."""
        return login_lives(subject, login_id)

    def live_logins(self, logins: Collection[Login]) -> set[str]:
        """See `Authority.live_logins`."""
        return live_logins(logins)

    def capture(self) -> Credential:
        """See `Authority.capture`."""
        return capture()

    def restore(self, credential: Credential) -> None:
        """See `Authority.restore`."""
        restore(credential)

    def is_expired(self, credential: Credential) -> bool:
        """See `Authority.is_expired`."""
        return is_expired(credential)

    def origin_is_allowed(self, origin: str | None, fetch_site: str | None) -> bool:
        """See `Authority.origin_is_allowed`."""
        return origin_is_allowed(origin, fetch_site, self._allowed_origins)
