"""The servers that files are sent to, each as its documentation has it: apps, and how they are run.

Each keeps its files in `BENCHMARK_FOLDER`. Imported by gunicorn and uvicorn, in processes of their
own: what a server does not need is not imported.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flask import Flask


def folder() -> Path:
    return Path(os.environ["BENCHMARK_FOLDER"])


def dovetail() -> Flask:
    """The local store, sessions, everything on but the log line, which no peer writes."""
    from flask import Flask

    from flask_dovetail import Credentials, Dovetail, FilePolicy, Identity

    def authenticate(_credentials: Credentials) -> Identity:
        return Identity("7")

    app = Flask("dovetail", instance_path=str(folder()))
    app.config.update(
        SECRET_KEY="benchmark" * 8,
        DOVETAIL_API_ORIGIN=os.environ["BENCHMARK_ORIGIN"],
        DOVETAIL_LOGS_FORMAT="off",
    )
    Dovetail(
        authenticate=authenticate, load_identity=Identity, files={"file": FilePolicy()}
    ).init_app(app)
    return app


def tus() -> Any:
    from fastapi import FastAPI
    from tuspyserver import create_tus_router

    app = FastAPI()
    app.include_router(create_tus_router(prefix="files", files_dir=str(folder())))
    return app


def form() -> Flask:
    """A form post, as Flask's documentation saves it."""
    from flask import Flask, request

    app = Flask("form")

    @app.post("/files")
    def save() -> tuple[str, int]:
        request.files["file"].save(folder() / "upload.bin")
        return "", 204

    return app
