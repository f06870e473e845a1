"""The wheel and the source distribution as PyPI gets them."""

from __future__ import annotations

import json
import os
import re
import tarfile
import zipfile
from email.message import Message
from email.parser import Parser
from pathlib import Path

import pytest

from support.packages import NODE, REPOSITORY, environment, project, run
from support.paths import ROOT

pytestmark = pytest.mark.long

RAW = REPOSITORY.replace("github.com", "raw.githubusercontent.com")


def metadata_of(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (each for each in archive.namelist() if each.endswith(".dist-info/METADATA"))
        return Parser().parsestr(archive.read(name).decode())


def test_wheel_has_the_library_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = {each for each in archive.namelist() if ".dist-info/" not in each}
        licenses = [each for each in archive.namelist() if each.endswith("licenses/LICENSE")]
        assert archive.read(licenses[0]) == (ROOT / "LICENSE").read_bytes()
    source = ROOT / "python" / "src"
    library = {
        str(each.relative_to(source))
        for each in source.rglob("*")
        if each.is_file() and "__pycache__" not in each.parts
    }
    wire = {
        f"flask_dovetail/_wire/{each.relative_to(ROOT / 'wire')}"
        for each in (ROOT / "wire").rglob("*")
        if each.is_file()
    }
    assert names == library | wire
    assert "flask_dovetail/py.typed" in names
    assert not [each for each in names if "tests" in each]


def test_source_distribution_makes_the_same_wheel(wheel: Path) -> None:
    """`python -m build` makes the wheel of it; the licence and the tests are in it, too."""
    (archive,) = wheel.parent.glob("*.tar.gz")
    with tarfile.open(archive) as opened:
        names = {name.partition("/")[2] for name in opened.getnames()}
    assert {"LICENSE", "README.md", "pyproject.toml", "wire/errors.json"} <= names
    assert "python/tests/packages/test_pypi.py" in names
    assert not [each for each in names if "node_modules" in each or each.startswith("typescript")]


def test_metadata_is_complete(wheel: Path, tools: Path) -> None:
    (archive,) = wheel.parent.glob("*.tar.gz")
    run(tools, "-m", "twine", "check", "--strict", wheel, archive, cwd=wheel.parent)
    metadata = metadata_of(wheel)
    classifiers = metadata.get_all("Classifier") or []
    assert {
        "Framework :: Flask",
        "Typing :: Typed",
        *(f"Programming Language :: Python :: 3.{minor}" for minor in range(11, 15)),
    } <= set(classifiers)
    assert [each for each in classifiers if each.startswith("Development Status :: ")]
    assert metadata["License-Expression"] == "MIT"
    assert metadata["Requires-Python"] == ">=3.11"
    urls = dict(each.split(", ") for each in metadata.get_all("Project-URL") or [])
    assert set(urls) == {"Homepage", "Documentation", "Source", "Issues", "Changelog"}
    assert all(address.startswith(REPOSITORY) for address in urls.values())


def test_links_of_the_readme_resolve_on_pypi(wheel: Path) -> None:
    """PyPI has no files beside the README: each link is an address, of a file that exists."""
    text = str(metadata_of(wheel).get_payload())
    assert text.startswith("# Dovetail")
    links = re.findall(r"\]\(([^)]+)\)", text)
    assert len(links) == len(re.findall(r"\]\(([^)]+)\)", (ROOT / "README.md").read_text()))
    for link in links:
        root = f"{RAW}/main/" if link.endswith(".png") else f"{REPOSITORY}/blob/main/"
        assert link.startswith(root)
        assert (ROOT / link.removeprefix(root).partition("#")[0]).exists(), link


def test_installed_package_is_typed_for_pyright(wheel: Path, tmp_path: Path) -> None:
    python = environment(tmp_path, f"{wheel}[oidc,realtime,tokens,valkey]")
    tools = project(tmp_path / "tools", "pyright@1.1.414")
    # Not by --pythonpath: `findings/pyright-verifytypes-pythonpath.sh`.
    path = f"{python.parent}{os.pathsep}{NODE}{os.pathsep}{os.environ['PATH']}"
    command = "npx pyright --verifytypes flask_dovetail --ignoreexternal --outputjson || true"
    report = json.loads(run("sh", "-c", command, cwd=tools, PATH=path))
    unknown = [
        symbol["name"]
        for symbol in report["typeCompleteness"]["symbols"]
        if symbol["isExported"] and not symbol["isTypeKnown"]
    ]
    assert report["typeCompleteness"]["completenessScore"] >= 0.98, unknown
