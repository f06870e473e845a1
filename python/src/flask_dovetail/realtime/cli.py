"""`flask dovetail realtime …`: the AsyncAPI document."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

from ..contract.cli import FILE, to_output, write
from ..contract.routes import dump_document
from ..core import sweeping
from .asyncapi import build_asyncapi

if TYPE_CHECKING:
    from pathlib import Path


@click.group()
def realtime() -> None:
    """Write the AsyncAPI document of this app; sweep old notifications."""


realtime.add_command(sweeping.command("notifications"))


@realtime.command()
@to_output
@with_appcontext
def export(output: Path | None) -> None:
    """Write the document. The same app writes the same bytes."""
    write(_document(), output)


@realtime.command()
@click.argument("committed", type=FILE)
@with_appcontext
def check(committed: Path) -> None:
    """Exit with 1 when COMMITTED is not what the app exports."""
    if committed.read_text("utf-8") == _document():
        click.echo(f"{committed} is up to date.")
        return
    click.echo(f"{committed} is stale.")
    click.echo(f"cure: flask dovetail realtime export --output {committed}")
    raise SystemExit(1)


def _document() -> str:
    return dump_document(build_asyncapi(cast("Flask", current_app._get_current_object())))  # type: ignore[attr-defined]
