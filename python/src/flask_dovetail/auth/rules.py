"""What decides about logins, as pure functions: no Flask, no store, no clock.

Times are whole Unix seconds. Random secrets (session ids, CSRF seeds) are 256 bits, base64url.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
from typing import TYPE_CHECKING, NamedTuple

from .. import wire
from ..core.encoding import base64url, derive_key

if TYPE_CHECKING:
    from collections.abc import Iterable

CLOCK_SKEW_SECONDS: int = wire.LIMITS["clock_skew_s"]
"""By how much the clocks of two workers may differ without ending a login early."""

SIGN_IN_MS = 3_600_000
"""How long after its proof a sign-in may still begin a login. Cutoffs are kept as long."""

UNCOMMITTED_MS = 60_000
"""How long the application's transaction may take from `end_logins(session=)` to its commit."""

_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")
_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")
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


def is_live(*, last_seen_at: int, expires_at: int, now: int, idle_seconds: int) -> bool:
    """Whether neither limit is reached, by any clock within 30 s of this one."""
    told = now - CLOCK_SKEW_SECONDS
    return told <= expires_at and told <= last_seen_at + idle_seconds


def touch_is_due(*, last_seen_at: int, now: int, touch_seconds: int) -> bool:
    """Whether `last_seen_at` is old enough to be written again. Never moves it back."""
    return now > last_seen_at and now - last_seen_at >= touch_seconds


def is_secret(value: str) -> bool:
    """Whether `value` has the form of one of our random secrets."""
    return _SECRET.fullmatch(value) is not None


def is_scope(text: str) -> bool:
    """Whether tokens and challenges can carry `text` as one scope (RFC 6749 section 3.3)."""
    return _SCOPE.fullmatch(text) is not None


def digest(secret: str) -> str:
    """What is kept of a secret: SHA-256, 64 hexadecimal digits."""
    return hashlib.sha256(secret.encode()).hexdigest()


def cookie_values(header: str | None, name: str) -> set[str]:
    """The different values that a `Cookie` header gives one name (RFC 6265 section 4.2.1).

    Only spaces and tabs are stripped. With `str.strip()`, a sibling's cookie `\\x85__Host-sid`, to
    which browsers do not apply the rules of the prefix, would pass for ours.
    """
    if not header or name not in header:
        return set()
    values = set()
    for part in header.split(";"):
        key, _, value = part.partition("=")
        if key.strip(" \t") == name:
            values.add(value.strip(" \t"))
    return values


def cookies_below(header: str | None, prefix: str) -> dict[str, set[str]]:
    """The cookies whose names begin with `prefix`, each with its different values; see above."""
    names = {part.partition("=")[0].strip(" \t") for part in (header or "").split(";")}
    return {name: cookie_values(header, name) for name in names if name.startswith(prefix)}


def origin_is_allowed(origin: str | None, fetch_site: str | None, allowed: frozenset[str]) -> bool:
    """Whether an unsafe request may come from where it says it comes from.

    Browsers send `Origin` with every unsafe request (Fetch, section 3.1); "null" is nobody. Where
    it is absent, `Sec-Fetch-Site` may still say that another site sent it. A client that sends
    neither is no browser, and carries nobody's cookies but its own.
    """
    if origin is not None:
        return origin in allowed
    return fetch_site != "cross-site"


def csrf_key(secret_key: str | bytes) -> bytes:
    """The key of CSRF tokens, derived so that no other use of `SECRET_KEY` can make one."""
    return derive_key(secret_key, b"dovetail csrf token v1")


def csrf_token(key: bytes, kind: str, cookie_value: str) -> str:
    """The token that belongs to one cookie value; `kind` is "sid" or "csrf"."""
    return base64url(hmac.digest(key, f"{kind}:{cookie_value}".encode(), "sha256"))


def csrf_matches(keys: Iterable[bytes], kind: str, cookie_value: str, presented: str) -> bool:
    """Whether `presented` is the token of this cookie under any of the keys, in constant time."""
    given = presented.encode("utf-8", "replace")
    matches = [
        hmac.compare_digest(csrf_token(key, kind, cookie_value).encode(), given) for key in keys
    ]
    return any(matches)


def account_key(email: str) -> str:
    """One spelling for every way to write an account's email, for counting attempts."""
    return unicodedata.normalize("NFKC", email).strip().casefold()


def printable(text: str, limit: int) -> str:
    """`text` without control characters (header injection, NUL), cut to `limit` characters."""
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
    """A short label for people, such as "Chrome on macOS"; "" where nothing is recognised."""
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    return f"{browser} on {system}" if browser and system else browser or system
