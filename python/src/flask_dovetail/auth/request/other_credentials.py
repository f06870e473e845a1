"""Credentials of the app's own that a request carries (`SecurityScheme`): which one, and whose.

The first that is sent counts, good or bad. One that browsers do not attach by themselves needs no
CSRF token; so where one is sent, no cookie counts.
"""

from __future__ import annotations

import base64
import hmac
import re
from typing import TYPE_CHECKING, NamedTuple

from flask import request
from werkzeug.sansio.http import parse_cookie

from ...contract.problems import AmbiguousCookie
from ...core.encoding import base64url
from ...core.identity import Login
from ..logins.rules import printable
from .bearer import bearer_of
from .identities import check_identity
from .rules import cookie_values

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

    from ...core.identity import Identity, SecurityScheme
    from ..authority import Auth

_DECIDED = "dovetail.auth.credential"
_LIFE_SECONDS = 3600
_PREFIX = "other-"
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")  # RFC 7617 section 2


class Presented(NamedTuple):
    """A credential that was sent: the name of its scheme, the scheme, and the text.

    Attributes:
        text: None where it cannot be read.
    """

    name: str
    scheme: SecurityScheme
    text: str | None


def explicit(auth: Auth, environ: WSGIEnvironment) -> Presented | None:
    """Return the credential that only a client of the app's can have attached, if one was sent.

    Decided once per request, by the headers as they arrived, and as long as it is not a bearer.
    """
    if not auth.security_schemes or bearer_of(environ) is not None:
        return None
    decided: tuple[Auth, Presented | None] | None = environ.get(_DECIDED)
    if decided is None or decided[0] is not auth:  # an app in front may have handed it on
        decided = environ[_DECIDED] = auth, _first(auth, environ, ambient=False)
    return decided[1]


def ambient(auth: Auth, environ: WSGIEnvironment) -> Presented | None:
    """Return the credential that the browser may have attached by itself, if one was sent.

    Raises:
        AmbiguousCookie: it is a cookie that was sent twice with different values.
    """
    return _first(auth, environ, ambient=True) if auth.security_schemes else None


def bearer(auth: Auth, token: str) -> Presented | None:
    """Return a bearer as a credential of the app's own, where it declares such bearers."""
    for name, scheme in auth.security_schemes.items():
        if scheme.location == "http" and scheme.name == "bearer":
            return Presented(name, scheme, token)
    return None


def needs_token(auth: Auth, environ: WSGIEnvironment) -> bool:
    """Return whether a page of another site may have caused the request, and its credential counts.

    Programs that send Basic are no browsers, and have neither header.
    """
    presented = ambient(auth, environ)
    if presented is None:
        return False
    is_browser = "HTTP_ORIGIN" in environ or "HTTP_SEC_FETCH_SITE" in environ
    return presented.scheme.location == "cookie" or is_browser


def identify(auth: Auth, presented: Presented) -> tuple[Login, Identity] | None:
    """Ask the application whose credential it is; None: nobody's.

    Raises:
        DeclarationError: the function returned something else than an `Identity`.
        Exception: whatever the function raises.
    """
    name, scheme, text = presented
    identity = None if text is None else scheme.identify(text)
    if identity is None:
        return None
    check_identity(identity, f"the function of security_schemes[{name!r}]")
    # A session cookie may change with each answer, and is the same session.
    about = identity.subject if scheme.location == "cookie" else text
    mark = hmac.digest(auth.other_credentials_key, f"{name}:{about}".encode(), "sha256")
    now = auth.now()
    login = Login(
        id=_PREFIX + base64url(mark[:16]),
        subject=identity.subject,
        created_at=now,
        last_seen_at=now,
        expires_at=now + _LIFE_SECONDS,
        user_agent=printable(request.headers.get("User-Agent", ""), 256),
        address=printable(request.remote_addr or "", 64),
        strategy="other",
    )
    return login, identity


def is_other(login_id: str) -> bool:
    """Return whether a login with that id, which Dovetail has signed, is in no store."""
    return login_id.startswith(_PREFIX)


def _first(auth: Auth, environ: WSGIEnvironment, *, ambient: bool) -> Presented | None:
    for name, scheme in auth.security_schemes.items():
        if scheme.is_ambient is not ambient:
            continue
        sent, text = _read(scheme, environ)
        if sent:
            return Presented(name, scheme, text)
    return None


def _read(scheme: SecurityScheme, environ: WSGIEnvironment) -> tuple[bool, str | None]:
    """Return whether the credential was sent, and its text where it can be read."""
    if scheme.location == "cookie":
        values = cookie_values(environ.get("HTTP_COOKIE"), scheme.name)
        if len(values) > 1:
            raise AmbiguousCookie(f"Clear the cookies named {scheme.name} and sign in again.")
        return bool(values), _unquoted(scheme.name, values.pop()) if values else None
    if scheme.location == "header":
        value = environ.get("HTTP_" + scheme.name.upper().replace("-", "_"))
        return value is not None, value
    kind, _, rest = environ.get("HTTP_AUTHORIZATION", "").strip(" \t").partition(" ")
    if kind.lower() != scheme.name:
        return False, None
    text = rest.strip(" \t")
    return True, _decoded(text) if scheme.name == "basic" else text


def _unquoted(name: str, value: str) -> str | None:
    """Return the value of a cookie as `request.cookies` has it: without werkzeug's quotes."""
    return _printable(parse_cookie(f"{name}={value}").get(name, ""))


def _decoded(text: str) -> str | None:
    try:
        return _printable(base64.b64decode(text, validate=True).decode())
    except ValueError:  # of base64 as of UTF-8
        return None


def _printable(text: str) -> str | None:
    """Return `text`, or None: control characters are not allowed, and databases disagree on NUL."""
    return None if _CONTROL.search(text) else text
