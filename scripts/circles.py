"""Fail on files of the Python package that import each other, directly or through others.

Imports inside functions and those for types alone count as well: whoever reads one file of a circle
has to read them all.
"""

from __future__ import annotations

import ast
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = {
    "flask_dovetail": ROOT / "python/src/flask_dovetail",
    "app": ROOT / "starter/backend/app",
}


def modules(name: str, folder: Path) -> dict[str, Path]:
    """Return the files of a package by their dotted names."""
    found = {}
    for file in folder.rglob("*.py"):
        parts = (name, *file.relative_to(folder).with_suffix("").parts)
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = file
    return found


def imported(name: str, file: Path, known: dict[str, Path]) -> set[str]:
    """Return which of the `known` modules the file imports."""
    package = name if file.name == "__init__.py" else name.rpartition(".")[0]
    found = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {each.name for each in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1]
            base = ".".join([*above, node.module or ""]).rstrip(".") if node.level else node.module
            for each in node.names:
                inner = f"{base}.{each.name}"
                found.add(inner if inner in known else str(base))
    return (found & known.keys()) - {name}


def main() -> int:
    failed = False
    for package, folder in PACKAGES.items():
        known = modules(package, folder)
        graph = {name: imported(name, file, known) for name, file in known.items()}
        if package in graph:
            graph[package] = set()  # the table of contents imports all, and some ask it for a name
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as error:
            failed = True
            print(" imports\n  ".join(reversed(error.args[1])), file=sys.stderr)
            print(
                "These files import each other. Move what both need to a file below them, or give "
                "one of them the part that it needs as an argument.",
                file=sys.stderr,
            )
    return failed


if __name__ == "__main__":
    sys.exit(main())
