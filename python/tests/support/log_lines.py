"""What an app has logged."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Lines = Callable[[], list[dict[str, Any]]]
"""Gives the JSON lines since its last call."""
