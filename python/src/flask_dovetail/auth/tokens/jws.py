"""Read the parts of JWTs and keys strictly: one spelling of each part, each member once."""

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


def split(text: str, *, max_bytes: int) -> list[bytes] | None:
    """Return header, payload and signature (RFC 7515 section 7.1), or None if malformed."""
    if len(text) > max_bytes or not _COMPACT.fullmatch(text):
        return None
    decoded = [part for part in map(_decode, text.split(".")) if part is not None]
    return decoded if len(decoded) == 3 else None


def _decode(segment: str) -> bytes | None:
    """Decode base64url in its one valid spelling, with no bits left over; else None."""
    try:
        data = base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
    except binascii.Error:
        return None
    return data if base64url(data) == segment else None


def json_object(data: bytes) -> dict[str, Any] | None:
    """Return a JSON object whose members are unique and whose numbers are finite; else None.

    RFC 7515 and RFC 7519, section 4 of each.
    """
    try:
        parsed = json.loads(
            data.decode(), object_pairs_hook=_unique_members, parse_constant=_refuse_constant
        )
    except (ValueError, RecursionError):
        return None
    return parsed if isinstance(parsed, dict) else None


def thumbprint(jwk: Mapping[str, str]) -> str:
    """Return the name of a public key that has its required members and no others (RFC 7638)."""
    text = json.dumps(jwk, sort_keys=True, separators=(",", ":"))
    return base64url(hashlib.sha256(text.encode()).digest())


def is_time(value: object) -> TypeGuard[int]:
    """Return whether `value` is a time in whole Unix seconds."""
    return type(value) is int and 0 <= value <= _LATEST


def _unique_members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError
    return members


def _refuse_constant(_constant: str) -> None:
    raise ValueError
