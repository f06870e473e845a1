"""The credentials of the app's own as it declares them: checked at start, and in the document."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ..core import wire
from ..core.errors import ConfigurationError
from ..core.identity import SecurityScheme

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .authority import Auth

_NAME = re.compile(r"[A-Za-z0-9._-]+")  # OpenAPI 3.1, Components Object
_OURS = ("bearer", "session")
_OUR_HEADERS = ("csrf", "request_id", "requested_with", "dpop")


def check(auth: Auth) -> None:
    """Check what the app has declared.

    Raises:
        ConfigurationError: it cannot work.
    """
    taken = {("cookie", one.name) for one in (auth.cookie, auth.csrf_cookie, auth.refresh_cookie)}
    taken |= {("header", wire.HEADERS[one].lower()) for one in _OUR_HEADERS}
    for name, scheme in auth.security_schemes.items():
        fault = None
        if not isinstance(scheme, SecurityScheme):
            fault = f"{scheme!r} is no SecurityScheme"
        elif not isinstance(name, str) or not _NAME.fullmatch(name) or name in _OURS:
            fault = f"the document cannot call a scheme of yours {name!r}"
        elif (place := _place(scheme)) in taken:
            fault = f"{name!r} is carried by what carries another credential"
        elif auth.load_identity is None:
            fault = f"{name!r} signs people in, and this app has none"
        if fault is not None:
            raise ConfigurationError(
                f"{fault[0].upper()}{fault[1:]}.",
                key="Dovetail(security_schemes=...)",
                cure='Write {"api_key": SecurityScheme.header("X-API-Key", find_by_key)}, and give '
                "authenticate and load_identity.",
            )
        taken.add(place)


def _place(scheme: SecurityScheme) -> tuple[str, str]:
    """Return where the credential is in a request: cookies go by their exact name, others not."""
    if scheme.location == "cookie":
        return "cookie", scheme.name
    return scheme.location, scheme.name.lower().replace("_", "-")  # as WSGI does


def token_note(path: Callable[[str], str]) -> str:
    """Return what the document says of a credential that browsers attach by themselves.

    Args:
        path: returns where a path of Dovetail's is.
    """
    header = wire.HEADERS["csrf"]
    return f"Unsafe methods also need {header}, from GET {path('/api/csrf-token')}."


def document(
    schemes: Mapping[str, SecurityScheme], path: Callable[[str], str]
) -> dict[str, dict[str, Any]]:
    """Return the Security Scheme Objects of OpenAPI 3.1. What is none is refused by `check`.

    Args:
        path: returns where a path of Dovetail's is.
    """
    note = token_note(path)
    return {
        name: _scheme_object(scheme, note)
        for name, scheme in schemes.items()
        if isinstance(scheme, SecurityScheme)
    }


def _scheme_object(scheme: SecurityScheme, note: str) -> dict[str, Any]:
    node: dict[str, Any] = (
        {"type": "http", "scheme": scheme.name}
        if scheme.location == "http"
        else {"type": "apiKey", "in": scheme.location, "name": scheme.name}
    )
    if scheme.location == "http":
        note = f"From a browser: {note[0].lower()}{note[1:]}"
    texts = [scheme.description, note if scheme.is_ambient else ""]
    description = " ".join(text for text in texts if text)
    return node | ({"description": description} if description else {})
