"""The commands of `flask dovetail logins`."""

from __future__ import annotations

import click
from flask.cli import with_appcontext

from ..core import sweeping
from ..core.times import utc
from .logins.rules import device
from .manage_logins import end_logins, list_logins


@click.group()
def logins() -> None:
    """List, end and sweep logins."""


logins.add_command(sweeping.command("logins"))


@logins.command("list")
@click.argument("subject")
@with_appcontext
def list_command(subject: str) -> None:
    """List where SUBJECT is signed in."""
    for login in list_logins(subject):
        seen = utc(login.last_seen_at).isoformat()
        device_text = f"{login.address}  {device(login.user_agent)}"
        click.echo(f"{login.id}  {seen}  {login.strategy:7}  {device_text}")


@logins.command("end")
@click.argument("subject")
@with_appcontext
def end_command(subject: str) -> None:
    """End every login of SUBJECT, at once."""
    click.echo(f"{end_logins(subject)} ended.")
