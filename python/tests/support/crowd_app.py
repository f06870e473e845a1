"""An app in which every request holds its session's connection, from a pool of one, to its end.

    gunicorn 'support.crowd_app:from_environment()'

Whoever asks for a second connection of that pool meanwhile waits for ever.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flask import Flask, g
from pydantic import BaseModel
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from flask_dovetail import (
    Credentials,
    Dovetail,
    Event,
    FilePolicy,
    Identity,
    Namespace,
    current_identity,
    end_logins,
    list_logins,
    notify,
    operation,
    signed_in,
)

PASSWORD = "correct horse battery staple"
SECRET_KEY = "a key that is long enough to be one"


class Liked(Event, name="liked"):
    """Somebody likes something of yours."""

    thing: int


class Count(BaseModel):
    count: int


live = Namespace("/live", sends=[])


@live.on("count")
@signed_in
def count_logins() -> Count:
    """Count the logins of whoever asks, with a session that has read."""
    read()
    return Count(count=len(list_logins(subject())))


def session() -> Session:
    """The session of this request, which keeps its connection."""
    if "session" not in g:
        g.session = Session(g_engine())
    found: Session = g.session
    return found


def read() -> None:
    session().execute(text("SELECT 1"))


def subject() -> str:
    identity = current_identity()
    assert identity is not None
    return identity.subject


def g_engine() -> Any:
    from flask import current_app

    return current_app.extensions["crowd_engine"]


def load_identity(found: str) -> Identity:
    read()
    return Identity(found)


def authenticate(credentials: Credentials) -> Identity | None:
    read()
    if credentials.password.get_secret_value() != PASSWORD:
        return None
    return Identity(credentials.email.partition("@")[0])


def create_app(folder: Path, url: str, *, hold: bool = True, **config: Any) -> Flask:
    """The app on the database at `url`, with one connection in its own pool and one in ours."""
    app = Flask("crowd", instance_path=str(folder))
    engine = create_engine(url, pool_size=1, max_overflow=0, pool_timeout=25)
    app.extensions["crowd_engine"] = engine
    app.config.update(
        {
            "SECRET_KEY": SECRET_KEY,
            "DOVETAIL_AUTH_TOUCH_SECONDS": 0,  # each request writes when it was
            "DOVETAIL_AUTH_LOGIN_LIMIT_PER_ADDRESS": "10000/1 minute",
            "DOVETAIL_AUTH_PASSWORD_CHECKS_WAITING_MAX": 100,
            "DOVETAIL_AUTH_PASSWORD_CHECKS_WAIT_SECONDS": 25,
            "DOVETAIL_DATABASE_POOL_SIZE": 1,
            "DOVETAIL_DATABASE_WAIT_SECONDS": 25,
            **config,
        }
    )
    if hold:
        app.before_request(read)  # before anything of Dovetail's, which asks later

    @app.teardown_appcontext
    def close(_error: BaseException | None) -> None:
        held: Session | None = g.pop("session", None)
        if held is not None:
            held.close()

    Dovetail(
        authenticate=authenticate,
        load_identity=load_identity,
        files={"file": FilePolicy()},
        notifications=[Liked],
        namespaces=[live],
        engine=lambda: engine,
    ).init_app(app)

    @app.get("/api/strangers")
    @operation()
    def strangers() -> Count:
        read()
        return Count(count=0)

    @app.get("/api/mine")
    @operation()
    def mine() -> Count:
        """Ask who it is after having read, as a public feed does."""
        read()
        identity = current_identity()
        return Count(count=0 if identity is None else 1)

    @app.get("/api/guarded")
    @signed_in
    @operation()
    def guarded() -> Count:
        read()
        return Count(count=len(list_logins(subject())))

    @app.post("/api/notify")
    @signed_in
    @operation()
    def tell(body: Count) -> Count:
        """Write a notification in the session's transaction."""
        notify(subject(), Liked(thing=body.count), session=session())
        session().commit()
        read()
        notify(subject(), Liked(thing=body.count))
        return body

    @app.post("/api/end")
    @signed_in
    @operation()
    def end(body: Count) -> Count:
        read()
        end_logins(f"nobody-{body.count}")
        end_logins(f"q{body.count}", session=session())
        session().commit()
        return body

    return app


def from_environment(environ: Mapping[str, str] = os.environ) -> Flask:
    """The app that `CROWD_APP` describes: `{"folder": …, "url": …, "DOVETAIL_…": …}`."""
    config = json.loads(environ["CROWD_APP"])
    return create_app(Path(config.pop("folder")), config.pop("url"), **config)
