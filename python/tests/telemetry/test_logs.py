"""What an app logs is written as one structured, masked line; nobody else's logging is touched."""

from __future__ import annotations

import io
import logging
import subprocess
import sys

import pytest

from flask_dovetail.core.errors import ConfigurationError
from support.bare_app import MakeApp
from support.log_lines import Lines

TOKEN = "Zk3x-9QmB7vW_2hYtLc0RpEaUdNfGjS5oKiXw8Tz1qM"


def test_a_stdlib_call_is_one_json_line(make_app: MakeApp, lines: Lines) -> None:
    make_app("shop").logger.info("post %s by %s", 7, "demo@example.com")
    (line,) = lines()
    assert line.pop("timestamp").startswith("20")
    assert line == {"event": "post 7 by [email]", "level": "info", "logger": "shop"}


def test_extra_is_masked_by_name_and_value(make_app: MakeApp, lines: Lines) -> None:
    make_app().logger.warning(
        "x", extra={"csrf": "abc", "note": f"of {TOKEN}", "n": 1, "h": {"Cookie": "sid=abc"}}
    )
    (line,) = lines()
    assert (line["csrf"], line["note"], line["n"]) == ("[masked]", "of [token]", 1)
    assert line["h"] == {"Cookie": "[masked]"}


def test_lines_of_a_request_have_its_id(make_app: MakeApp, lines: Lines) -> None:
    app = make_app()

    @app.get("/")
    def index() -> str:
        app.logger.info("ours")
        logging.getLogger("flask_dovetail.auth").info("the library's")
        return ""

    app.test_client().get("/", headers={"X-Request-Id": "r1"})
    assert [(line["event"], line["request_id"]) for line in lines()] == [
        ("ours", "r1"),
        ("the library's", "r1"),
        ("request", "r1"),
    ]


def test_a_traceback_is_written_without_secrets(make_app: MakeApp, lines: Lines) -> None:
    app = make_app()

    @app.get("/")
    def index() -> str:
        try:
            raise ValueError(f"token {TOKEN} of demo@example.com")
        except ValueError as cause:
            raise RuntimeError("password=hunter2") from cause

    app.test_client().get("/")
    line = next(line for line in lines() if "exception" in line)
    assert "RuntimeError: password=[masked]" in line["exception"]
    assert "ValueError" in line["exception"]
    for secret in (TOKEN, "demo@", "hunter2"):
        assert secret not in line["exception"]


def test_stack_info_is_written(make_app: MakeApp, lines: Lines) -> None:
    make_app().logger.info("here", stack_info=True)
    assert "test_stack_info_is_written" in lines()[0]["stack"]


def test_arguments_that_do_not_fit_are_not_printed(
    make_app: MakeApp, capsys: pytest.CaptureFixture[str]
) -> None:
    make_app().logger.info("only %s", "demo@example.com", "hunter2")
    said = capsys.readouterr().err
    assert "do not fit" in said
    assert "hunter2" not in said
    assert "demo@" not in said


def test_values_that_are_not_json_are_written_as_text(make_app: MakeApp, lines: Lines) -> None:
    make_app().logger.info("x", extra={"thing": object(), "many": {1, 2}, "nan": float("nan")})
    (line,) = lines()
    assert line["thing"].startswith("<object")
    assert line["nan"] == "nan"
    assert sorted(line["many"]) == [1, 2]


def test_handlers_on_parents_see_the_masked_record_too(
    make_app: MakeApp, caplog: pytest.LogCaptureFixture
) -> None:
    app = make_app(DOVETAIL_LOGS_FORMAT="mask")
    try:
        raise ValueError("password=hunter2")
    except ValueError:
        app.logger.exception("of %s", "demo@example.com", extra={"token": "abc"})
    assert "of [email]" in caplog.text
    assert "hunter2" not in caplog.text
    assert caplog.records[0].__dict__["token"] == "[masked]"
    assert caplog.records[0].exc_info is not None


def test_a_handler_that_was_there_before_sees_the_masked_record(make_app: MakeApp) -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    logger = logging.getLogger("earlier")
    logger.addHandler(handler)
    try:
        make_app("earlier").logger.info("by demo@example.com")
    finally:
        logger.removeHandler(handler)
    assert stream.getvalue() == "by [email]\n"


def test_the_root_logger_and_its_level_are_left_alone(make_app: MakeApp) -> None:
    root = logging.getLogger()
    before = (list(root.handlers), root.level)
    make_app()
    assert (root.handlers, root.level) == before


def test_two_apps_do_not_write_a_line_twice(make_app: MakeApp, lines: Lines) -> None:
    first, second = make_app("shop"), make_app("shop.admin")
    make_app("shop")
    second.logger.info("child")
    first.logger.info("parent")
    logging.getLogger("flask_dovetail.auth").info("library")
    for app in (first, second):
        app.test_client().get("/none")
    assert [line["event"] for line in lines()] == [
        "child",
        "parent",
        "library",
        "request",
        "request",
    ]


