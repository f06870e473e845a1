"""Each limit that the documentation promises is held by a test."""

from __future__ import annotations

import re

from support.paths import ROOT


def test_every_row_of_the_limits_has_a_test_and_no_test_holds_a_row_that_is_gone() -> None:
    rows = re.findall(r"^\| `(DOVETAIL_[A-Z_]+)` \|", (ROOT / "docs/limits.md").read_text(), re.M)
    tests = (ROOT / "python/tests").rglob("test_*.py")
    held = {
        key
        for test in tests
        for key in re.findall(r'mark\.limit\(\s*"(DOVETAIL_[A-Z_]+)"', test.read_text("utf-8"))
    }
    assert len(rows) > 20
    assert held == set(rows)
