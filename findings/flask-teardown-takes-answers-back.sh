#!/usr/bin/env bash
# Flask 3.1.3 on gunicorn 27.0.1: one teardown function that raises takes the answer back, and the
# functions registered before it never run.
#
# Guess: teardown comes after the answer; an error there is logged, each function runs, the client has its 201.
# Seen: the client gets 500 although the view has finished (and committed), the other teardown functions are
# skipped, and no error handler is asked. If what is raised is an OSError, such as the ConnectionError of a
# database driver, gunicorn takes it for the client's socket and closes the connection without any answer.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'flask==3.1.3' 'gunicorn==27.0.1' packaging
cat >"$folder/app.py" <<'PYTHON'
from pathlib import Path

from flask import Flask, g, request

app = Flask(__name__)
HERE = Path(__file__).parent


@app.teardown_appcontext
def registered_first(_error):
    (HERE / "first-ran").touch()


@app.teardown_appcontext
def registered_second(_error):
    raise {"os": ConnectionError, "other": RuntimeError}[g.kind]("the database died")


@app.errorhandler(Exception)
def handle(_error):
    (HERE / "handler-asked").touch()
    return "handled", 503


@app.post("/orders")
def order():
    g.kind = request.args["kind"]
    return {"id": 1}, 201
PYTHON
cat >"$folder/ask.py" <<'PYTHON'
import http.client
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

folder = Path(sys.argv[1])
with socket.socket() as listener:
    listener.bind(("127.0.0.1", 0))
    port = listener.getsockname()[1]
server = subprocess.Popen(
    [sys.executable, "-m", "gunicorn", "-b", f"127.0.0.1:{port}", "--chdir", folder, "--no-control-socket", "app:app"],
    stderr=subprocess.DEVNULL,
)
try:
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            break
        except OSError:
            time.sleep(0.1)
    seen = {}
    for kind in ("other", "os"):
        request = urllib.request.Request(f"http://127.0.0.1:{port}/orders?kind={kind}", method="POST")
        try:
            seen[kind] = urllib.request.urlopen(request, timeout=10).status
        except urllib.error.HTTPError as error:
            seen[kind] = error.code
        except http.client.RemoteDisconnected:
            seen[kind] = "no answer"
finally:
    server.terminate()
    server.wait(10)
first, asked = (folder / "first-ran").exists(), (folder / "handler-asked").exists()
print(f"the view returned 201; RuntimeError: {seen['other']}; ConnectionError: {seen['os']}")
print(f"the other teardown function ran: {first}; the error handler was asked: {asked}")
assert (seen, first, asked) == ({"other": 500, "os": "no answer"}, False, False), "changed"
PYTHON
"$folder/venv/bin/python" "$folder/ask.py" "$folder"
