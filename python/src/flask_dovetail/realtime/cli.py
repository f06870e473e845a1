"""`flask dovetail realtime …`: the AsyncAPI document, and what an administrator does."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

from ..contract.routes import dumped
from .asyncapi import build_asyncapi
from .service import current
from .sweep import sweep


@click.group()
def realtime() -> None:
    """The AsyncAPI document of this app; sweeping old notifications."""


@realtime.command()
@click.option(
    "--output", type=click.Path(dir_okay=False, path_type=Path), help="A file instead of stdout."
)
@with_appcontext
def export(output: Path | None) -> None:
    """Write the document. The same app writes the same bytes."""
    text = _document()
    if output is None:
        click.echo(text, nl=False)
    else:
        output.write_text(text, "utf-8")


@realtime.command()
@click.argument("committed", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@with_appcontext
def check(committed: Path) -> None:
    """Exit with 1 when COMMITTED is not what the app exports."""
    if committed.read_text("utf-8") == _document():
        click.echo(f"{committed} is up to date.")
        return
    click.echo(f"{committed} is stale.")
    click.echo(f"cure: flask dovetail realtime export --output {committed}")
    raise SystemExit(1)


@realtime.command("sweep")
@with_appcontext
def sweep_command() -> None:
    """Forget old notifications. Whoever takes sockets does it too, once an hour."""
    click.echo(f"{sweep(current())} notifications forgotten.")


def _document() -> str:
    return dumped(build_asyncapi(cast("Flask", current_app._get_current_object())))  # type: ignore[attr-defined]
