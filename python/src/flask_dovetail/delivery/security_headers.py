"""Add the security headers to every answer that does not bring its own (ASVS 5.0, 3.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import current_app, has_request_context, request

from ..contract import ownership
from . import csp

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from ..topology import Topology
    from .config import DeliverySettings


def wrap(inner: WSGIApplication, topology: Topology, settings: DeliverySettings) -> WSGIApplication:
    """Wrap a WSGI app: add the headers that an answer lacks.

    This is outside of every hook of the app's, so headers that the app sets win.
    """
    only_own = settings.headers == "own"
    wanted = [
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "strict-origin-when-cross-origin"),
        ("Content-Security-Policy", csp.BASELINE),
    ]
    if topology.api_origin.secure and settings.hsts_seconds:
        subdomains = "; includeSubDomains" if settings.hsts_subdomains else ""
        wanted.append(("Strict-Transport-Security", f"max-age={settings.hsts_seconds}{subdomains}"))
    defaults = [(name.lower(), (name, value)) for name, value in wanted]

    def with_headers(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            if only_own and not _is_own():
                return start_response(status, headers, *rest)
            present = {name.lower() for name, _ in headers}
            headers.extend(header for name, header in defaults if name not in present)
            return start_response(status, headers, *rest)

        return inner(environ, start)

    return with_headers


def _is_own() -> bool:
    """Return whether the answer is Dovetail's; so is one that was made before Flask was reached."""
    return (
        not has_request_context()
        or ownership.is_own_request(current_app, request)
        or ownership.is_claimed(request)
    )
