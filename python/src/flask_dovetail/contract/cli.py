"""The commands of `flask dovetail contract`: export the document, and compare it with another."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

import click
from flask import Flask, current_app
from flask.cli import AppGroup

from . import collisions
from .breaking_changes import breaking as breaking_changes
from .breaking_changes import drift
from .document import build_document
from .routes import dump_document

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
to_output = click.option(
    "--output", type=click.Path(dir_okay=False, path_type=Path), help="A file instead of stdout."
)
contract: AppGroup = AppGroup("contract", help="The OpenAPI document of this app.")


@contract.command()
@to_output
def export(output: Path | None) -> None:
    """Write the document. The same app writes the same bytes."""
    write(dump_document(_document()), output)


@contract.command()
@click.argument("committed", type=FILE)
def check(committed: Path) -> None:
    """Exit with 1, and say what differs, when COMMITTED is not what the app exports."""
    document = _document()
    if committed.read_text("utf-8") == dump_document(document):
        click.echo(f"{committed} is up to date.")
        return
    lines = drift(_read(committed), document) or ["~ the layout of the file"]
    click.echo(f"{committed} is stale:")
    for line in lines:
        click.echo(f"  {line}")
    click.echo(f"cure: flask dovetail contract export --output {committed}")
    raise SystemExit(1)


@contract.command()
@click.argument("old", type=FILE)
def breaking(old: Path) -> None:
    """Exit with 1, and name each change, when the app breaks clients of the document OLD."""
    changes = breaking_changes(_read(old), _document())
    for change in changes:
        click.echo(str(change))
    if changes:
        raise SystemExit(1)
    click.echo(f"Nothing breaks clients of {old}.")


def write(text: str, output: Path | None) -> None:
    """Write `text` to `output`, or to stdout."""
    if output is None:
        click.echo(text, nl=False)
    else:
        output.write_text(text, "utf-8")


def _document() -> dict[str, Any]:
    """Build the document of the current app.

    Raises:
        ConfigurationError: a route of the app's collides with one of Dovetail's.
        DeclarationError: see `build_document`.
    """
    app = cast("Flask", current_app._get_current_object())  # type: ignore[attr-defined]
    collisions.refuse(app)
    return build_document(app)


def _read(file: Path) -> dict[str, Any]:
    try:
        read = json.loads(file.read_text("utf-8"))
    except ValueError as exc:
        raise click.ClickException(f"{file} is not JSON: {exc}") from exc
    if not isinstance(read, dict):
        raise click.ClickException(f"{file} is not an OpenAPI document.")
    return read
