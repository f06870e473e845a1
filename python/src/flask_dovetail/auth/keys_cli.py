"""The commands of `flask dovetail keys`, for the keys of access tokens."""

from __future__ import annotations

import click
from flask.cli import with_appcontext

from ..core import state
from ..core.errors import MissingExtraError
from ..core.times import utc
from .authority import Auth
from .tokens.keys.ring import KeyRing, NotRotatable


@click.group()
def keys() -> None:
    """List and rotate the keys that sign access tokens."""


@keys.command("list")
@with_appcontext
def list_command() -> None:
    """List every key, the oldest first."""
    ring, now = _ring_and_time()
    for key in ring.describe(now):
        click.echo(f"{key.kid}  {key.algorithm}  {key.state}")


@keys.command("rotate")
@click.option("--at-once", is_flag=True, help="For a stolen key: remove all others now.")
@with_appcontext
def rotate_command(at_once: bool) -> None:
    """Add a key, which is published now and signs ten minutes later; nobody is logged out.

    With --at-once it signs now and all others are removed: access tokens die within a minute, and
    every client that has a refresh token gets another by itself.
    """
    ring, now = _ring_and_time()
    try:
        done = ring.rotate(now, at_once=at_once)
    except NotRotatable as fact:
        raise click.ClickException(str(fact)) from None
    signs_from = utc(done.key.signs_from).isoformat()
    click.echo(f"{done.key.kid}  {done.key.algorithm}  signs from {signs_from}")
    for kid in done.removed:
        click.echo(f"{kid}  removed")


def _ring_and_time() -> tuple[KeyRing, int]:
    auth = state.get(Auth)
    if auth.key_ring is None:
        raise click.ClickException(str(MissingExtraError("DOVETAIL_AUTH_STRATEGY", extra="tokens")))
    return auth.key_ring, auth.now()
