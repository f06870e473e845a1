"""What JWTs and keys consist of, read strictly: one spelling of each, and each member once."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from typing import TYPE_CHECKING, Any, TypeGuard

from ...core.encoding import base64url

if TYPE_CHECKING:
    from collections.abc import Mapping

_COMPACT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_LATEST = 253_402_300_799  # the year 9999, after which dates cannot be written


def parts(text: str, *, max_bytes: int) -> list[bytes] | None:
    """Header, payload and signature (RFC 7515 section 7.1); None where `text` is no such thing."""
    if len(text) > max_bytes or not _COMPACT.fullmatch(text):
        return None
    decoded = [part for part in map(_decoded, text.split(".")) if part is not None]
    return decoded if len(decoded) == 3 else None


def _decoded(segment: str) -> bytes | None:
    """What base64url says, if in the one spelling there is of it: no bits are left over."""
    try:
        data = base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
    except binascii.Error:
        return None
    return data if base64url(data) == segment else None


def json_object(data: bytes) -> dict[str, Any] | None:
    """A JSON object, each member once (RFC 7515 and 7519, section 4), NaN and the like excluded."""
    try:
        parsed = json.loads(data.decode(), object_pairs_hook=_unique, parse_constant=_refused)
    except (ValueError, RecursionError):
        return None
    return parsed if isinstance(parsed, dict) else None


def thumbprint(jwk: Mapping[str, str]) -> str:
    """The name of a public key that has its required members and no others (RFC 7638)."""
    text = json.dumps(jwk, sort_keys=True, separators=(",", ":"))
    return base64url(hashlib.sha256(text.encode()).digest())


def is_time(value: object) -> TypeGuard[int]:
    """Whether `value` is a time in whole Unix seconds."""
    return type(value) is int and 0 <= value <= _LATEST


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError
    return made


def _refused(_constant: str) -> None:
    raise ValueError
