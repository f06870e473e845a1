"""Every file of `wire/vectors/` is read by the suites of both halves."""

from __future__ import annotations

import pytest

from support.paths import ROOT

NAMES = sorted(path.stem for path in (ROOT / "wire/vectors").iterdir())


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("folder", ["python/tests", "typescript/tests"])
def test_no_vector_is_read_by_one_half_only(folder: str, name: str) -> None:
    readers = [
        path
        for path in (ROOT / folder).rglob("*.*")
        if path.suffix in (".py", ".ts") and f'("{name}")' in path.read_text("utf-8")
    ]
    assert readers
