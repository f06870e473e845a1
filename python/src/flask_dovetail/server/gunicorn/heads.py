"""Decide how much of a request must have arrived before it gets a thread."""

from __future__ import annotations

import re

MAX_BYTES = 64 * 1024
"""The loop buffers no more of a request; a longer one goes to gunicorn's parser at once."""

_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]{1,5})[ \t]*\r\n", re.IGNORECASE)
_NEEDS_THREAD = re.compile(rb"\r\n(?:expect|transfer-encoding):", re.IGNORECASE)


def count_wanted(data: bytes) -> int:
    """Return how many bytes the request at the start of `data` must have; 0 if not known yet.

    That is the head, and a short body with it. It decides when the parser begins, never where a
    request ends: a misleading head is only read earlier, or later.
    """
    end = data.find(b"\r\n\r\n") + 4
    if end < 4:
        return len(data) if len(data) >= MAX_BYTES else 0
    head = data[: end - 2]
    length = _LENGTH.search(head)
    if length is None or _NEEDS_THREAD.search(head):
        return end
    whole = end + int(length[1])
    return whole if whole <= MAX_BYTES else end
