"""Pure functions that decide how long a login lives: no Flask, no store, no clock.

Times are whole Unix seconds. Random secrets (session ids, CSRF seeds) are 256 bits, base64url.
"""

from __future__ import annotations

import hashlib
import re

from ...core import wire

CLOCK_SKEW_SECONDS: int = wire.LIMITS["clock_skew_s"]
"""By how much the clocks of two workers may differ without ending a login early."""
SIGN_IN_MS = 3_600_000
"""How long after its proof a sign-in may still begin a login. Cutoffs are kept as long."""
UNCOMMITTED_MS = 60_000
"""How long the application's transaction may take from `end_logins(session=)` to its commit."""
_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")


def is_live(*, last_seen_at: int, expires_at: int, now: int, idle_seconds: int) -> bool:
    """Return whether neither limit is reached, by any clock within 30 s of this one."""
    earliest_now = now - CLOCK_SKEW_SECONDS
    return earliest_now <= expires_at and earliest_now <= last_seen_at + idle_seconds


def touch_is_due(*, last_seen_at: int, now: int, touch_seconds: int) -> bool:
    """Return whether `last_seen_at` is old enough to be written again. Never moves it back."""
    return now > last_seen_at and now - last_seen_at >= touch_seconds


def is_secret(value: str) -> bool:
    """Return whether `value` has the form of one of our random secrets."""
    return _SECRET.fullmatch(value) is not None


def digest(secret: str) -> str:
    """Return what is stored of a secret: SHA-256, 64 hexadecimal digits."""
    return hashlib.sha256(secret.encode()).hexdigest()


def printable(text: str, limit: int) -> str:
    """Return `text` without control characters (header injection, NUL), cut to `limit`."""
    return "".join(c for c in text if c.isprintable())[:limit]


_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Whale/", "Whale"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
    ("python-", "Python"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Macintosh", "macOS"),
    ("Linux", "Linux"),
)


def device(user_agent: str) -> str:
    """Return a short label for people, such as "Chrome on macOS"; "" where none is known."""
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    return f"{browser} on {system}" if browser and system else browser or system
