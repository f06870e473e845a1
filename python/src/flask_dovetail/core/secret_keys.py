"""Read `SECRET_KEY` and its fallbacks, from which every other key is derived."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .errors import ConfigurationError

if TYPE_CHECKING:
    from flask import Flask

MIN_SECRET_KEY_BYTES = 16
TEST_KEY = "for tests alone, and known to everybody who reads this"
"""The `SECRET_KEY` of `flask_dovetail.testing.TEST_SETTINGS`."""

_MAKE_A_KEY = 'Make one with: python -c "import secrets; print(secrets.token_hex(32))"'


def secret_keys(app: Flask) -> list[str | bytes]:
    """Return SECRET_KEY first, then SECRET_KEY_FALLBACKS, which are only accepted.

    Raises:
        ConfigurationError: one is missing or short, or everybody knows it and `TESTING` is off.
    """
    keys = [app.config.get("SECRET_KEY"), *(app.config.get("SECRET_KEY_FALLBACKS") or ())]
    for name, key in zip(["SECRET_KEY", *["SECRET_KEY_FALLBACKS"] * len(keys)], keys, strict=False):
        if not isinstance(key, (str, bytes)) or not key:
            raise ConfigurationError(f"{name} is not set.", key=name, cure=_MAKE_A_KEY)
        if key == TEST_KEY and not app.testing:
            raise ConfigurationError(
                f"{name} is the one of TEST_SETTINGS, which everybody knows, and TESTING is off.",
                key=name,
                cure=_MAKE_A_KEY,
            )
        size = len(key.encode() if isinstance(key, str) else key)
        if size < MIN_SECRET_KEY_BYTES:
            raise ConfigurationError(
                f"{name} has {size} bytes; CSRF tokens made with fewer than "
                f"{MIN_SECRET_KEY_BYTES} can be guessed.",
                key=name,
                cure=_MAKE_A_KEY,
            )
    return [key for key in keys if key is not None]
