"""`GET /docs`: a page to read and try the document, with no file from another host.

The files of Swagger UI come from the wheel `flask-openapi-swagger` (extra `docs`); nothing of that
package is imported. The page may load and call only its own origin.
"""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path

from flask import Flask, Response, abort, render_template_string, send_from_directory

from ..core import own_routes, wire
from ..core.errors import MissingExtraError

_HERE = Path(__file__).parent
_ASSETS = {"swagger-ui.css": "css", "swagger-ui-bundle.js": "js"}
_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ title }}</title>
{% if missing %}
</head>
<body><h1>{{ title }}</h1><p>{{ missing }}</p>
<p>The document itself: <a href="{{ document }}">{{ document }}</a></p></body>
{% else %}
<link rel="icon" href="data:,">
<link rel="stylesheet" href="{{ docs }}/swagger-ui.css">
<script defer src="{{ docs }}/swagger-ui-bundle.js"></script>
<script defer src="{{ docs }}/docs_page.js"></script>
</head>
<body><div id="swagger-ui" data-document="{{ document }}" data-csrf-header="{{ csrf }}"
 data-csrf-token="{{ token }}"></div></body>
{% endif %}
</html>
"""


def init_app(app: Flask, *, title: str) -> None:
    """Serve the page and its files."""
    own_routes.add(app, "/docs", "dovetail_docs", lambda: _page(title))
    own_routes.add(app, "/docs/<name>", "dovetail_docs_file", _file)


def _page(title: str) -> Response:
    missing = None
    if _folder() is None:
        missing = str(MissingExtraError("This page", extra="docs"))
    html = render_template_string(
        _PAGE,
        title=title,
        missing=missing,
        document=own_routes.address("/openapi.json"),
        docs=own_routes.address("/docs"),
        csrf=wire.HEADERS["csrf"],
        token=own_routes.address("/api/csrf-token"),
    )
    response = Response(html, 501 if missing else 200, content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = _CSP
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-cache"
    return response


def _file(name: str) -> Response:
    folder = _folder()
    if name == "docs_page.js":
        response = send_from_directory(_HERE, name)
    elif folder is not None and name in _ASSETS:
        response = send_from_directory(folder / _ASSETS[name], name)
    else:
        abort(404)
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


@cache
def _folder() -> Path | None:
    """Return the folder of the wheel's files; an import of it would load another framework."""
    spec = find_spec("flask_openapi_swagger")
    if spec is None or spec.origin is None:
        return None
    return Path(spec.origin).parent / "templates" / "swagger"
