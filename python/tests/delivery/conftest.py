"""A folder as `vite build` writes it, and apps that serve it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from flask_dovetail import contract, delivery
from flask_dovetail.core import state
from flask_dovetail.topology import Topology
from support.bare_app import MakeApp
from support.built_page import write_page


@pytest.fixture
def spa(tmp_path: Path) -> Path:
    """Hashed files with their variants, public files, and what must never be served."""
    folder = tmp_path / "dist"
    write_page(folder)
    return folder


@pytest.fixture
def make_app(spa: Path, tmp_path: Path) -> MakeApp:
    """An app with some routes of its own and delivery; keyword arguments are `DOVETAIL_*` keys."""

    def make(*, config: dict[str, Any] | None = None, **keys: Any) -> Flask:
        app = Flask(
            "tiny", root_path=str(tmp_path), instance_path=str(tmp_path), static_folder=None
        )
        app.config.update({"DOVETAIL_DELIVERY_SPA_FOLDER": str(spa), "TESTING": True})
        app.config.update({f"DOVETAIL_{name}": value for name, value in keys.items()})
        app.config.update(config or {})
        app.extensions[state.KEY] = kept = state.State()
        topology = Topology.from_config(app.config)
        contract.init_app(
            app,
            request_id=lambda: None,
            store_of=lambda _: None,
            security_schemes={},
        )
        delivery.init_app(app, topology, auth_strategy="session", dpop=False)
        kept.freeze()

        @app.get("/api/posts")
        def posts() -> list[str]:
            return []

        @app.post("/subscribe")
        def subscribe() -> dict[str, str]:
            return {}

        @app.get("/hello")
        def hello() -> str:
            return "the app's own"

        return app

    return make
