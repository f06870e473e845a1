"""Apps with all of Dovetail."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask import Flask

from flask_dovetail import Dovetail


def make_whole_app(
    folder: Path, dovetail: Dovetail | None = None, *, name: str = "example", **config: Any
) -> Flask:
    """Return a new app that keeps what it keeps in `folder`.

    Args:
        dovetail: by default one that nobody can sign in to.
    """
    app = Flask(name, instance_path=str(folder))
    app.config.update({"SECRET_KEY": "a key that is long enough to be one", **config})
    (dovetail or Dovetail()).init_app(app)
    return app
