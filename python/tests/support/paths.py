"""Where things are in the checkout."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[3]
TESTS = Path(__file__).parents[1]
"""Where Python finds this package: the folder in which, or with which, programs of it start."""
