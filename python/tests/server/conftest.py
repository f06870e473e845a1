"""An app with problems as the contract answers them, and nothing else of Dovetail's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from flask_dovetail import contract
from flask_dovetail.core import state
from flask_dovetail.storage import outage_errors

MakeApp = Callable[..., Flask]


@pytest.fixture
def make_app() -> MakeApp:
    """`make_app(**config)`: call a feature's init_app on what it returns."""

    def make(**config: Any) -> Flask:
        app = Flask("example")
        app.config.update(config)
        app.extensions[state.KEY] = state.State()
        contract.init_app(
            app,
            request_id=lambda: None,
            store_of=outage_errors.store_of,
            security_schemes={},
        )
        return app

    return make
