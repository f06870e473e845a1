"""An app with problems as the contract answers them, and nothing else of Dovetail's."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from support.bare_app import MakeApp, make_bare_app


@pytest.fixture
def make_app() -> MakeApp:
    """`make_app(**config)`: call a feature's init_app on what it returns."""

    def make(**config: Any) -> Flask:
        return make_bare_app("example", **config)

    return make
