"""On a machine where something is missing, `make run` says in one line what, and what to do."""

from __future__ import annotations

import shutil
import socket
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
NEEDED = ("awk", "bash", "cat", "dirname", "env", "git", "grep", "make", "mkdir", "sed", "sort")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A fresh clone's scripts, on a machine with git and make, but neither Python nor Node."""
    folder = tmp_path / "checkout"
    shutil.copytree(ROOT / "scripts", folder / "scripts")
    for name in ("Makefile", "pyproject.toml", "uv.lock", "package.json", "package-lock.json"):
        shutil.copy(ROOT / name, folder)
    shutil.copy(ROOT / ".python-version", folder)
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in NEEDED:
        found = shutil.which(name)
        assert found is not None
        (tools / name).symlink_to(found)
    subprocess.run(["git", "init", "--quiet", folder], check=True)
    return folder


def install(checkout: Path, name: str, program: str) -> None:
    """Put a stand-in on the machine."""
    file = checkout.parent / "bin" / name
    file.write_text(f"#!/usr/bin/env bash\n{program}\n")
    file.chmod(0o755)


def said(checkout: Path, *command: str) -> list[str]:
    """The lines of a command that has to fail, without make's own last word."""
    ran = subprocess.run(
        command,
        cwd=checkout,
        env={"PATH": str(checkout.parent / "bin"), "HOME": str(checkout.parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode != 0
    return [line for line in ran.stderr.splitlines() if not line.startswith("make: ***")]


def test_no_python(checkout: Path) -> None:
    (line,) = said(checkout, "make", "run")
    assert "Python 3.11 or newer is needed" in line


def test_an_old_python(checkout: Path) -> None:
    install(checkout, "python3", '[ "$1" = -V ] && echo Python 3.9.2 || exit 1')
    (line,) = said(checkout, "make", "run")
    assert line.startswith("make: found Python 3.9.2, but Python 3.11 or newer is needed")


def test_no_node(checkout: Path) -> None:
    (line,) = said(checkout, "scripts/node.sh")
    assert line.startswith("make: node is missing: install Node 20 or newer")


def test_an_old_node(checkout: Path) -> None:
    install(checkout, "npm", "exit 1")
    install(checkout, "node", "echo 18")
    (line,) = said(checkout, "scripts/node.sh")
    assert line.startswith("make: found Node 18, but Node 20 or newer is needed")


@pytest.mark.parametrize("port", ["0", "65536", "http", "-1"])
def test_a_port_that_is_none(port: str) -> None:
    assert "is not a port" in check_port(port)


def test_a_port_in_use() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        line = check_port(str(port))
    assert f"port {port} is in use" in line
    assert "PORT=" in line


def check_port(port: str) -> str:
    ran = subprocess.run(
        ["python3", ROOT / "scripts" / "check_port.py", port, "PORT"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 1
    (line,) = ran.stderr.splitlines()
    return line
