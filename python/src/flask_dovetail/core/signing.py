"""Sign addresses: the holder of one may do what it says, and nothing else."""

from __future__ import annotations

import hashlib
import hmac

from .encoding import base64url


class Signer:
    """Signs lists of text with HMAC-SHA256 (RFC 2104). Its repr shows no key.

    Args:
        keys: the first one signs, any one verifies, so that keys can be changed one by one. Uses
            that must not be mixed up take keys of their own, or a first field that names them.
    """

    def __init__(self, keys: tuple[bytes, ...]) -> None:
        if not keys or not all(keys):
            raise ValueError("A signer needs at least one key, and none of them may be empty.")
        self._keys = keys

    def sign(self, *fields: str) -> str:
        """Return the signature: 43 characters of base64url (RFC 4648 §5, unpadded)."""
        return _signature(self._keys[0], fields)

    def verify(self, signature: str, *fields: str) -> bool:
        """Return whether one of the keys has signed exactly these fields; accepts any text."""
        sent = signature.encode("utf-8", "surrogateescape")
        matches = [
            hmac.compare_digest(_signature(key, fields).encode("ascii"), sent) for key in self._keys
        ]
        return any(matches)


def _signature(key: bytes, fields: tuple[str, ...]) -> str:
    # Each field is hashed with its length: ("ab", "c") and ("a", "bc") are not the same text.
    mac = hmac.new(key, digestmod=hashlib.sha256)
    for field in fields:
        data = field.encode("utf-8", "surrogateescape")
        mac.update(len(data).to_bytes(8, "big") + data)
    return base64url(mac.digest())
