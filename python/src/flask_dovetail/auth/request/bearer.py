"""The access token that a request carries (RFC 6750 section 2.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_DECIDED = "dovetail.auth.access_token"  # a name that is masked where an environ is logged


def bearer_of(environ: WSGIEnvironment) -> str | None:
    """Return the bearer token (scheme case-insensitive), or None if there is no bearer header.

    Decided once per request. Where this is not None, no CSRF token is required and no cookie
    counts, whatever the text is worth and even if the header changes later. "" is a text, too.
    """
    if _DECIDED in environ:
        decided: str | None = environ[_DECIDED]
        return decided
    header = environ.get("HTTP_AUTHORIZATION")
    token = environ[_DECIDED] = None if header is None else _parse(header)
    return token


def _parse(header: str) -> str | None:
    scheme, _, rest = header.strip(" \t").partition(" ")
    return rest.strip(" \t") if scheme.lower() == "bearer" else None
