"""The levels, formats and handlers of an app's own logging stay the app's."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from flask.logging import default_handler

from flask_dovetail import telemetry

from .conftest import Lines, MakeApp

ROOT = logging.getLogger()
SECRET = "of demo@example.com"


@contextmanager
def bare_root() -> Iterator[None]:
    """The root logger without pytest's handlers, as a process begins. Decorates a test."""
    handlers, level = list(ROOT.handlers), ROOT.level
    ROOT.handlers[:] = []
    ROOT.setLevel(logging.WARNING)
    try:
        yield
    finally:
        ROOT.handlers[:] = handlers
        ROOT.setLevel(level)


def listen(logger: logging.Logger) -> io.StringIO:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(levelname)s|%(message)s"))
    logger.addHandler(handler)
    return stream


def say(app: Flask) -> None:
    with app.app_context():
        app.logger.debug("debug %s", SECRET)
        app.logger.info("info %s", SECRET)
        app.logger.warning("warning %s", SECRET)


@pytest.mark.parametrize("early", [True, False], ids=["before", "after"])
@bare_root()
def test_handlers_of_the_app_get_its_lines_as_they_are(
    make_app: MakeApp, lines: Lines, early: bool
) -> None:
    if early:
        stream = listen(ROOT)
    app = make_app(DOVETAIL_LOGS_FORMAT=None)
    if not early:
        stream = listen(ROOT)
    telemetry.settle(app)
    say(app)
    assert stream.getvalue() == f"WARNING|warning {SECRET}\n"
    assert app.logger.level == logging.NOTSET
    assert lines() == []


@bare_root()
def test_lines_of_dovetail_go_to_those_handlers_masked(make_app: MakeApp, lines: Lines) -> None:
    stream = listen(ROOT)
    app = make_app(DOVETAIL_LOGS_FORMAT=None)
    logging.getLogger("flask_dovetail.auth").info(SECRET)
    app.test_client().get("/none")
    first, second = stream.getvalue().splitlines()
    assert first == "INFO|of [email]"
    assert second == "INFO|request"
    assert lines() == []


@bare_root()
def test_without_handlers_of_its_own_the_app_has_dovetails(make_app: MakeApp, lines: Lines) -> None:
    app = make_app(DOVETAIL_LOGS_FORMAT=None)
    telemetry.settle(app)
    say(app)
    assert [line["event"] for line in lines()] == ["info of [email]", "warning of [email]"]
    assert default_handler not in app.logger.handlers


@pytest.mark.parametrize("when", ["before", "after"])
@bare_root()
def test_debug_lines_are_written_in_debug(make_app: MakeApp, lines: Lines, when: str) -> None:
    app = make_app(DOVETAIL_LOGS_FORMAT=None, **({"DEBUG": True} if when == "before" else {}))
    app.debug = True
    telemetry.settle(app)
    say(app)
    assert [line["level"] for line in lines()] == ["debug", "info", "warning"]


@bare_root()
def test_a_level_of_the_apps_own_stays(make_app: MakeApp) -> None:
    logging.getLogger("levelled").setLevel(logging.ERROR)
    app = make_app("levelled", DOVETAIL_LOGS_FORMAT=None)
    telemetry.settle(app)
    assert app.logger.level == logging.ERROR


@bare_root()
def test_off_leaves_the_app_logger_alone(make_app: MakeApp, lines: Lines) -> None:
    stream = io.StringIO()
    app = make_app("quiet", DOVETAIL_LOGS_FORMAT="off")
    logging.getLogger("quiet").addHandler(logging.StreamHandler(stream))
    telemetry.settle(app)
    say(app)
    assert stream.getvalue() == f"warning {SECRET}\n"
    assert app.logger.level == logging.NOTSET
    assert lines() == []


@bare_root()
def test_mask_only_masks(make_app: MakeApp, lines: Lines) -> None:
    stream = listen(ROOT)
    say(make_app(DOVETAIL_LOGS_FORMAT="mask"))
    assert stream.getvalue() == "INFO|info of [email]\nWARNING|warning of [email]\n"
    assert lines() == []
