"""The code blocks of the README, as the files and commands of a new project."""

from __future__ import annotations

import re
from pathlib import Path

from support.paths import ROOT

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_NAME = re.compile(r"^(?:#|//|<!--) ([\w.]+)")


def adopting(page: str = "README.md") -> str:
    """Return the section that shows how to adopt Dovetail."""
    text = (ROOT / page).read_text("utf-8")
    (section,) = (each for each in re.split(r"^## ", text, flags=re.MULTILINE) if "app.py" in each)
    return section


def files(page: str = "README.md") -> dict[str, str]:
    """Return the files by name: each begins with a comment that has it."""
    blocks = [text for kind, text in _BLOCK.findall(adopting(page)) if kind != "sh"]
    named = {match.group(1): text for text in blocks if (match := _NAME.match(text))}
    assert len(named) == len(blocks)
    return named


def commands(page: str = "README.md") -> list[str]:
    """Return the lines to type, without their comments."""
    lines = "".join(text for kind, text in _BLOCK.findall(adopting(page)) if kind == "sh")
    return [line.partition("#")[0].strip() for line in lines.splitlines()]


def write_files(folder: Path) -> None:
    """Write the files of the README."""
    for name, text in files().items():
        (folder / name).write_text(text)
