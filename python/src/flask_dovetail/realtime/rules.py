"""The pure rules of sockets: no Flask, no store, no clock, no network."""

from __future__ import annotations

import re
from typing import NamedTuple

from ..core import wire

WIRE = wire.load("realtime")
RESERVED: str = WIRE["reserved_prefix"]
NOTIFY: str = WIRE["namespace"]

MAX_PAYLOAD_BYTES = 16 * 1024
MAX_SEQ = 2**53 - 1
"""The largest number that a browser holds exactly."""

_NAME = re.compile(r"[a-z][a-z0-9]*(?:[-.:][a-z0-9]+)*")
_KIND = re.compile(r"[a-z][a-z0-9-]{0,31}")
_PATH = re.compile(r"/[a-z][a-z0-9/-]{0,63}")
_OF_SOCKET_IO = frozenset({"connect", "connect_error", "disconnect", "disconnecting"})


def is_event_name(text: str) -> bool:
    """Return whether an event may have this name; the protocol's own names are refused."""
    return (
        len(text) <= 64
        and _NAME.fullmatch(text) is not None
        and text not in _OF_SOCKET_IO
        and not text.startswith(RESERVED)
    )


def is_room_kind(text: str) -> bool:
    """Return whether a room may have this kind."""
    return _KIND.fullmatch(text) is not None


def is_namespace(text: str) -> bool:
    """Return whether a namespace may have this path."""
    return _PATH.fullmatch(text) is not None


class RoomName(NamedTuple):
    """The room `post:42`, of kind `post` with the key `42`."""

    kind: str
    key: str


def parse_room(text: object) -> RoomName | None:
    """Parse `kind:key`; None if it is written otherwise, or longer than 200 characters."""
    if not isinstance(text, str) or len(text) > 200:
        return None
    kind, colon, key = text.partition(":")
    return RoomName(kind, key) if colon and key and is_room_kind(kind) else None


def room_of_subject(subject: str) -> str:
    """Return the room of all connections of one person: no declared room can have its name."""
    return f"@{subject}"


class Bucket:
    """A token bucket: `rate` tokens a second in the long run, `burst` at once.

    Args:
        now: seconds of any clock that does not go back.
    """

    __slots__ = ("_at", "_burst", "_left", "_rate")

    def __init__(self, *, rate: float, burst: float, now: float) -> None:
        self._rate = rate
        self._burst = burst
        self._left = burst
        self._at = now

    def take(self, now: float) -> bool:
        """Take a token, and return whether there was one."""
        self._left = min(self._burst, self._left + (now - self._at) * self._rate)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True

    def charge(self, tokens: float) -> None:
        """Take tokens for what has been done already, also such as are still to come.

        The debt is `burst` at most, so that it is paid in `burst / rate` seconds.
        """
        self._left = max(-self._burst, self._left - tokens)

    def is_full(self, now: float) -> bool:
        """Return whether the bucket is as a new one would be."""
        return self._left + (now - self._at) * self._rate >= self._burst
