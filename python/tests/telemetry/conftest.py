"""An app with telemetry alone, and the lines that it writes."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from flask_dovetail import telemetry
from flask_dovetail.core import state
from support.bare_app import MakeApp
from support.log_lines import Lines


@pytest.fixture
def make_app(request: pytest.FixtureRequest) -> Iterator[MakeApp]:
    """Makes an app; what it put on loggers is taken back afterwards."""
    before = {name: _state(name) for name in ("flask_dovetail",)}

    def make(name: str | None = None, subject: Any = lambda: None, **config: Any) -> Flask:
        app = Flask(name or request.node.name)
        before.setdefault(app.name, _state(app.name))
        # pytest's own handlers on the root logger would count as the app's.
        config = {"DOVETAIL_LOGS_FORMAT": "json"} | config
        app.config.update(SECRET_KEY="a secret for tests only", **config)
        app.extensions[state.KEY] = state.State()
        telemetry.init_app(app, subject=subject)
        return app

    yield make
    for name, (handlers, level) in before.items():
        logger = logging.getLogger(name)
        logger.handlers[:] = handlers
        logger.setLevel(level)


def _state(name: str) -> tuple[list[logging.Handler], int]:
    logger = logging.getLogger(name)
    return list(logger.handlers), logger.level


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Lines:
    """The JSON lines on stderr since the last call."""
    return lambda: [json.loads(line) for line in capsys.readouterr().err.splitlines()]
