#!/usr/bin/env bash
# Flask-RESTX 1.3.2 beside Flask 3.1.3: an exception with an error handler of the app's is a 500 in production.
#
# Guess: `@app.errorhandler(Refused)` answers a Refused that a `before_request` hook raises, as everywhere in Flask.
# Seen: `Api(app)` replaces `app.handle_user_exception`. For addresses of its resources it asks only its own handlers:
# what is no HTTPException becomes 500 with {"message": "Internal Server Error"}. With TESTING the app's handler is
# reached (the exception is raised again, to it), so a test suite sees 403 and production 500.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'flask==3.1.3' 'werkzeug==3.1.9' 'flask-restx==1.3.2' setuptools
cat >"$folder/ask.py" <<'PYTHON'
import logging
import warnings

warnings.simplefilter("ignore")
from flask import Flask  # noqa: E402
from flask_restx import Api, Resource  # noqa: E402

logging.disable(logging.CRITICAL)


class Refused(Exception):
    """No HTTPException."""


def ask(testing):
    app = Flask(__name__)
    app.testing = testing
    app.errorhandler(Refused)(lambda _: ({"code": "REFUSED"}, 403))

    @app.before_request
    def refuse():
        raise Refused

    app.get("/plain")(lambda: "plain")
    api = Api(app)
    api.route("/resource")(type("Thing", (Resource,), {"get": lambda self: {}}))
    client = app.test_client()
    return {path: client.get(path).status_code for path in ("/plain", "/resource")}


seen = {"production": ask(False), "testing": ask(True)}
print(seen)
assert seen == {
    "production": {"/plain": 403, "/resource": 500},
    "testing": {"/plain": 403, "/resource": 403},
}, "changed"
PYTHON
"$folder/venv/bin/python" "$folder/ask.py"
