"""Pure functions that decide about a request: its cookies, its Origin, its CSRF token."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from ...core.encoding import base64url, derive_key

if TYPE_CHECKING:
    from collections.abc import Iterable


def cookie_values(header: str | None, name: str) -> set[str]:
    r"""Return the different values that a `Cookie` header gives one name (RFC 6265 section 4.2.1).

    Only spaces and tabs are stripped. With `str.strip()`, a sibling's cookie `\x85__Host-sid`, to
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
    """Return the cookies whose names begin with `prefix`, each with its different values.

    See `cookie_values`.
    """
    below: dict[str, set[str]] = {}
    for part in (header or "").split(";"):  # once: a sender chooses how many there are
        key, _, value = part.partition("=")
        name = key.strip(" \t")
        if name.startswith(prefix):
            below.setdefault(name, set()).add(value.strip(" \t"))
    return below


def origin_is_allowed(origin: str | None, fetch_site: str | None, allowed: frozenset[str]) -> bool:
    """Return whether an unsafe request may come from the origin that it names.

    Browsers send `Origin` with every unsafe request (Fetch, section 3.1); "null" is no origin.
    Where it is absent, `Sec-Fetch-Site` may still say that another site sent it. A client that
    sends neither is not a browser, and carries no other person's cookies.
    """
    if origin is not None:
        return origin in allowed
    return fetch_site != "cross-site"


def csrf_key(secret_key: str | bytes) -> bytes:
    """Derive the key of CSRF tokens, so that no other use of `SECRET_KEY` can make one."""
    return derive_key(secret_key, b"dovetail csrf token v1")


def csrf_token(key: bytes, kind: str, cookie_value: str) -> str:
    """Return the token that belongs to one cookie value; `kind` is "sid" or "csrf"."""
    return base64url(hmac.digest(key, f"{kind}:{cookie_value}".encode(), "sha256"))


def csrf_matches(keys: Iterable[bytes], kind: str, cookie_value: str, presented: str) -> bool:
    """Return whether `presented` is the token of this cookie under any key, in constant time."""
    sent = presented.encode("utf-8", "replace")
    matches = [
        hmac.compare_digest(csrf_token(key, kind, cookie_value).encode(), sent) for key in keys
    ]
    return any(matches)
