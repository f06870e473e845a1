"""What makes the stores: checked at start, called at the first use. Drivers are slow to import."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from ..errors import ConfigurationError, MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Engine
    from valkey import Valkey

    from .config import AuthSettings
    from .store import Logins
    from .tokens.config import TokenSettings
    from .tokens.keys import KeyRing


def logins(
    settings: AuthSettings,
    tokens: TokenSettings,
    engine: Callable[[], Engine],
    valkey: Callable[[], Valkey] | None,
) -> Callable[[], Logins]:
    """The store of logins.

    Raises:
        ConfigurationError: it is to be Valkey, of which nothing is known.
    """
    if settings.session_store == "valkey" and valkey is None:
        raise ConfigurationError(
            'DOVETAIL_AUTH_SESSION_STORE is "valkey", but DOVETAIL_VALKEY_URL is not set.',
            key="DOVETAIL_VALKEY_URL",
            cure='Set it, as in valkey://127.0.0.1:6379/0, or keep logins in "sql".',
        )
    limits: Any = {
        "idle_seconds": settings.idle_seconds,
        "refresh_idle_seconds": tokens.refresh_idle_seconds,
        "per_person": settings.logins_per_person,
    }

    def sql() -> Logins:
        from .store_sql import SqlLogins

        return SqlLogins(engine, **limits)

    def in_valkey() -> Logins:
        from .store_valkey import ValkeyLogins

        assert valkey is not None
        return ValkeyLogins(valkey, **limits)

    return sql if settings.session_store == "sql" else in_valkey


def key_ring(
    settings: AuthSettings,
    tokens: TokenSettings,
    engine: Callable[[], Engine],
    secret_keys: list[str | bytes],
) -> Callable[[], KeyRing] | None:
    """The keys of access tokens; None where the extra is not installed, and need not be.

    Raises:
        MissingExtraError: it need be: this app issues tokens.
    """
    if not all(find_spec(package) for package in ("jwt", "cryptography")):
        if settings.strategy == "token":
            raise MissingExtraError("DOVETAIL_AUTH_STRATEGY", extra="tokens")
        return None

    def derived() -> KeyRing:
        from .tokens.keys import DerivedKeys

        return DerivedKeys(secret_keys)

    def stored() -> KeyRing:
        from .tokens.stored_keys import StoredKeys

        assert tokens.algorithm != "HS256"
        return StoredKeys(
            engine,
            algorithm=tokens.algorithm,
            secret_keys=secret_keys,
            access_seconds=tokens.access_seconds,
        )

    return derived if tokens.algorithm == "HS256" else stored
