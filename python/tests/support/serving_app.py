"""A small app for tests of the gunicorn worker.

gunicorn 'support.serving_app:from_environment()'
"""

from __future__ import annotations

import json
import os
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from flask import Flask, Response, request, send_file

from flask_dovetail import Dovetail

MEBIBYTE = bytes(1024 * 1024)


def from_environment() -> Flask:
    """An app with the settings that `SERVING_APP` says, as JSON."""
    config = json.loads(os.environ["SERVING_APP"])
    app = Flask("serving", instance_path=config.pop("folder"))
    app.config.from_mapping(SECRET_KEY="a key that is long enough to be one", **config)
    Dovetail().init_app(app)
    big = Path(app.instance_path) / "big"
    with big.open("wb") as file:
        file.truncate(64 * len(MEBIBYTE))
    kept = threading.local()

    @app.get("/quick")
    def quick() -> str:
        return "quick"

    @app.get("/sleep/<int:milliseconds>")
    def sleep(milliseconds: int) -> str:
        time.sleep(milliseconds / 1000)
        return "slept"

    @app.post("/length")
    def length() -> str:
        return str(len(request.get_data()))

    @app.post("/unread")
    def unread() -> str:
        return "not read"

    @app.get("/file")
    def file() -> Response:
        return send_file(big, mimetype="application/octet-stream")

    @app.get("/whole")
    def whole() -> bytes:
        return MEBIBYTE * 64

    @app.get("/pieces")
    def pieces() -> Iterator[bytes]:
        return (MEBIBYTE[: 64 * 1024] for _ in range(1024))

    @app.get("/take/<int:milliseconds>")
    def take(milliseconds: int) -> str:
        """Hold all descriptors that there are."""
        taken: list[int] = []
        try:
            while True:
                taken.append(os.open(os.devnull, os.O_RDONLY))
        except OSError:
            time.sleep(milliseconds / 1000)
        finally:
            for descriptor in taken:
                os.close(descriptor)
        return "taken"

    @app.get("/keep")
    def keep() -> str:
        """Open two descriptors for as long as the thread lives, as a connection to SQLite does."""
        time.sleep(0.3)
        if not hasattr(kept, "files"):
            kept.files = (tempfile.TemporaryFile(), tempfile.TemporaryFile())  # noqa: SIM115
        return "kept"

    return app
