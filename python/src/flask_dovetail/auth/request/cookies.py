"""Read and set the cookies of the login authority."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import after_this_request, request

from ...contract.problems import AmbiguousCookie
from ...core import prefix
from ..logins.rules import is_secret
from ..tokens.refresh import rules as refresh_rules
from .rules import cookie_values

if TYPE_CHECKING:
    from flask import Response

    from ...topology import CookieAttributes
    from ..tokens.refresh.rules import RefreshToken


def read(cookie: CookieAttributes) -> str | None:
    """Return what the browser sent under the name of `cookie`, if anything.

    Raises:
        AmbiguousCookie: it was sent twice with different values (a sibling subdomain's cookie).
    """
    values = cookie_values(request.environ.get("HTTP_COOKIE"), cookie.name)
    if len(values) > 1:
        raise AmbiguousCookie(f"Clear the cookies named {cookie.name} and sign in again.")
    return values.pop() if values else None


def read_secret(cookie: CookieAttributes) -> str | None:
    """Return one of our random secrets; None where the cookie is absent, or not of our making.

    Ports do not isolate cookies: another program on the same host may set a cookie of this name.

    Raises:
        AmbiguousCookie: see `read`.
    """
    value = read(cookie)
    return value if value is not None and is_secret(value) else None


def read_refresh_token(cookie: CookieAttributes) -> RefreshToken | None:
    """Return the refresh token; None where the cookie is absent, or not of our form.

    Raises:
        AmbiguousCookie: see `read`.
    """
    value = read(cookie)
    return None if value is None else refresh_rules.parse(value)


def give(cookie: CookieAttributes, value: str, *, max_age: int | None) -> None:
    """Set `cookie` with the answer to this request.

    Args:
        max_age: in seconds; None: until the browser closes.
    """

    path = cookie.path_below(prefix.prefix())

    def carry(response: Response) -> Response:
        response.set_cookie(
            cookie.name,
            value,
            max_age=max_age,
            path=path,
            domain=cookie.domain,
            secure=cookie.secure,
            httponly=cookie.httponly,
            samesite=cookie.samesite,
            partitioned=cookie.partitioned,
        )
        return response

    after_this_request(carry)


def drop(response: Response, cookie: CookieAttributes) -> None:
    """Take what `give` has set back out of `response`: the browser keeps what it has."""
    headers = response.headers
    others = [
        value for value in headers.getlist("Set-Cookie") if value.partition("=")[0] != cookie.name
    ]
    headers.setlist("Set-Cookie", others)


def clear(cookie: CookieAttributes) -> None:
    """Clear `cookie` with the answer to this request.

    Call this only on sign-out: when two tabs race, clearing would delete the cookie that the other
    tab has just received.
    """
    give(cookie, "", max_age=0)
