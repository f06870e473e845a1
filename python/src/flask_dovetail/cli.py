"""The group `flask dovetail`, to which each feature adds its commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from flask.cli import AppGroup, with_appcontext

from .auth.cli import logins
from .auth.keys_cli import keys
from .contract.cli import contract
from .core import state, sweeping
from .core.own_routes import OwnRoutes
from .delivery.cli import config_js
from .storage.cli import db
from .topology import Topology

if TYPE_CHECKING:
    from flask import Flask


def init_app(app: Flask, *more: click.Command) -> None:
    """Mount the `dovetail` group on the app's command line, with `more` of features in use."""
    group = AppGroup("dovetail", help="The joint between this app and its frontend.")
    group.add_command(topology)
    for command in (contract, db, logins, keys, config_js, sweeping.command(), *more):
        group.add_command(command)
    app.cli.add_command(group)


@click.command()
@with_appcontext
def topology() -> None:
    """Print the settings derived from the declared origins, and why."""
    derived = state.get(Topology)
    for name, value, why in derived.explain(routes_prefix=state.get(OwnRoutes).prefix):
        click.echo(f"{name}\n    {value}\n    {why}")
