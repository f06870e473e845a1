"""Pure functions that decide about outside sign-ins: no Flask, no store, no network, no clock.

They answer two questions: where may a browser be sent afterwards, and which claims count.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from ..logins.rules import CLOCK_SKEW_SECONDS

if TYPE_CHECKING:
    from collections.abc import Mapping

FLOW_SECONDS = 600
MAX_FLOWS = 4
MAX_NEXT_CHARS = 512  # four flows in four cookies have to fit into one request's headers

ASYMMETRIC = (
    *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512", "Ed25519", "EdDSA"),
)
"""The algorithms of an ID token. HS* would make the client secret a signing key."""

# Visible ASCII only. Browsers drop tabs and newlines and read a backslash as a slash (WHATWG URL
# section 4.4), so "/\\t/evil" and "/\\evil" would leave the site.
_PATH = re.compile(r"/(?!/)[!-\[\]-~]*")
_ABSOLUTE = re.compile(r"(https?://[^/?#@\\\s]+)(?:(?:/(?!/)|[?#])[!-\[\]-~]*)?")
_ERROR_CODE = re.compile(r"[a-z_]{1,64}")


def landing(wanted: str, origins: tuple[str, ...], prefix: str = "") -> tuple[str, str] | None:
    """Return where a sign-in ends: `(origin, address)`, both absolute; None if it is not allowed.

    The part after the origin is also handed on as a path, and so never begins with "//".

    Args:
        wanted: a path on the first origin, or an absolute URL.
        origins: serialised (RFC 6454 section 6.2); compared byte for byte.
        prefix: the path that the page of the first origin is mounted below.
    """
    if len(wanted) > MAX_NEXT_CHARS:
        return None
    if _PATH.fullmatch(wanted):
        return origins[0], origins[0] + prefix + wanted
    absolute = _ABSOLUTE.fullmatch(wanted)
    if absolute is None or absolute[1] not in origins:
        return None
    return absolute[1], wanted


def path_below(path: str, prefix: str) -> str:
    """Return `path` as the page below `prefix` knows it; a path that is not below it as it is."""
    rest = path.removeprefix(prefix)
    if rest[:1] in ("", "?", "#"):
        return f"/{rest}"
    return rest if rest.startswith("/") and not rest.startswith("//") else path


def with_query(address: str, **members: str) -> str:
    """Return `address` with more query parameters, before its fragment."""
    address, mark, fragment = address.partition("#")
    joint = "&" if "?" in address else "?"
    return f"{address}{joint}{urlencode(members)}{mark}{fragment}"


def is_fresh(began_at: int, now: int) -> bool:
    """Return whether a flow may still be finished. A time in the future is never fresh."""
    return -CLOCK_SKEW_SECONDS <= now - began_at <= FLOW_SECONDS


def external_subject(value: Any) -> str | None:
    """Return the id of a person at a provider. Numbers are ids too (GitHub); True is not."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    fits = isinstance(value, str) and 1 <= len(value) <= 255 and value.isprintable()
    return value if fits else None


def verified_email(claims: Mapping[str, Any]) -> str | None:
    """Return the email, only if the same source says by a boolean that it is verified.

    `"true"`, `1` and an absent claim are no verification: anybody who can write them can write an
    email that belongs to somebody else.
    """
    email = claims.get("email")
    if claims.get("email_verified") is not True or not isinstance(email, str):
        return None
    local, at, host = email.rpartition("@")
    fits = at and local and host and len(email) <= 254 and email.isprintable()
    return email if fits and " " not in email else None


def display_name(claims: Mapping[str, Any]) -> str | None:
    """Return the person's name, as text for people."""
    name = claims.get("name")
    if not isinstance(name, str):
        return None
    return "".join(c for c in name if c.isprintable()).strip()[:255] or None


def signing_algorithms(announced: Any) -> tuple[str, ...]:
    """Return the announced algorithms that may sign an ID token, if there are any."""
    if not isinstance(announced, list):
        return ("RS256",)  # the default of OpenID Connect Core section 15.1
    return tuple(name for name in ASYMMETRIC if name in announced)


def token_auth_method(announced: Any) -> str:
    """Return how the client authenticates; Basic is the default (Discovery section 3)."""
    if isinstance(announced, list) and "client_secret_basic" not in announced:
        return "client_secret_post"
    return "client_secret_basic"


def error_code(sent: Any) -> str:
    """Return an OAuth error code for the log; "unknown" if the text does not look like one."""
    return sent if isinstance(sent, str) and _ERROR_CODE.fullmatch(sent) else "unknown"
