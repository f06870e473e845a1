"""Passwords at rest: Argon2id (RFC 9106) with argon2-cffi's recommended parameters."""

from __future__ import annotations

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_hasher = PasswordHasher()


def hash_password(password: str) -> str:
    """Return the Argon2id hash, with its salt and parameters."""
    return _hasher.hash(password)


def verify(password: str, stored: str | None) -> bool:
    """Return whether `stored` is a hash of `password`.

    Without a stored hash (no such account) a dummy is verified, so that an answer takes the same
    time whether the account exists or not.
    """
    try:
        matches = _hasher.verify(stored or _dummy(), password)
    except (VerificationError, InvalidHashError):
        return False
    return matches and stored is not None


def is_outdated(stored: str) -> bool:
    """Return whether `stored` was made with other parameters than today's."""
    return _hasher.check_needs_rehash(stored)


@cache
def _dummy() -> str:
    return _hasher.hash("the password of nobody")
