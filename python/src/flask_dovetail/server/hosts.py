"""Check the `Host` header: the sender writes it, so only known hosts are answered.

An answer built from an unknown host would lead its reader there, from a cache or a mail. Dovetail
builds none; this check protects answers that the application or another extension builds.
"""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import redirect, request
from werkzeug.routing import RequestRedirect

from ..contract.problems import HostNotAllowed
from ..core import own_routes

if TYPE_CHECKING:
    from flask import Flask
    from werkzeug.wrappers import Response

    from ..topology import Topology

log: logging.Logger = logging.getLogger("flask_dovetail")

_HOST = re.compile(r"([A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")
_LOGGED_HOSTS = 20  # of a process; whoever sends more is scanning
_LOGGED_CHARACTERS = 255
_PROBES = ("/healthz", "/readyz")  # addressed by the IP of a machine or a pod


def init_app(app: Flask, topology: Topology) -> None:
    """Refuse unknown hosts, and redirect to another spelling of a path without naming a host."""

    logged: set[str] = set()
    probes = tuple(own_routes.of(app).path(path) for path in _PROBES)

    @app.before_request
    def check_host() -> None:
        host = request.environ.get("HTTP_HOST")
        if host is None or request.path in probes:
            return  # HTTP/1.0 sends none; URLs then get the server's own name
        match = _HOST.fullmatch(host)
        if match is None or not topology.knows_host(match[1].lower()):
            _log_refusal(host[:_LOGGED_CHARACTERS], logged, topology)
            raise HostNotAllowed

    @app.before_request
    def redirect_within_the_host() -> Response | None:
        """Answer Werkzeug's redirects (`//a` to `/a`, `/a` to `/a/`), whose address is absolute."""
        failure = request.routing_exception
        if not isinstance(failure, RequestRedirect):
            return None
        parts = urlsplit(failure.new_url)
        path = "/" + parts.path.lstrip("/\\")  # two slashes would begin a host
        answer = redirect(f"{path}?{parts.query}" if parts.query else path, failure.code)
        answer.headers["Cache-Control"] = "no-store"
        return answer


def _log_refusal(host: str, logged: set[str], topology: Topology) -> None:
    """Log a refused host once, with the key that allows it."""
    if host in logged or len(logged) >= _LOGGED_HOSTS:
        return
    logged.add(host)
    log.warning(
        "host refused",
        extra={
            "host": host,
            "allowed": ", ".join(sorted(topology.known_hosts)),
            "key": "DOVETAIL_TRUSTED_HOSTS",
        },
    )
