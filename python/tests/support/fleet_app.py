"""`realtime_app`, whose sockets and views also say which process serves them, and as what.

REALTIME_APP='{"folder": …}' gunicorn 'support.fleet_app:from_environment()'
REALTIME_APP='{"folder": …}' flask --app support.fleet_app:from_environment like bob 7
"""

from __future__ import annotations

import os

import click
from flask import Flask, request
from pydantic import BaseModel

from flask_dovetail import notify, operation
from support import realtime_app
from support.realtime_app import Liked, live


class Where(BaseModel):
    """The process that answers, and how it sees who asks."""

    process: int
    address: str
    origin: str


class LikeIn(BaseModel):
    whose: str
    thing: int


@live.on("where")
def where() -> Where:
    """Where this socket ends."""
    return Where(
        process=os.getpid(), address=request.remote_addr or "", origin=request.host_url.rstrip("/")
    )


@live.on("like")
def like(body: LikeIn) -> None:
    """Notify somebody, from the process of this socket."""
    notify(body.whose, Liked(thing=body.thing))


@click.command("like")
@click.argument("whose")
@click.argument("thing", type=int)
def like_command(whose: str, thing: int) -> None:
    """Notify somebody, from a process of its own."""
    notify(whose, Liked(thing=thing))


def from_environment() -> Flask:
    app = realtime_app.from_environment()
    app.cli.add_command(like_command)
    app.add_url_rule("/api/where", view_func=operation()(where))
    return app
