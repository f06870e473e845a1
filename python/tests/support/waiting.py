"""Waiting for what other threads and processes do."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

WAIT_SECONDS = 10


def until(true: Callable[[], Any], seconds: float = WAIT_SECONDS) -> Any:
    """Return what `true` gives, once it gives something."""
    deadline = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < deadline, "it did not come true"
        time.sleep(0.01)
    return found
