"""Encode bytes as text for URLs, cookies and headers, and derive keys from one secret."""

from __future__ import annotations

import base64
import hmac


def base64url(data: bytes) -> str:
    """Return `data` as base64url without padding (RFC 4648 section 5)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def derive_key(secret_key: str | bytes, purpose: bytes) -> bytes:
    """Return the 256-bit key of one purpose (HMAC-SHA-256 as a key derivation).

    Each purpose has a key of its own, so a signature for one is not valid for another.
    """
    key = secret_key.encode() if isinstance(secret_key, str) else secret_key
    return hmac.digest(key, purpose, "sha256")
