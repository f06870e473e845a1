"""What starting costs: `import flask_dovetail` plus `init_app`, over Flask's own import.

    python benchmarks/startup.py

Every sample is a fresh interpreter; Flask alone and with Dovetail take turns. Compiled modules
are kept in a folder of this run. Claims: at most 120 ms, and no library of an extra imported.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile

ROUNDS = 15
LIMIT_MS = 120.0
HEAVY = {"sqlalchemy", "alembic", "valkey", "limits", "publicsuffixlist", "flask_openapi_swagger"}
FLASK = """
import sys, time
began = time.perf_counter()
import flask
app = flask.Flask("bench", instance_path=sys.argv[1])
app.config["SECRET_KEY"] = "a secret of at least thirty-two bytes"
"""
DOVETAIL = """
from flask_dovetail import Dovetail, Identity
Dovetail(authenticate=lambda credentials: None, load_identity=Identity).init_app(app)
"""
REPORT = """
import json
print(json.dumps([time.perf_counter() - began, sorted(sys.modules)]))
"""


def sample(program: str, folder: str) -> tuple[float, set[str]]:
    """Milliseconds to run `program`, and what it imported."""
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": folder}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    ran = subprocess.run(
        [sys.executable, "-c", program + REPORT, folder],
        check=True,
        capture_output=True,
        text=True,
        env=environment,
    )
    seconds, modules = json.loads(ran.stdout)
    return seconds * 1000, set(modules)


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        _, loaded = sample(FLASK + DOVETAIL, folder)  # compiles everything
        pairs = [
            (sample(FLASK, folder)[0], sample(FLASK + DOVETAIL, folder)[0]) for _ in range(ROUNDS)
        ]
    alone = statistics.median(flask for flask, _ in pairs)
    joined = statistics.median(both for _, both in pairs)
    added = statistics.median(both - flask for flask, both in pairs)
    print(f"{'Flask alone':<28}{alone:8.1f} ms")
    print(f"{'with Dovetail and init_app':<28}{joined:8.1f} ms")
    print(f"{'added':<28}{added:8.1f} ms   (claim: at most {LIMIT_MS:.0f})")
    imported = sorted(loaded & HEAVY)
    print(f"{'extras imported':<28}{', '.join(imported) or 'none':>8}      (claim: none)")
    return 0 if added <= LIMIT_MS and not imported else 1


if __name__ == "__main__":
    sys.exit(main())
