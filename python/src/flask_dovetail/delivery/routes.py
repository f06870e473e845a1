"""Serve addresses without a route: the SPA's files, its page or a 404; and /config.js.

There is no catch-all route: it would turn every 405 and every redirect of the app's own routes into
a page. Instead, the routing failure that Flask has recorded is read before Flask raises it.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from flask import Response, redirect, request
from werkzeug import exceptions

from ..contract.ownership import claim_unrouted
from ..contract.problems import NotFound
from ..core import own_routes, prefix, settings, state
from ..core.errors import ConfigurationError
from . import build as folder
from . import config_js, csp, rules, security_headers
from .config import DeliverySettings
from .send_file import respond

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from flask import Flask
    from flask.typing import ResponseReturnValue

    from ..topology import Topology

DEV_SERVER_KEY = "DOVETAIL_DELIVERY_DEV_SERVER"


@dataclass(frozen=True)
class Delivery:
    """The state of delivery for one app.

    Attributes:
        script: makes the text of /config.js.
    """

    script: Callable[[], str]


def init_app(
    app: Flask,
    topology: Topology,
    *,
    auth_strategy: str,
    dpop: bool,
    file_origins: Collection[str] = (),
) -> None:
    """Serve the SPA (or redirect to its development server), /config.js and the security headers.

    Args:
        auth_strategy: the credential of a login, which the page's client has to know.
        dpop: whether that client has to prove the possession of a key.
        file_origins: other origins that the page sends files to and shows them from.

    Raises:
        ConfigurationError: no build in the folder, a development server on another machine, a
            secret on the public list, or a source that would undo the policy.
    """
    delivery_settings = settings.read(DeliverySettings, app.config)
    page_headers = _page_headers(delivery_settings, topology, file_origins)
    moved_to = own_routes.of(app).prefix
    api_prefixes = (*delivery_settings.api_prefixes, *((moved_to,) if moved_to else ()))
    script_headers = {"Cache-Control": rules.NEVER}
    build = None
    if delivery_settings.dev_server is not None:
        # Vite's server sends the page: the plugin reads here what the page is to be sent with.
        script_headers |= page_headers("")
        app.before_request(_to_dev_server(_loopback(delivery_settings.dev_server), api_prefixes))
    elif delivery_settings.spa_folder:
        build = _build(app, Path(app.root_path, delivery_settings.spa_folder), page_headers)
        app.before_request(_from_build(build, api_prefixes))

    @lru_cache(maxsize=prefix.MOST)
    def rendered(build_id: str, api_prefix: str) -> str:
        return config_js.render(
            delivery_settings,
            topology,
            app.config,
            auth_strategy=auth_strategy,
            dpop=dpop,
            build_id=build_id,
            api_prefix=api_prefix,
            routes_prefix=moved_to,
        )

    def build_id() -> str:
        return config_js.NO_BUILD if build is None else build().build_id

    def script() -> str:
        return rendered(build_id(), prefix.prefix())

    rendered(build_id(), "")  # refuses secret values now, not at the first request
    own_routes.add(
        app,
        config_js.PATH,
        "dovetail_config_js",
        _script_view(script, script_headers),
    )
    app.wsgi_app = security_headers.wrap(  # type: ignore[assignment,method-assign]
        app.wsgi_app, topology, delivery_settings
    )
    state.put(app, Delivery(script))


def _page_headers(
    delivery_settings: DeliverySettings, topology: Topology, file_origins: Collection[str]
) -> folder.PageHeaders:
    extra = csp.parse_extra(delivery_settings.csp_extra)
    # Vite's server passes the API on: the page knows one origin, as config.js tells it.
    connect_src = topology.connect_src if delivery_settings.dev_server is None else ()

    def page_headers(html: str) -> Mapping[str, str]:
        policy = csp.page_policy(
            html,
            connect_src=connect_src,
            file_origins=file_origins,
            extra=extra,
            trusted_types=delivery_settings.trusted_types,
        )
        return {
            "Content-Security-Policy": policy,
            "Cross-Origin-Opener-Policy": "same-origin",
        }

    return page_headers


def _build(app: Flask, root: Path, page_headers: folder.PageHeaders) -> Callable[[], folder.Folder]:
    if app.debug:
        return folder.watch(root, page_headers)
    read_once = folder.read(root, page_headers)
    return lambda: read_once


def _from_build(
    build: Callable[[], folder.Folder], api_prefixes: tuple[str, ...]
) -> Callable[[], ResponseReturnValue | None]:
    def answer_from_build() -> ResponseReturnValue | None:
        claim_unrouted(request)
        if not _is_unrouted():
            return None
        current = build()
        file = current.files.get(request.path)
        if file is None:
            if not _is_page({*api_prefixes, *current.asset_folders}):
                raise NotFound
            file = current.files["/index.html"]
        return respond(file)

    return answer_from_build


def _to_dev_server(
    origin: str, api_prefixes: tuple[str, ...]
) -> Callable[[], ResponseReturnValue | None]:
    def redirect_to_dev_server() -> ResponseReturnValue | None:
        claim_unrouted(request)
        if not _is_unrouted() or not _is_page(api_prefixes):
            return None
        query = request.query_string.decode("latin-1")
        path = prefix.below(quote(request.path))
        response = redirect(f"{origin}{path}{'?' if query else ''}{query}", 302)
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


def _script_view(script: Callable[[], str], headers: Mapping[str, str]) -> Callable[[], Response]:
    def view() -> Response:
        return Response(script(), content_type="application/javascript", headers=headers)

    return view


def _loopback(dev_server: str) -> str:
    parts = urlsplit(dev_server)
    host = parts.hostname or ""
    try:
        local = ipaddress.ip_address(host).is_loopback
    except ValueError:
        local = host == "localhost" or host.endswith(".localhost")
    bare = dev_server.rstrip("/") == f"{parts.scheme}://{parts.netloc}" and "@" not in parts.netloc
    if not local or not bare or parts.scheme not in ("http", "https"):
        raise ConfigurationError(
            f"{DEV_SERVER_KEY} is {dev_server!r}, which is no origin on this machine.",
            key=DEV_SERVER_KEY,
            cure="Give the address of Vite's server, such as http://localhost:5173. In production "
            "leave it out and set DOVETAIL_DELIVERY_SPA_FOLDER.",
        )
    return f"{parts.scheme}://{parts.netloc}"
