#!/usr/bin/env bash
# Werkzeug 3.1.9 under Flask 3.1.3: `call_on_close` is accepted by the answer of `send_file`, and is never called.
#
# Guess: `response.call_on_close(delete_it)` runs when the answer is over; that is what it is for, and deleting a
# temporary file after it was sent is the usual example.
# Seen: it runs for a body, for HEAD and for a 304 of any other answer. What `send_file` returns is passed through to
# the server as the file itself, so the server's close() closes the file and asks no callback: every download leaks
# what the callback would have released. `direct_passthrough = False` before the answer leaves makes it run.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'flask==3.1.3' 'werkzeug==3.1.9'
cat >"$folder/ask.py" <<'PYTHON'
import tempfile

from flask import Flask, Response, request, send_file

app = Flask(__name__)
released = []
FILE = tempfile.NamedTemporaryFile(suffix=".txt")  # noqa: SIM115
FILE.write(b"content")
FILE.flush()


@app.get("/text")
def text():
    response = Response("content", mimetype="text/plain")
    response.set_etag("v1")
    response.call_on_close(lambda: released.append("text"))
    return response.make_conditional(request)


@app.get("/file")
def file():
    response = send_file(FILE.name)
    response.direct_passthrough = "whole" not in request.args
    response.call_on_close(lambda: released.append("file"))
    return response


def ask(path, **options):
    """Serve one request as PEP 3333 says: iterate, then call close()."""
    from werkzeug.test import EnvironBuilder

    released.clear()
    status = []
    answer = app(EnvironBuilder(path=path, **options).get_environ(), lambda s, h, e=None: status.append(s[:3]))
    b"".join(answer)
    if hasattr(answer, "close"):
        answer.close()
    return status[0], list(released)


seen = {
    "GET": ask("/text"),
    "HEAD": ask("/text", method="HEAD"),
    "GET, not modified": ask("/text", headers={"If-None-Match": '"v1"'}),
    "GET of send_file": ask("/file"),
    "GET of send_file, not passed through": ask("/file", query_string="whole"),
}
for name, (status, ran) in seen.items():
    print(f"{name}: {status}, callbacks that ran: {ran}")
assert seen == {
    "GET": ("200", ["text"]),
    "HEAD": ("200", ["text"]),
    "GET, not modified": ("304", ["text"]),
    "GET of send_file": ("200", []),
    "GET of send_file, not passed through": ("200", ["file"]),
}, "changed"
PYTHON
"$folder/venv/bin/python" "$folder/ask.py"
