"""The agreements of both halves, read from `wire/*.json`: error codes, header names, limits."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

_PACKAGE = Path(__file__).parents[1]


@cache
def load(name: str) -> dict[str, Any]:
    """Return the parsed `wire/<name>.json`: the packaged one, or the checkout's."""
    packaged = _PACKAGE / "_wire" / f"{name}.json"
    source = packaged if packaged.exists() else _PACKAGE.parents[2] / "wire" / f"{name}.json"
    loaded: dict[str, Any] = json.loads(source.read_text("utf-8"))
    return loaded


HEADERS = load("headers")
LIMITS = load("limits")
