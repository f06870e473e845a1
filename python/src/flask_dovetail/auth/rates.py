"""What decides how often a sign-in may be tried, as pure functions."""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

_RATE = re.compile(r"(\d{1,6})\s*/\s*(\d{1,6})?\s*(second|minute|hour|day)s?", re.IGNORECASE)
_UNIT_SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}


class Rate(NamedTuple):
    """So many attempts in so many seconds."""

    attempts: int
    seconds: int


def parse_rate(written: str) -> Rate | None:
    """`"10/5 minutes"` is ten attempts in 300 seconds. None: not a rate."""
    found = _RATE.fullmatch(written.strip())
    if found is None:
        return None
    attempts, count, unit = found.groups()
    rate = Rate(int(attempts), int(count or 1) * _UNIT_SECONDS[unit.lower()])
    return rate if rate.attempts and rate.seconds else None


def account_key(email: str) -> str:
    """One spelling for every way to write an account's email, for counting attempts."""
    return unicodedata.normalize("NFKC", email).strip().casefold()
