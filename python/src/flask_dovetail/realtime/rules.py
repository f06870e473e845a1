"""What decides about sockets, as pure code: no Flask, no store, no clock, no network."""

from __future__ import annotations

import re
from typing import NamedTuple

from ..core import wire

WIRE = wire.load("realtime")
RESERVED: str = WIRE["reserved_prefix"]
NOTIFY: str = WIRE["namespace"]

MAX_PAYLOAD_BYTES = 16 * 1024
MAX_SEQ = 2**53 - 1
"""What a browser can hold exactly."""

_NAME = re.compile(r"[a-z][a-z0-9]*(?:[-.:][a-z0-9]+)*")
_KIND = re.compile(r"[a-z][a-z0-9-]{0,31}")
_PATH = re.compile(r"/[a-z][a-z0-9/-]{0,63}")
_OF_SOCKET_IO = frozenset({"connect", "connect_error", "disconnect", "disconnecting"})


def is_event_name(text: str) -> bool:
    """Whether an event may be called so: `post-liked`. What the protocol uses itself is refused."""
    return (
        len(text) <= 64
        and _NAME.fullmatch(text) is not None
        and text not in _OF_SOCKET_IO
        and not text.startswith(RESERVED)
    )


def is_room_kind(text: str) -> bool:
    return _KIND.fullmatch(text) is not None


def is_namespace(text: str) -> bool:
    return _PATH.fullmatch(text) is not None


class RoomName(NamedTuple):
    """`post:42` is the room of kind `post` with the key `42`."""

    kind: str
    key: str


def parse_room(text: object) -> RoomName | None:
    """None: it is not written `kind:key`, or longer than 200 characters."""
    if not isinstance(text, str) or len(text) > 200:
        return None
    kind, colon, key = text.partition(":")
    return RoomName(kind, key) if colon and key and is_room_kind(kind) else None


def room_of_subject(subject: str) -> str:
    """The room of all connections of one person: no kind can be written so."""
    return f"@{subject}"


class Bucket:
    """A token bucket: `rate` a second in the long run, `burst` at once.

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
        """Whether there is one left, which is then gone."""
        self._left = min(self._burst, self._left + (now - self._at) * self._rate)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True
