"""The access token that a request carries (RFC 6750 section 2.1), and whether it carries one."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_DECIDED = "dovetail.auth.access_token"  # a name that is masked where an environ is logged


def bearer_of(environ: WSGIEnvironment) -> str | None:
    """What follows `Authorization: Bearer`, in any spelling of the scheme; None: another, or none.

    Decided once per request: where this is not None, no CSRF token is asked for, and no cookie may
    count, whatever the text is worth and whoever changes the header meanwhile. "" is a text, too.
    """
    if _DECIDED in environ:
        decided: str | None = environ[_DECIDED]
        return decided
    header = environ.get("HTTP_AUTHORIZATION")
    found = environ[_DECIDED] = None if header is None else _parse(header)
    return found


def _parse(header: str) -> str | None:
    scheme, _, rest = header.strip(" \t").partition(" ")
    return rest.strip(" \t") if scheme.lower() == "bearer" else None
