"""`flask dovetail contract …`: export the document and hold it against others."""

from __future__ import annotations

from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup

from .document import build_document
from .routes import dumped

contract = AppGroup("contract", help="The OpenAPI document of this app.")


@contract.command()
@click.option(
    "--output", type=click.Path(dir_okay=False, path_type=Path), help="A file instead of stdout."
)
def export(output: Path | None) -> None:
    """Write the document; the same app writes the same bytes."""
    text = dumped(build_document(current_app._get_current_object()))  # type: ignore[attr-defined]
    if output is None:
        click.echo(text, nl=False)
    else:
        output.write_text(text, "utf-8")
