"""What decides about refresh tokens, as pure functions: no Flask, no store, no clock.

A token is `<handle>.<secret>`, each 256 bits. The handle names the family for its whole life, the
secret is the generation. Each secret follows from the one before by an HMAC under a key of the
server's, so a generation has exactly one successor, whoever asks for it and however often.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, NamedTuple

from ...core.encoding import base64url
from .. import rules
from ..store import Rotation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..store import Family

MOST_ROTATIONS = 32
"""How often a family rotates in one window at most, so that all of them can be remembered."""

MOST_LOST = 8
"""How many rotations a store may forget in a failure without a login being taken for reused."""


class RefreshToken(NamedTuple):
    """What the cookie carries. Both parts are secret: 43 base64url characters each."""

    handle: str
    secret: str

    def text(self) -> str:
        """The value of the cookie."""
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
    """A token was presented that is not, or no longer, good: the family must end."""


class Unknown(NamedTuple):
    """The window has a rotation by a key that this worker was not given: it cannot judge."""


def parse(value: str) -> RefreshToken | None:
    """The token in a cookie's value; None where it has not our form."""
    handle, dot, secret = value.partition(".")
    if dot and rules.is_secret(handle) and rules.is_secret(secret):
        return RefreshToken(handle, secret)
    return None


def handle_hash(handle: str) -> str:
    """What is kept of a handle: of another kind than the hash of a session id."""
    return rules.digest(f"rt:{handle}")


def secret_hash(secret: str) -> str:
    """What is kept of the current secret."""
    return rules.digest(secret)


def key_name(key: bytes) -> str:
    """What a rotation remembers of the key that made it: 8 hexadecimal digits."""
    return hmac.digest(key, b"name", "sha256").hex()[:8]


def successor(key: bytes, token: RefreshToken) -> RefreshToken:
    """The token that replaces `token`. It cannot be made without the key."""
    return token._replace(secret=_next(key, token.handle, secret_hash(token.secret)))


def judge(
    family: Family, token: RefreshToken, keys: Sequence[bytes], grace_seconds: int
) -> Rotate | Same | Reused | Unknown:
    """What is to be done about `token`, whose handle is the family's.

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
    named = {key_name(key): key for key in keys}
    for late in range(1, len(window) + 1):  # by so many rotations
        current = token
        for rotation in window[-late:]:
            if rotation.key not in named:
                return Unknown()
            current = successor(named[rotation.key], current)
        if _is(secret_hash(current.secret), family.refresh_hash):
            return Same(current)
    return Reused()


def _window(family: Family, grace_seconds: int) -> tuple[Rotation, ...]:
    """The rotations that replaced a token which is still answered."""
    since = family.read_at - grace_seconds * 1000
    return tuple(each for each in family.rotations if each.at > since) if grace_seconds else ()


def _lost(
    family: Family, token: RefreshToken, keys: Sequence[bytes]
) -> tuple[Rotation, ...] | None:
    """The rotations from the family's current token to `token`: none where they are the same.

    Some, where the store has forgotten what it had confirmed: a machine lost power, or a replica
    took over. Only the server could make what follows, so it is good. None: neither.
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
    """The secret after the one with that hash: from the hash, so that `_lost` can look ahead."""
    return base64url(hmac.digest(key, f"{handle}.{hashed}".encode(), "sha256"))


def _is(one: str, other: str) -> bool:
    return hmac.compare_digest(one, other)
