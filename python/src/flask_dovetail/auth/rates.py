"""Pure functions that decide how often a sign-in may be tried."""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

_RATE = re.compile(r"(\d{1,6})\s*/\s*(\d{1,6})?\s*(second|minute|hour|day)s?", re.IGNORECASE)
_UNIT_SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}


class Rate(NamedTuple):
    """A number of attempts in a number of seconds."""

    attempts: int
    seconds: int


def parse_rate(written: str) -> Rate | None:
    """Read a rate such as "10/5 minutes", ten attempts in 300 seconds; None if it is not a rate."""
    match = _RATE.fullmatch(written.strip())
    if match is None:
        return None
    attempts, count, unit = match.groups()
    rate = Rate(int(attempts), int(count or 1) * _UNIT_SECONDS[unit.lower()])
    return rate if rate.attempts and rate.seconds else None


def account_key(email: str) -> str:
    """Return one spelling for every way to write an account's email, for counting attempts."""
    return unicodedata.normalize("NFKC", email).strip().casefold()
