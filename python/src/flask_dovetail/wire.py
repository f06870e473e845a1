"""What both halves agree on, read from `wire/*.json`: error codes, header names, limits."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

_HERE = Path(__file__).parent


@cache
def load(name: str) -> dict[str, Any]:
    """The parsed `wire/<name>.json`, from the wheel or, in an editable install, the checkout."""
    packaged = _HERE / "_wire" / f"{name}.json"
    source = packaged if packaged.exists() else _HERE.parents[2] / "wire" / f"{name}.json"
    loaded: dict[str, Any] = json.loads(source.read_text("utf-8"))
    return loaded


HEADERS = load("headers")
LIMITS = load("limits")
