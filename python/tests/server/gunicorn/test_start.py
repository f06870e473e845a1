"""What stops the server before it has begun."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from support.ports import free_port

APP = """
from flask import Flask
from flask_dovetail import Dovetail

app = Flask("colliding", instance_path={folder!r})
app.config.update(SECRET_KEY="a key that is long enough to be one")
Dovetail().init_app(app)
app.add_url_rule("/healthz", "health", lambda: "the app's")
"""


def test_a_colliding_route_stops_the_server(tmp_path: Path) -> None:
    """No request is needed: the worker does not boot, and the log says why."""
    (tmp_path / "colliding.py").write_text(APP.format(folder=str(tmp_path)))
    ended = subprocess.run(
        [
            *(sys.executable, "-m", "gunicorn", "colliding:app", "--no-control-socket"),
            *("--worker-class", "flask_dovetail.server.gunicorn.ProblemWorker"),
            *("--bind", f"127.0.0.1:{free_port()}"),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode != 0
    assert "GET /healthz: the view 'health'" in ended.stderr
    assert "key:  DOVETAIL_ROUTES_PREFIX" in ended.stderr
