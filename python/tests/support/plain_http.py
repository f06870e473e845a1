"""HTTP without TLS."""

from __future__ import annotations

import ssl

NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Trusts nobody. An httpx client that is not given one reads every certificate of the system."""


def verify_of(origin: str) -> ssl.SSLContext | bool:
    """Return what an httpx client of that origin verifies certificates with."""
    return True if origin.startswith("https:") else NO_TLS
