"""What starting costs: `import flask_dovetail` plus `init_app`, over Flask's own import.

    python benchmarks/startup.py

Every sample is a fresh interpreter; Flask alone and with Dovetail, in either strategy, take turns.
Compiled modules are kept in a folder of this run. Claims: at most 120 ms, and no library of an
extra imported.
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
HEAVY = {
    *("sqlalchemy", "alembic", "valkey", "limits", "publicsuffixlist", "flask_openapi_swagger"),
    *("jwt", "cryptography", "authlib", "joserfc", "requests"),
}
FLASK = """
import sys, time
began = time.perf_counter()
import flask
app = flask.Flask("bench", instance_path=sys.argv[1])
app.config["SECRET_KEY"] = "a secret of at least thirty-two bytes"
"""
DOVETAIL = """
app.config["DOVETAIL_AUTH_STRATEGY"] = "{strategy}"
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
    programs = {"Flask alone": FLASK} | {
        f"with Dovetail, {strategy}s": FLASK + DOVETAIL.format(strategy=strategy)
        for strategy in ("session", "token")
    }
    took: dict[str, list[float]] = {name: [] for name in programs}
    imported: set[str] = set()
    with tempfile.TemporaryDirectory() as folder:
        for program in programs.values():
            imported |= sample(program, folder)[1] & HEAVY  # compiles everything, too
        for _ in range(ROUNDS):
            for name, program in programs.items():
                took[name].append(sample(program, folder)[0])
    alone, *joined = programs
    print(f"{alone:<28}{statistics.median(took[alone]):8.1f} ms")
    failed = bool(imported)
    for name in joined:
        # Per round over Flask alone in the same round: a busy machine slows both.
        added = statistics.median(b - a for a, b in zip(took[alone], took[name], strict=True))
        failed = failed or added > LIMIT_MS
        print(f"{name:<28}{added:+8.1f} ms   (claim: at most {LIMIT_MS:.0f})")
    print(f"{'extras imported':<28}{', '.join(sorted(imported)) or 'none':>8}      (claim: none)")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
