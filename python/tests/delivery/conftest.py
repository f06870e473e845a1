"""A folder as `vite build` writes it, and apps that serve it."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from flask_dovetail import contract, delivery
from flask_dovetail.core import state
from flask_dovetail.topology import Topology

SCRIPT = "console.log('entry');" * 80
HTML = (
    "<!doctype html><html><head><title>Tiny</title><script>theme()</script>"
    '<script type="module" src="/assets/index-DiwrgTda.js"></script></head><body></body></html>'
)

MakeApp = Callable[..., Flask]


def write(folder: Path, files: dict[str, str | bytes]) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)


@pytest.fixture
def spa(tmp_path: Path) -> Path:
    """Hashed files with their variants, public files, and what must never be served."""
    manifest = {
        "index.html": {
            "file": "assets/index-DiwrgTda.js",
            "css": ["assets/index-a-Bc_1xY.css"],
            "assets": ["assets/logo-4f1c09ab.svg"],
        }
    }
    folder = tmp_path / "dist"
    write(
        folder,
        {
            "index.html": HTML,
            "index.html.gz": gzip.compress(HTML.encode(), mtime=0),
            "assets/index-DiwrgTda.js": SCRIPT,
            "assets/index-DiwrgTda.js.br": b"stands for brotli",
            "assets/index-DiwrgTda.js.gz": gzip.compress(SCRIPT.encode(), mtime=0),
            "assets/index-DiwrgTda.js.map": "{}",
            "assets/index-a-Bc_1xY.css": ".a{}",
            "assets/logo-4f1c09ab.svg": "<svg xmlns='http://www.w3.org/2000/svg'/>",
            "assets/unlisted-Ab3dEf9h.js": "public/assets/, by hand",
            "favicon.ico": b"\0\0\1\0",
            "site.webmanifest": "{}",
            "sw.js": "self",
            ".well-known/security.txt": "Contact: mailto:security@example.com",
            ".env": "SECRET=1",
            ".vite/manifest.json": json.dumps(manifest),
        },
    )
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
