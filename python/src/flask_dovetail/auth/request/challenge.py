"""The `WWW-Authenticate` header of a 401: how to sign in (RFC 9110 section 11.6.1).

Bearer follows RFC 6750 section 3 and RFC 9470 section 3, DPoP follows RFC 9449 section 7.1. The
scheme "Session" is not registered: RFC 9110 requires a challenge, and browsers show no dialog for
this one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

SESSION = 'Session realm="dovetail"'
BEARER = 'Bearer realm="dovetail"'


def plain(*, bearer: bool) -> dict[str, str]:
    """Challenge a client that sent nothing, or a cookie."""
    return {"WWW-Authenticate": BEARER if bearer else SESSION}


def invalid_token(description: str) -> dict[str, str]:
    """Challenge a bearer whose token does not, or no longer, sign anybody in."""
    value = f'{BEARER}, error="invalid_token", error_description="{description}"'
    return {"WWW-Authenticate": value}


def dpop(error: str) -> dict[str, str]:
    """Challenge a client that did not prove to have a key; `error` is a code of RFC 9449."""
    return {"WWW-Authenticate": f'DPoP error="{error}"'}


def insufficient_scope(scopes: Iterable[str]) -> dict[str, str]:
    """Challenge a bearer whose token lacks one of `scopes`, which are all needed."""
    value = f'{BEARER}, error="insufficient_scope", scope="{" ".join(scopes)}"'
    return {"WWW-Authenticate": value}


def older_than(max_age: int, *, bearer: bool) -> dict[str, str]:
    """Challenge somebody who signed in more than `max_age` seconds ago (RFC 9470)."""
    scheme = BEARER if bearer else SESSION
    value = f'{scheme}, error="insufficient_user_authentication", max_age={max_age}'
    return {"WWW-Authenticate": value}
