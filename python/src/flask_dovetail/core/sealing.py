"""Seal data that others store for us: AES-256-GCM (NIST SP 800-38D), keys from `SECRET_KEY`."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_NONCE_BYTES = 12
_TAG_BYTES = 16


def seal(key: bytes, clear: bytes, *, label: str) -> bytes:
    """Return `clear` sealed. It opens only with the same `label`, which names its purpose."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, clear, label.encode())


def unseal(keys: Sequence[bytes], sealed: bytes, *, label: str) -> tuple[bytes, int] | None:
    """Return the clear data and the number of the key that opens it, or None if no key does."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    if len(sealed) < _NONCE_BYTES + _TAG_BYTES:
        return None
    nonce, text = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
    for number, key in enumerate(keys):
        try:
            return AESGCM(key).decrypt(nonce, text, label.encode()), number
        except InvalidTag:
            continue
    return None
