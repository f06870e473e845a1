"""`flask prepare`: prepare everything that the app needs before it is served."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import click
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy.exc import OperationalError

from . import demo
from .config import read_or_make_secret
from .database import db

if TYPE_CHECKING:
    from flask import Flask


def init_app(app: Flask) -> None:
    """Register the commands."""
    app.cli.add_command(prepare)


@click.command()
@with_appcontext
def prepare() -> None:
    """Migrate the database, make demo people and posts, print the demo logins."""
    logging.getLogger("alembic").setLevel(logging.WARNING)
    try:
        db.engine.connect().close()
    except OperationalError as error:
        raise click.ClickException(
            f"DATABASE_URL ({db.engine.url}) does not answer: {error.orig}"
        ) from None
    for command in (["db", "upgrade"], ["dovetail", "db", "upgrade"]):
        current_app.cli.main(args=command, prog_name="flask", standalone_mode=False)
    folder = current_app.config["STARTER_DATA_FOLDER"]
    set_password = current_app.config["STARTER_DEMO_PASSWORD"]
    password = set_password or read_or_make_secret(folder / "demo-password", size=9)
    if demo.seed(db.session, password):
        click.echo("Made demo people and posts.")
    if logins := demo.logins(db.session, password):
        click.echo(f"Sign in as {' or '.join(logins)}, password {password}")
    for email in demo.LOGINS:
        if email not in logins:
            click.echo(f"{email} has another password, which stays as it is.")
