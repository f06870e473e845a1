#!/usr/bin/env bash
# Flask-Compress 1.25 beside Flask 3.1.3: a range of a file arrives compressed, so a resumed download is corrupt.
#
# Guess: `send_file(conditional=True)` answers `Range: bytes=0-999` with those bytes, whatever extensions are there.
# Seen: `Compress(app)` compresses every answer from 200 to 299, 206 included, and leaves `Content-Range` as it was. The
# bytes are those of the range, compressed by themselves, under the ETag of another representation; a client that asked
# for `Accept-Encoding: gzip`, as every browser may, has no way to join two of them (RFC 9110 section 14.4).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'flask==3.1.3' 'werkzeug==3.1.9' 'flask-compress==1.25'
cat >"$folder/ask.py" <<'PYTHON'
import io

from flask import Flask, send_file
from flask_compress import Compress

CONTENT = b"a line of text\n" * 200
app = Flask(__name__)
Compress(app)


@app.get("/file")
def file():
    return send_file(io.BytesIO(CONTENT), mimetype="text/plain", conditional=True, etag="one")


def ask(**more):
    answer = app.test_client().get("/file", headers={"Range": "bytes=0-999", **more})
    kept = {name: answer.headers.get(name) for name in ("Content-Encoding", "Content-Range")}
    return {"status": answer.status_code, "is range": answer.data == CONTENT[:1000], **kept}


seen = {"plain": ask(), "compressed": ask(**{"Accept-Encoding": "br"})}
print(seen)
assert seen["plain"] == {
    "status": 206,
    "is range": True,
    "Content-Encoding": None,
    "Content-Range": "bytes 0-999/3000",
}
assert seen["compressed"] == {
    "status": 206,
    "is range": False,
    "Content-Encoding": "br",
    "Content-Range": "bytes 0-999/3000",
}, "changed"
PYTHON
"$folder/venv/bin/python" "$folder/ask.py"
