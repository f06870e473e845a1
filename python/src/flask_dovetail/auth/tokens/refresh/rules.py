"""Pure functions that decide about refresh tokens: no Flask, no store, no clock.

A token is `<handle>.<secret>`, each 256 bits. The handle names the family for its whole life, the
secret is the generation. Each secret follows from the one before by an HMAC under a key of the
server's, so a generation has exactly one successor, whoever asks for it and however often.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, NamedTuple

from ....core.encoding import base64url
from ...logins.rules import digest, is_secret
from ...logins.store import Rotation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...logins.store import Family

MOST_ROTATIONS = 32
"""The most rotations of a family in one window, so that all of them can be remembered."""

MOST_LOST = 8
"""The rotations that a store may forget in a failure before a token counts as reused."""


class RefreshToken(NamedTuple):
    """The content of the cookie. Both parts are secret: 43 base64url characters each."""

    handle: str
    secret: str

    def text(self) -> str:
        """Return the value of the cookie."""
        return f"{self.handle}.{self.secret}"

    def __repr__(self) -> str:
        return "RefreshToken(…)"


class Rotate(NamedTuple):
    """The current token was presented: swap its secret for the successor's.

    Attributes:
        token: the successor.
        kept: the rotations that the family is to remember besides this one.
        key: the name of the key that made the successor.
    """

    token: RefreshToken
    kept: tuple[Rotation, ...]
    key: str


class Same(NamedTuple):
    """Answer with the current token: the one presented was replaced within the window.

    Or it is the current one itself, and the family has rotated as often as it may.
    """

    token: RefreshToken


class Reused(NamedTuple):
    """The presented token is not, or no longer, good: the family must end."""


class Unknown(NamedTuple):
    """The window has a rotation by a key that this worker was not given, so it cannot judge."""


def parse(value: str) -> RefreshToken | None:
    """Return the token in a cookie's value; None if the value does not have our form."""
    handle, dot, secret = value.partition(".")
    if dot and is_secret(handle) and is_secret(secret):
        return RefreshToken(handle, secret)
    return None


def handle_hash(handle: str) -> str:
    """Return what is stored of a handle: a hash of another kind than that of a session id."""
    return digest(f"rt:{handle}")


def secret_hash(secret: str) -> str:
    """Return what is stored of the current secret."""
    return digest(secret)


def key_name(key: bytes) -> str:
    """Return what a rotation remembers of the key that made it: 8 hexadecimal digits."""
    return hmac.digest(key, b"name", "sha256").hex()[:8]


def successor(key: bytes, token: RefreshToken) -> RefreshToken:
    """Return the token that replaces `token`. It cannot be made without the key."""
    return token._replace(secret=_next(key, token.handle, secret_hash(token.secret)))


def judge(
    family: Family, token: RefreshToken, keys: Sequence[bytes], grace_seconds: int
) -> Rotate | Same | Reused | Unknown:
    """Decide what to do about `token`, whose handle is the family's.

    Args:
        keys: the first makes new successors; the others made some of the older ones.
        grace_seconds: how long a replaced token is answered with the current one; 0: never.
    """
    window = _window(family, grace_seconds)
    lost = _lost(family, token, keys)
    if lost == () and len(window) >= MOST_ROTATIONS:
        return Same(token)
    if lost is not None:
        kept = (*window, *lost)[1 - MOST_ROTATIONS :]
        return Rotate(successor(keys[0], token), kept, key_name(keys[0]))
    keys_by_name = {key_name(key): key for key in keys}
    for late in range(1, len(window) + 1):  # by so many rotations
        current = token
        for rotation in window[-late:]:
            if rotation.key not in keys_by_name:
                return Unknown()
            current = successor(keys_by_name[rotation.key], current)
        if _is(secret_hash(current.secret), family.refresh_hash):
            return Same(current)
    return Reused()


def _window(family: Family, grace_seconds: int) -> tuple[Rotation, ...]:
    """Return the rotations that replaced a token which is still answered."""
    since = family.read_at - grace_seconds * 1000
    return tuple(each for each in family.rotations if each.at > since) if grace_seconds else ()


def _lost(
    family: Family, token: RefreshToken, keys: Sequence[bytes]
) -> tuple[Rotation, ...] | None:
    """Return the rotations from the family's current token to `token`; () if they are the same.

    There are some where the store has forgotten a confirmed rotation: a machine lost power, or a
    replica took over. Only the server could make the tokens that follow, so `token` is good. None:
    it is neither.
    """
    presented = secret_hash(token.secret)
    if _is(presented, family.refresh_hash):
        return ()
    for key in keys:
        follows = family.refresh_hash
        for steps in range(1, MOST_LOST + 1):
            follows = secret_hash(_next(key, token.handle, follows))
            if _is(presented, follows):
                return (Rotation(family.read_at, key_name(key)),) * steps
    return None


def _next(key: bytes, handle: str, hashed: str) -> str:
    """Return the secret after the one with that hash, so that `_lost` can look ahead."""
    return base64url(hmac.digest(key, f"{handle}.{hashed}".encode(), "sha256"))


def _is(one: str, other: str) -> bool:
    return hmac.compare_digest(one, other)
