"""Say at start where `flask run` prints an address at which the app's pages would not work.

`flask run` prints `http://127.0.0.1:5000`. To a browser that is another origin than
`http://localhost:5000`, which is the API's where `DOVETAIL_API_ORIGIN` is left out, so a page that
is opened there can neither sign in nor change anything.
"""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING

import click

from ..topology.config import API_ORIGIN
from ..topology.origin import is_loopback

if TYPE_CHECKING:
    from flask import Flask

    from ..topology import Topology

log: logging.Logger = logging.getLogger("flask_dovetail")


def warn(app: Flask, topology: Topology) -> None:
    """Warn if the app is being loaded by a `flask run` whose address is none of the topology's."""
    printed = _printed()
    if printed is None:
        return
    message = advice(topology, *printed, is_declared=app.config.get(API_ORIGIN) is not None)
    if message is not None:
        log.warning(message)


def advice(topology: Topology, host: str, port: int, *, is_declared: bool) -> str | None:
    """Return the fact, the key and the cure; None where nothing is wrong with that address.

    With another port than the one declared, a proxy may stand in front, such as Vite's.

    Args:
        topology: what the app declares.
        host: the one that `flask run` prints.
        port: likewise.
        is_declared: whether the app sets `DOVETAIL_API_ORIGIN` itself.
    """
    api = topology.api_origin
    if api.secure or not is_loopback(api.host) or (host, port) == (api.host, api.port):
        return None
    printed = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    if api.port != port:
        if is_declared:
            return None
        cure = f"set it to http://{api.host}:{port} and open that, or run with --port {api.port}."
    elif api in topology.frontend_origins:
        cure = f"open {api} instead, or set it to {printed}."
    else:
        return None
    return (
        f"flask run prints {printed}, but the API's origin is {api}: a page opened there cannot "
        f"sign in.\n  key:  {API_ORIGIN}\n  cure: {cure}"
    )


def _printed() -> tuple[str, int] | None:
    """Return the host and port of the `flask run` that loads the app, if one does.

    With the reloader, only the process that serves says it. With a certificate, or for all
    addresses of the machine, the address is not the one of a first hour.
    """
    context = click.get_current_context(silent=True)
    if context is None or context.info_name != "run" or "reload" not in context.params:
        return None
    options = context.params
    reloads = options["reload"] or (options["reload"] is None and _is_in_debug())
    if reloads and os.environ.get("WERKZEUG_RUN_MAIN") != "true":
        return None
    host = options.get("host") or ""
    if options.get("cert") is not None or not is_loopback(host.lower()):
        return None
    return host.lower(), int(options.get("port") or 5000)


def _is_in_debug() -> bool:
    from flask.helpers import get_debug_flag

    return get_debug_flag()
