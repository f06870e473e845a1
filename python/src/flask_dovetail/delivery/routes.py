"""What the app has no route for: the SPA's files, its page, or a true 404; and /config.js.

There is no catch-all route: it would turn every 405 and every redirect of the app's own routes
into a page. The routing failure that Flask has recorded is looked at before Flask raises it.
"""

from __future__ import annotations

import ipaddress
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from flask import Response, redirect, request
from werkzeug import exceptions
from werkzeug.wsgi import wrap_file

from .. import settings, state
from ..contract.errors import NotFound
from ..errors import ConfigurationError
from . import config_js, csp, folder, rules
from .config import DeliverySettings

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
    from flask import Flask
    from flask.typing import ResponseReturnValue

    from ..topology import Topology

DEV_SERVER_KEY = "DOVETAIL_DELIVERY_DEV_SERVER"
TWO_YEARS_SECONDS = 63_072_000


@dataclass(frozen=True)
class Delivery:
    """What delivery keeps for one app.

    Attributes:
        script: makes the text of /config.js.
    """

    script: Callable[[], str]


def init_app(app: Flask, topology: Topology) -> None:
    """Serve the SPA (or redirect to its development server), /config.js and the security headers.

    Raises:
        ConfigurationError: no build in the folder, a development server on another machine, a
            secret on the public list, or a source that would undo the policy.
    """
    given = settings.read(DeliverySettings, app.config)
    build = None
    if given.dev_server is not None:
        app.before_request(_to_dev_server(_loopback(given.dev_server), given.api_prefixes))
    elif given.spa_folder is not None:
        build = _build(app, given, topology)
        app.before_request(_from_build(build, given.api_prefixes))

    @cache
    def rendered(build_id: str) -> str:
        return config_js.render(given, topology, app.config, build_id=build_id)

    def script() -> str:
        return rendered(config_js.NO_BUILD if build is None else build().build_id)

    script()  # refuses what may not be published now, not at the first request
    app.add_url_rule(config_js.PATH, "dovetail_config_js", _script_view(script))
    app.wsgi_app = _with_headers(app.wsgi_app, topology)  # type: ignore[assignment,method-assign]
    state.put(app, Delivery(script))


def _build(app: Flask, given: DeliverySettings, topology: Topology) -> Callable[[], folder.Folder]:
    root = Path(app.root_path, given.spa_folder or "")
    extra = csp.parse_extra(given.csp_extra)

    def page_headers(html: str) -> Mapping[str, str]:
        policy = csp.page_policy(
            html,
            connect_src=topology.connect_src,
            extra=extra,
            trusted_types=given.trusted_types,
        )
        return {
            "Content-Security-Policy": policy,
            "Cross-Origin-Opener-Policy": "same-origin",
        }

    if app.debug:
        return folder.watch(root, page_headers)
    read_once = folder.read(root, page_headers)
    return lambda: read_once


def _from_build(
    build: Callable[[], folder.Folder], api_prefixes: tuple[str, ...]
) -> Callable[[], ResponseReturnValue | None]:
    def answer_from_build() -> ResponseReturnValue | None:
        if not _is_unrouted():
            return None
        found = build()
        file = found.files.get(request.path)
        if file is None:
            if not _is_page({*api_prefixes, *found.asset_folders}):
                raise NotFound
            file = found.files["/index.html"]
        return _respond(file)

    return answer_from_build


def _to_dev_server(
    origin: str, api_prefixes: tuple[str, ...]
) -> Callable[[], ResponseReturnValue | None]:
    def redirect_to_dev_server() -> ResponseReturnValue | None:
        if not _is_unrouted() or not _is_page(api_prefixes):
            return None
        query = request.query_string.decode("latin-1")
        response = redirect(f"{origin}{quote(request.path)}{'?' if query else ''}{query}", 302)
        response.headers["Cache-Control"] = rules.NEVER
        return response

    return redirect_to_dev_server


def _is_unrouted() -> bool:
    failure = request.routing_exception
    return (
        failure is not None
        and isinstance(failure, exceptions.NotFound)
        and request.method in ("GET", "HEAD")
    )


def _is_page(prefixes: Collection[str]) -> bool:
    return not rules.is_below(request.path, prefixes) and rules.is_page(
        request.path,
        accept=request.headers.get("Accept", ""),
        destination=request.headers.get("Sec-Fetch-Dest", ""),
    )


def _respond(file: Mapping[str, folder.Variant]) -> Response:
    accepted = rules.encodings(request.headers.get("Accept-Encoding", "")) if len(file) > 1 else ()
    variant = file[next((coding for coding in accepted if coding in file), "")]
    if variant.body is not None:
        return _conditional(Response(variant.body, headers=variant.headers.copy()), variant)
    opened = _open(variant)
    response = Response(
        wrap_file(request.environ, opened),
        headers=variant.headers.copy(),
        direct_passthrough=True,
    )
    try:
        _conditional(response, variant)
    except exceptions.RequestedRangeNotSatisfiable:
        opened.close()
        raise
    if request.method == "HEAD" or response.status_code in (304, 412):
        opened.close()  # Werkzeug drops the body of these without closing it
    return response


def _conditional(response: Response, variant: folder.Variant) -> Response:
    response.make_conditional(request, accept_ranges=True, complete_length=variant.size)
    return response


def _open(variant: folder.Variant) -> IO[bytes]:
    """The file, unless the next build has taken its place: its headers would be the old ones."""
    try:
        opened = variant.path.open("rb")
    except OSError:
        raise NotFound from None
    if os.fstat(opened.fileno()).st_size != variant.size:
        opened.close()
        raise NotFound
    return opened


def _script_view(script: Callable[[], str]) -> Callable[[], Response]:
    def view() -> Response:
        return Response(
            script(), content_type="application/javascript", headers={"Cache-Control": rules.NEVER}
        )

    return view


def _with_headers(inner: WSGIApplication, topology: Topology) -> WSGIApplication:
    """Add what an answer lacks. Below every hook of the app's, so what the app sets wins."""
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


def _loopback(dev_server: str) -> str:
    parts = urlsplit(dev_server)
    host = parts.hostname or ""
    try:
        local = ipaddress.ip_address(host).is_loopback
    except ValueError:
        local = host == "localhost" or host.endswith(".localhost")
    if not local or parts.scheme not in ("http", "https") or parts.path.strip("/") or parts.query:
        raise ConfigurationError(
            f"{DEV_SERVER_KEY} is {dev_server!r}, which is no origin on this machine.",
            key=DEV_SERVER_KEY,
            cure="Give the address of Vite's server, such as http://localhost:5173. In production "
            "leave it out and set DOVETAIL_DELIVERY_SPA_FOLDER.",
        )
    return f"{parts.scheme}://{parts.netloc}"