def test_each_app_writes_by_its_own_settings(
    make_app: MakeApp, capsys: pytest.CaptureFixture[str]
) -> None:
    apps = {
        "json": make_app("a"),
        "console": make_app("b", DOVETAIL_LOGS_FORMAT="console"),
        "quiet": make_app("c", DOVETAIL_LOGS_LEVEL="ERROR"),
        "off": make_app("d", DOVETAIL_LOGS_FORMAT="mask"),
        "chatty": make_app("e", DOVETAIL_LOGS_LEVEL="DEBUG"),
    }
    library = logging.getLogger("flask_dovetail.auth")
    said = {}
    for name, app in apps.items():
        with app.app_context():
            library.info("library")
            app.logger.debug("detail")
        app.test_client().get("/none")
        said[name] = capsys.readouterr().err.splitlines()
    assert [line[0] for line in said["json"]] == ["{", "{"]
    assert len(said["console"]) == 2
    assert "library" in said["console"][0]
    assert said["console"][0][0] != "{"
    assert said["quiet"] == said["off"] == []
    assert len(said["chatty"]) == 3


def test_console_text_cannot_forge_a_line_or_drive_the_terminal(
    make_app: MakeApp, capsys: pytest.CaptureFixture[str]
) -> None:
    make_app(DOVETAIL_LOGS_FORMAT="console").logger.info("a\n2026 [error] forged \x1b[2J 안녕")
    (line,) = capsys.readouterr().err.splitlines()
    assert r"a\n2026 [error] forged \x1b[2J 안녕" in line


def test_console_shows_tracebacks_on_lines_of_their_own(
    make_app: MakeApp, capsys: pytest.CaptureFixture[str]
) -> None:
    app = make_app(DOVETAIL_LOGS_FORMAT="console")
    try:
        raise ValueError("x\x1b[2J")
    except ValueError:
        app.logger.exception("failed")
    assert r"ValueError: x\x1b[2J" in capsys.readouterr().err.splitlines()


@pytest.mark.parametrize(
    ("key", "value"), [("DOVETAIL_LOGS_LEVEL", "LOUD"), ("DOVETAIL_LOGS_FORMAT", "xml")]
)
def test_a_value_that_is_none_of_these_is_refused(make_app: MakeApp, key: str, value: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        make_app(**{key: value})
    assert refused.value.key == key


def test_structlog_is_not_imported_before_the_first_line() -> None:
    code = (
        "import sys\n"
        "from flask import Flask\n"
        "from flask_dovetail import telemetry\nfrom flask_dovetail.core import state\n"
        "app = Flask('x')\n"
        "app.extensions['dovetail'] = state.State()\n"
        "telemetry.init_app(app, subject=lambda: None)\n"
        "print('structlog' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@pytest.mark.limit("DOVETAIL_LOGS_TEXT_CHARACTERS")
def test_long_texts_lose_their_middle(make_app: MakeApp, lines: Lines) -> None:
    app = make_app(DOVETAIL_LOGS_TEXT_CHARACTERS=300)
    many = "word " * 10_000
    try:
        raise ValueError(f"first {many} last")
    except ValueError:
        app.logger.exception("begins %s ends", many, extra={"note": f"begins {many} ends"})
    (line,) = lines()
    for text in (line["event"], line["note"]):
        assert len(text) == 300
        assert text.startswith("begins ")
        assert text.endswith(" ends")
        assert " … " in text
    assert len(line["exception"]) == 2400
    assert line["exception"].startswith("Traceback")
    assert line["exception"].endswith("last")


def test_values_are_masked_before_they_are_cut(make_app: MakeApp, lines: Lines) -> None:
    """Half a token would not be recognised."""
    app = make_app(DOVETAIL_LOGS_TEXT_CHARACTERS=256)
    for shift in range(0, 60, 7):
        app.logger.info("%s%s%s", "a " * (70 + shift), TOKEN, " b" * 200)
        (line,) = lines()
        assert not any(TOKEN[i : i + 6] in line["event"] for i in range(len(TOKEN) - 6))


@pytest.mark.parametrize("size", [255, 1_000_001])
def test_a_length_that_cannot_work_is_refused(make_app: MakeApp, size: int) -> None:
    with pytest.raises(ConfigurationError, match="DOVETAIL_LOGS_TEXT_CHARACTERS"):
        make_app(DOVETAIL_LOGS_TEXT_CHARACTERS=size)


def test_log_line_of_a_request_is_bounded(make_app: MakeApp, lines: Lines) -> None:
    """The path, the headers and the user agent may have any length."""
    app = make_app()
    long = "\x01x" * 20_000
    app.test_client().get(
        f"/{long}",
        headers={"User-Agent": "u" * 60_000, "X-Request-Id": "r" * 60_000, "Cookie": "c" * 60_000},
    )
    (line,) = lines()
    assert len(str(line)) < 10_000
