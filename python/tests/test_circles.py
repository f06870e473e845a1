"""The check of `make lint` that no two files import each other."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from support.paths import ROOT


@pytest.fixture
def circles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script, for a package in an empty folder."""
    spec = importlib.util.spec_from_file_location("circles", ROOT / "scripts/circles.py")
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    monkeypatch.setattr(script, "PACKAGES", {"house": tmp_path})
    return script


@pytest.mark.parametrize(
    ("files", "is_circle"),
    [
        ({"a": "from .b import x", "b": "import json"}, False),
        ({"a": "from .b import x", "b": "from . import a"}, True),
        ({"a": "import house.b", "b": "from house.a import x"}, True),
        ({"a": "from .b import x", "b": "def f():\n    from .a import y"}, True),
        ({"a": "from .b import x", "b": "if TYPE_CHECKING:\n    from .a import Y"}, True),
        ({"a": "from .b import x", "b": "from .c import x", "c": "from .a import x"}, True),
    ],
)
def test_circle_of_imports_fails(
    circles: ModuleType,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    files: dict[str, str],
    is_circle: bool,
) -> None:
    for name, text in files.items():
        (tmp_path / f"{name}.py").write_text(text)
    assert circles.main() is is_circle
    assert ("import each other" in capsys.readouterr().err) is is_circle
