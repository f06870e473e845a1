"""Base64url without padding, as tokens have it (RFC 7515, section 2)."""

from __future__ import annotations

import base64


def b64(data: bytes | str) -> str:
    raw = data.encode() if isinstance(data, str) else data
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
