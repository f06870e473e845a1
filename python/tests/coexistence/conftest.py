"""The same app twice: as it was, and with `init_app` before or after its other extensions."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.existing_app import Apps


@pytest.fixture(params=["before", "after"])
def order(request: pytest.FixtureRequest) -> str:
    """When `init_app` is called: before the app's extensions and views, or after them."""
    return str(request.param)


@pytest.fixture(params=[False, True], ids=["production", "testing"])
def testing(request: pytest.FixtureRequest) -> bool:
    """Whether the app is tested by its own tests, or serves."""
    return bool(request.param)


@pytest.fixture
def apps(tmp_path: Path, migrated: Path, order: str, testing: bool) -> Apps:
    """Builds apps in that order, in that mode."""
    return Apps(tmp_path, migrated, order, testing)
