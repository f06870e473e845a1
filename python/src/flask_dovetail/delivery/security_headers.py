"""Add the security headers to every answer that does not bring its own (ASVS 5.0, 3.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import csp

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from ..topology import Topology

TWO_YEARS_SECONDS = 63_072_000


def wrap(inner: WSGIApplication, topology: Topology) -> WSGIApplication:
    """Wrap a WSGI app: add the headers that an answer lacks.

    This is outside of every hook of the app's, so headers that the app sets win.
    """
    wanted = [
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "strict-origin-when-cross-origin"),
        ("Content-Security-Policy", csp.BASELINE),
    ]
    if topology.api_origin.secure:
        wanted.append(
            ("Strict-Transport-Security", f"max-age={TWO_YEARS_SECONDS}; includeSubDomains")
        )
    defaults = [(name.lower(), (name, value)) for name, value in wanted]

    def with_headers(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            present = {name.lower() for name, _ in headers}
            headers.extend(header for name, header in defaults if name not in present)
            return start_response(status, headers, *rest)

        return inner(environ, start)

    return with_headers
