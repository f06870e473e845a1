"""Check the settings of the stores at start, and open the stores at the first use.

Their drivers are slow to import.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from ..core.errors import ConfigurationError, MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Engine
    from valkey import Valkey

    from .config import AuthSettings
    from .logins.store import Logins
    from .tokens.config import TokenSettings
    from .tokens.keys.ring import KeyRing


def logins(
    settings: AuthSettings,
    tokens: TokenSettings,
    engine: Callable[[], Engine],
    valkey: Callable[[], Valkey] | None,
) -> Callable[[], Logins]:
    """Return the function that opens the store of logins.

    Raises:
        ConfigurationError: Valkey is chosen, but its address is not set.
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

    def open_sql() -> Logins:
        from .logins.sql import SqlLogins

        return SqlLogins(engine, **limits)

    def open_valkey() -> Logins:
        from .logins.valkey import ValkeyLogins

        assert valkey is not None
        return ValkeyLogins(valkey, **limits)

    return open_sql if settings.session_store == "sql" else open_valkey


def key_ring(
    settings: AuthSettings,
    tokens: TokenSettings,
    engine: Callable[[], Engine],
    secret_keys: list[str | bytes],
) -> Callable[[], KeyRing] | None:
    """Return the function that opens the keys of access tokens.

    None where the extra is not installed and this app does not need it.

    Raises:
        MissingExtraError: the extra is not installed, and this app issues tokens.
    """
    if not all(find_spec(package) for package in ("jwt", "cryptography")):
        if settings.strategy == "token":
            raise MissingExtraError("DOVETAIL_AUTH_STRATEGY", extra="tokens")
        return None

    def open_derived() -> KeyRing:
        from .tokens.keys.ring import DerivedKeys

        return DerivedKeys(secret_keys)

    def open_stored() -> KeyRing:
        from .tokens.keys.stored import StoredKeys

        assert tokens.algorithm != "HS256"
        return StoredKeys(
            engine,
            algorithm=tokens.algorithm,
            secret_keys=secret_keys,
            access_seconds=tokens.access_seconds,
        )

    return open_derived if tokens.algorithm == "HS256" else open_stored
