"""`flask dovetail config-js`: for pages on a CDN or nginx, without a route to serve it."""

from __future__ import annotations

import click
from flask.cli import with_appcontext

from ..core import state
from .routes import Delivery


@click.command("config-js")
@with_appcontext
def config_js() -> None:
    """Print /config.js as it would be served, to be uploaded beside index.html."""
    click.echo(state.get(Delivery).script(), nl=False)
