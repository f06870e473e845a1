"""Decide how much of a request must have arrived before it gets a thread."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

MAX_BYTES = 64 * 1024
"""The loop buffers no longer body; one that is longer is read in the thread."""

_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]{1,5})[ \t]*\r\n", re.IGNORECASE)
_NEEDS_THREAD = re.compile(rb"\r\n(?:expect|transfer-encoding):", re.IGNORECASE)


def count_wanted(data: bytes, *, longest: int) -> int:
    """Return how many bytes the request at the start of `data` must have; 0 if not known yet.

    That is the head, and a short body with it. It decides when the parser begins, never where a
    request ends: a misleading head is only read earlier, or later.

    Args:
        longest: of a head, in bytes; of a longer one, no more is waited for.
    """
    end = data.find(b"\r\n\r\n") + 4
    if end < 4:
        return len(data) if len(data) > longest else 0
    head = data[: end - 2]
    length = _LENGTH.search(head)
    if length is None or _NEEDS_THREAD.search(head):
        return end
    whole = end + int(length[1])
    return whole if whole <= MAX_BYTES else end


def is_too_long(data: bytes, longest: int) -> bool:
    """Return whether the head at the start of `data` has more than `longest` bytes."""
    return len(data) > longest and data.find(b"\r\n\r\n", 0, longest) < 0


def count_bytes(environ: WSGIEnvironment) -> int:
    """Return about how many bytes the head had that the server made this environ of."""
    return sum(len(name) + len(text) for name, text in environ.items() if isinstance(text, str))
