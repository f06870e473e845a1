"""The path that the app is mounted below, as browsers see it: `""` at the root of its host.

The WSGI server, werkzeug's `DispatcherMiddleware` or a trusted proxy's `X-Forwarded-Prefix` tell it
as `SCRIPT_NAME`, and may tell another one with each request. Outside a request it is Flask's
`APPLICATION_ROOT`. Every address and every cookie path that leaves the app is made here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from flask import current_app, has_request_context, request

if TYPE_CHECKING:
    from flask import Flask

_SAFE = "/!$&'()*+,:=@~"  # of a path (RFC 3986 section 3.3), without the ";" that ends a cookie's

MOST = 8
"""What is made for a prefix is kept for so many: an app has one, or a few."""


def prefix(app: Flask | None = None) -> str:
    """Return the prefix without a slash at its end, percent-encoded: `"/app"`, or `""`.

    Args:
        app: which one, outside its contexts.
    """
    if has_request_context():
        root = request.root_path
    else:
        root = str((app or current_app).config["APPLICATION_ROOT"] or "")
    if root in ("", "/"):
        return ""
    return "/" + quote(root.strip("/"), _SAFE)


def below(path: str) -> str:
    """Return the path that browsers reach `path` of this app by."""
    return prefix() + path
