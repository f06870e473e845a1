"""The login authority as the other features know it: one object that answers their questions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import rules
from .csrf import csrf_exempt
from .guard import signed_in
from .held import capture, is_expired, live_logins, restore
from .logins import login_lives
from .visit import current_identity, current_login

if TYPE_CHECKING:
    from collections.abc import Collection

    from .identity import Credential, Identity, LoadIdentity, Login


class LoginAuthority:
    """The `Authority` of one app.

    Args:
        load_identity: the application's.
        allowed_origins: from which unsafe requests and sockets may come.
    """

    def __init__(self, load_identity: LoadIdentity, allowed_origins: frozenset[str]) -> None:
        self._load_identity = load_identity
        self._allowed_origins = allowed_origins

    def signed_in(self, view: Any = None, /, **demands: Any) -> Any:
        return signed_in(**demands) if view is None else signed_in(view)

    def csrf_exempt(self, view: Any, /) -> Any:
        return csrf_exempt(view)

    def current_login(self) -> Login | None:
        return current_login()

    def current_identity(self) -> Identity | None:
        return current_identity()

    def load_identity(self, subject: str) -> Identity | None:
        return self._load_identity(subject)

    def login_lives(self, subject: str, login_id: str) -> bool:
        return login_lives(subject, login_id)

    def live_logins(self, logins: Collection[Login]) -> set[str]:
        return live_logins(logins)

    def capture(self) -> Credential:
        return capture()

    def restore(self, credential: Credential) -> None:
        restore(credential)

    def is_expired(self, credential: Credential) -> bool:
        return is_expired(credential)

    def origin_is_allowed(self, origin: str | None, fetch_site: str | None) -> bool:
        return rules.origin_is_allowed(origin, fetch_site, self._allowed_origins)
