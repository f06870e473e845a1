"""Sealing what others keep for us: AES-256-GCM (NIST SP 800-38D), under keys from `SECRET_KEY`."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_NONCE_BYTES = 12
_TAG_BYTES = 16


def seal(key: bytes, clear: bytes, *, label: str) -> bytes:
    """`clear`, sealed. It opens with the same `label` only, which says what it is for."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, clear, label.encode())


def unseal(keys: Sequence[bytes], sealed: bytes, *, label: str) -> tuple[bytes, int] | None:
    """What was sealed, and the number of the key that opens it. None: none does."""
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
