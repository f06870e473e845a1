"""The commands of `flask dovetail db`."""

from __future__ import annotations

import click
from flask.cli import with_appcontext

from ..core import state
from .database import Database, upgrade


@click.group()
def db() -> None:
    """Manage the tables that Dovetail owns (`dovetail_*`)."""


@db.command("upgrade")
@with_appcontext
def upgrade_command() -> None:
    """Bring the tables to the newest revision. Harmless when they already are."""
    upgrade(state.get(Database).engine())
    click.echo("The dovetail_* tables are up to date.")
