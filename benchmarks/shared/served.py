"""What the real gunicorn of `serving.py` serves: `gunicorn shared.served:app`.

An app whose people keep files, with a small guarded read beside it; and `/bare/<name>`, a WSGI view
that writes the body of a request into a file, 1 MiB at a time. All of it in `BENCHMARK_FOLDER`.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from flask import Flask
from sqlalchemy import create_engine

from flask_dovetail import Dovetail, FilePolicy, Identity, signed_in
from flask_dovetail.database import upgrade

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

MIB = 1024 * 1024
ANSWER = {"id": 7, "title": "Hello", "tags": ["a", "b"]}


def make_app(folder: Path) -> WSGIApplication:
    """Dovetail with files, all settings as they are by default; and the bare view."""
    url = f"sqlite:///{folder}/dovetail.sqlite3"
    engine = create_engine(url)
    upgrade(engine)
    engine.dispose()
    app = Flask("benchmark", instance_path=str(folder))
    app.config.update(SECRET_KEY="benchmark" * 8, DOVETAIL_DATABASE_URL=url)
    app.config.from_prefixed_env()
    Dovetail(
        authenticate=lambda _credentials: Identity("7"),
        load_identity=Identity,
        files={"file": FilePolicy()},
    ).init_app(app)
    app.add_url_rule("/thing", view_func=signed_in(lambda: ANSWER), endpoint="thing")

    def either(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"].startswith("/bare/"):
            return _bare(folder, environ, start)
        return app(environ, start)

    return either


def _bare(folder: Path, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
    with (folder / environ["PATH_INFO"].rpartition("/")[2]).open("wb") as file:
        left = int(environ["CONTENT_LENGTH"])
        while left:
            chunk = environ["wsgi.input"].read(min(left, MIB))
            file.write(chunk)
            left -= len(chunk)
    start("204 No Content", [])
    return []


app = make_app(Path(os.environ["BENCHMARK_FOLDER"]))
