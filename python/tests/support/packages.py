"""The two packages as users get them: packed from a clean checkout, installed in empty projects."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from support.paths import ROOT

REPOSITORY = "https://github.com/flask-dovetail/flask-dovetail"
NODE = ROOT / "node_modules" / ".bin"


def run(*command: str | Path, cwd: Path, **environment: str) -> str:
    """Return what a command that has to succeed wrote to standard output."""
    done = subprocess.run(
        list(map(str, command)),
        cwd=cwd,
        env=environment_without_ours() | environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, f"{command} in {cwd}:\n{done.stdout}\n{done.stderr}"
    return done.stdout


def environment_without_ours() -> dict[str, str]:
    """The environment of a user, whose Node is the one that the tests run on."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("DOVETAIL_", "FLASK_", "STARTER_", "PYTEST_", "npm_", "COV"))
        and name not in {"PYTHONPATH", "VIRTUAL_ENV"}
    }
    return kept | {"PATH": f"{NODE}{os.pathsep}{kept['PATH']}"}


def check_out(folder: Path) -> Path:
    """Copy what git has, or would have, and nothing that was built."""
    names = run(
        *("git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"),
        cwd=ROOT,
    )
    for name in filter(None, names.split("\0")):
        source = ROOT / name
        if source.is_file():  # not one that has just been deleted
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
    return folder


def pack(checkout: Path, into: Path) -> Path:
    """Return the npm tarball. The checkout uses the packages that `npm ci` has installed here."""
    for name in ("node_modules", "typescript/node_modules"):
        if (ROOT / name).exists():
            (checkout / name).symlink_to(ROOT / name)
    run("npm", "pack", "--pack-destination", into, cwd=checkout / "typescript")
    (tarball,) = into.glob("*.tgz")
    return tarball


def environment(folder: Path, *requirements: str | Path) -> Path:
    """Make a virtual environment, and return its Python."""
    run(sys.executable, "-m", "venv", folder / "venv", cwd=folder)
    python = folder / "venv" / "bin" / "python"
    install = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    run(python, *install, *requirements, cwd=folder)
    return python


def build(tools: Path, checkout: Path, into: Path) -> Path:
    """Return the wheel, made of the source distribution, which lies beside it."""
    run(tools, "-m", "build", "--outdir", into, checkout, cwd=into)
    (wheel,) = into.glob("*.whl")
    return wheel


def project(
    folder: Path, *packages: str | Path, files: Mapping[str, str] | None = None, **fields: Any
) -> Path:
    """Make a project, and install packages as its author would, such as `"vite@5.4.21"`."""
    folder.mkdir(exist_ok=True)
    (folder / "package.json").write_text(
        json.dumps({"name": "a-project", "private": True, "type": "module", **fields})
    )
    for name, text in (files or {}).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    run("npm", "install", "--no-audit", "--no-fund", "--loglevel=error", *packages, cwd=folder)
    return folder
