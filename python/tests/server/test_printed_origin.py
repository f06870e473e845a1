"""An address that `flask run` prints and that pages cannot use is named at start, with its cure."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from flask_dovetail.server.printed_origin import advice
from flask_dovetail.topology import Topology
from support.ports import free_port

APP = """\
from flask import Flask
from flask_dovetail import Dovetail
app = Flask(__name__, instance_path={folder!r})
app.config["SECRET_KEY"] = "a secret of at least thirty-two bytes"
app.config["DOVETAIL_API_ORIGIN"] = {origin!r}
Dovetail().init_app(app)
"""


@pytest.mark.parametrize(
    ("origin", "frontends", "host", "port", "cure"),
    [
        (
            None,
            (),
            "127.0.0.1",
            5000,
            "open http://localhost:5000 instead, or set it to http://127",
        ),
        (None, (), "::1", 5000, "or set it to http://[::1]:5000"),
        (None, (), "127.0.0.1", 8000, "set it to http://localhost:8000 and open that"),
        (None, ("http://localhost:5173",), "127.0.0.1", 8000, "or run with --port 5000"),
        ("http://localhost:8000", (), "127.0.0.1", 8000, "open http://localhost:8000 instead"),
        # The printed address is the declared one.
        (None, (), "localhost", 5000, None),
        ("http://127.0.0.1:8000", (), "127.0.0.1", 8000, None),
        # Pages are elsewhere: nobody opens the printed address.
        (None, ("http://localhost:5173",), "127.0.0.1", 5000, None),
        # A proxy stands in front: Vite's, or one with a name.
        ("http://localhost:5173", (), "127.0.0.1", 5000, None),
        ("https://api.example.com", (), "127.0.0.1", 5000, None),
    ],
)
def test_advice_names_the_address_the_key_and_the_cure(
    origin: str | None, frontends: tuple[str, ...], host: str, port: int, cure: str | None
) -> None:
    api = {} if origin is None else {"api_origin": origin}
    topology = Topology.of(frontend_origins=frontends, **api)
    message = advice(topology, host, port, is_declared=origin is not None)
    if cure is None:
        assert message is None
    else:
        assert message is not None
        assert "key:  DOVETAIL_API_ORIGIN" in message
        assert cure in message


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
@pytest.mark.parametrize("debug", [True, False])
def test_flask_run_says_it_once_at_start(tmp_path: Path, host: str, debug: bool) -> None:
    port = free_port()
    source = APP.format(folder=str(tmp_path), origin=f"http://localhost:{port}")
    (tmp_path / "app.py").write_text(source)
    command = [sys.executable, "-m", "flask", "run", "--host", host, "--port", str(port)]
    lines: list[str] = []
    with subprocess.Popen(
        command,
        cwd=tmp_path,
        env=os.environ | {"FLASK_DEBUG": str(int(debug)), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        text=True,
    ) as process:
        assert process.stdout is not None
        last = "Debugger PIN" if debug else "CTRL+C"
        for line in process.stdout:
            lines.append(line)
            if last in line:
                break
        os.killpg(process.pid, signal.SIGTERM)
    printed = "".join(lines)
    said = printed.count(f"flask run prints http://127.0.0.1:{port}")
    assert said == (host == "127.0.0.1"), printed
    if said:
        assert f"open http://localhost:{port} instead" in printed
