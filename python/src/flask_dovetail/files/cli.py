"""`flask dovetail files …`: commands for an administrator of files."""

from __future__ import annotations

import click
from flask.cli import with_appcontext

from ..core import state, sweeping
from ..core.errors import DovetailError


@click.group()
def files() -> None:
    """Sweep files; tell an S3 store which pages may send to it."""


files.add_command(sweeping.command("uploads", "files"))


@files.command("cors")
@with_appcontext
def cors_command() -> None:
    """Let this app's pages, and no others, send to the bucket and read from it."""
    from .files import Files
    from .stores.s3 import cors
    from .stores.s3.store import S3Store

    app_files = state.get(Files)
    if not isinstance(app_files.store, S3Store):
        raise DovetailError('DOVETAIL_FILES_STORE is "local", where the app itself answers.')
    cors.apply(app_files.store, app_files.page_origins)
    click.echo(f"Allowed: {', '.join(app_files.page_origins)}")
