"""CORS (Fetch Standard 3.2) for the exact origins of the topology, on every answer.

The headers are added where the WSGI answer starts, not in an `after_request` hook: an error answer
without them hides its status from the browser, and a failing hook would skip ours.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import Response, current_app, has_request_context, request

from ..contract.ownership import is_own_request
from ..contract.problems import OriginNotAllowed
from ..core import settings, wire
from ..core.errors import ConfigurationError
from ..core.settings import setting

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
    from flask import Flask

    from ..topology import Topology

_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'+.^_`|~-]+")  # RFC 9110 5.6.2, without the wildcard


@dataclass(frozen=True)
class CorsSettings:
    """The settings that vary per deployment; the topology decides which origins are allowed."""

    allow_headers: tuple[str, ...] = setting(
        "DOVETAIL_CORS_ALLOW_HEADERS",
        default=(),
        doc="Request headers that pages may send, besides those of Dovetail.",
    )
    expose_headers: tuple[str, ...] = setting(
        "DOVETAIL_CORS_EXPOSE_HEADERS",
        default=(),
        doc="Response headers that pages may read, besides those of Dovetail.",
    )
    max_age_seconds: int = setting(
        "DOVETAIL_CORS_MAX_AGE_SECONDS",
        default=7200,
        doc="How long a browser keeps a preflight, in seconds. Chromium keeps 7200 at most.",
    )


def init_app(app: Flask, topology: Topology) -> None:
    """Answer preflights of every path, and allow the page's origin on every answer.

    Raises:
        ConfigurationError: a header name is invalid or `*`, or the age is negative.
    """
    cors = settings.read(CorsSettings, app.config)
    if cors.max_age_seconds < 0:
        raise ConfigurationError(
            f"DOVETAIL_CORS_MAX_AGE_SECONDS is {cors.max_age_seconds}.",
            key="DOVETAIL_CORS_MAX_AGE_SECONDS",
            cure="Give 0, which asks before every request, or more seconds.",
        )
    allow = _names(wire.HEADERS["cors_allow"], cors.allow_headers, "DOVETAIL_CORS_ALLOW_HEADERS")
    expose = _names(
        wire.HEADERS["cors_expose"], cors.expose_headers, "DOVETAIL_CORS_EXPOSE_HEADERS"
    )
    preflight = {
        "Access-Control-Allow-Methods": ", ".join(wire.HEADERS["cors_methods"]),
        "Access-Control-Allow-Headers": allow,
        "Access-Control-Max-Age": str(cors.max_age_seconds),
    }
    own, others = str(topology.api_origin), topology.cors.origins

    def answer_preflight() -> Response | None:
        environ = request.environ
        if (
            environ["REQUEST_METHOD"] != "OPTIONS"
            or "HTTP_ACCESS_CONTROL_REQUEST_METHOD" not in environ
            or environ.get("HTTP_ORIGIN", own) == own
        ):
            return None  # no preflight: an OPTIONS route of the app, or Flask's own answer
        if environ["HTTP_ORIGIN"] not in others:
            raise OriginNotAllowed
        return Response(status=204, headers=preflight)

    # Before the hooks that the app has already: a preflight carries no credentials (Fetch, 4.8), so
    # a hook that asks for a login would refuse it.
    app.before_request_funcs.setdefault(None, []).insert(0, answer_preflight)
    if others:
        app.wsgi_app = wrap(app.wsgi_app, others, expose)  # type: ignore[assignment, method-assign]


def wrap(inner: WSGIApplication, origins: frozenset[str], expose: str) -> WSGIApplication:
    """Wrap a WSGI app: add the CORS headers for `origins`, and `Vary: Origin` for everybody."""

    def with_cors(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        origin = environ.get("HTTP_ORIGIN", "")
        allowed = origin in origins

        def start(status: str, headers: list[tuple[str, str]], *exc_info: Any) -> Any:
            if allowed:
                # Replace headers of a view or another extension: browsers refuse two.
                headers = [h for h in headers if h[0].lower() not in _OURS]
                headers += (
                    ("Access-Control-Allow-Origin", origin),
                    ("Access-Control-Allow-Credentials", "true"),
                    ("Access-Control-Expose-Headers", expose),
                )
            elif (
                has_request_context()
                and _credentials_are_allowed(headers)
                and is_own_request(current_app, request)
            ):
                headers = [h for h in headers if h[0].lower() not in _OURS]  # another extension's
            return start_response(status, _vary_by_origin([*headers]), *exc_info)

        return inner(environ, start)

    return with_cors


_OURS = frozenset(
    (
        "access-control-allow-origin",
        "access-control-allow-credentials",
        "access-control-expose-headers",
        "access-control-allow-private-network",
    )
)


def _credentials_are_allowed(headers: list[tuple[str, str]]) -> bool:
    return any(name.lower() == "access-control-allow-credentials" for name, _ in headers)


def _vary_by_origin(headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the headers with `Origin` in `Vary`, so that no cache mixes two pages' answers."""
    for index, (name, value) in enumerate(headers):
        if name.lower() == "vary":
            listed = {field.strip().lower() for field in value.split(",")}
            if listed.isdisjoint(("*", "origin")):
                headers[index] = (name, f"{value}, Origin" if value else "Origin")
            return headers
    headers.append(("Vary", "Origin"))
    return headers


def _names(ours: list[str], more: tuple[str, ...], key: str) -> str:
    for name in more:
        if not _TOKEN.fullmatch(name):
            raise ConfigurationError(
                f"{key} contains {name!r}, which is no header name.",
                key=key,
                cure="List header names; `*` does not cover requests with credentials.",
            )
    own = {name.lower() for name in ours}
    return ", ".join([*ours, *(name for name in more if name.lower() not in own)])
