"""Apps that have the contract, and nothing else of Dovetail's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask

from flask_dovetail import contract
from flask_dovetail.core import state
from flask_dovetail.storage import outage_errors

MakeApp = Callable[..., Flask]
"""Makes an app of keyword arguments, most of which are its configuration."""


def make_bare_app(
    name: str,
    *,
    request_id: Callable[[], str | None] = lambda: None,
    store_of: Callable[[BaseException], str | None] = outage_errors.store_of,
    security_schemes: Any = None,
    **config: Any,
) -> Flask:
    """Return a new app that answers with problems; call a part's init_app on it."""
    app = Flask(name)
    app.config.update(config)
    app.extensions[state.KEY] = state.State()
    contract.init_app(
        app,
        request_id=request_id,
        store_of=store_of,
        security_schemes={} if security_schemes is None else security_schemes,
    )
    return app
