"""The packages, built once for each test worker."""

from __future__ import annotations

from pathlib import Path

import pytest

from support import packages


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of the repository, as after `git clone`."""
    return packages.check_out(tmp_path_factory.mktemp("checkout"))


@pytest.fixture(scope="session")
def tarball(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `npm pack` makes of it."""
    return packages.pack(checkout, tmp_path_factory.mktemp("npm"))


@pytest.fixture(scope="session")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment that has the tools of whoever publishes a package."""
    folder = tmp_path_factory.mktemp("tools")
    return packages.environment(folder, "build==1.6.1", "twine==7.0.0")


@pytest.fixture(scope="session")
def wheel(checkout: Path, tools: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `python -m build` makes of it; the source distribution lies beside it."""
    return packages.build(tools, checkout, tmp_path_factory.mktemp("pypi"))
