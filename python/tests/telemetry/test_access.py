"""Every answer has its request id, every request its one line, whatever goes wrong."""

from __future__ import annotations

import logging
import re
from typing import Any

import pytest
from flask import Flask, Response, abort

from flask_dovetail import telemetry
from support.bare_app import MakeApp
from support.log_lines import Lines

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def requests(lines: Lines) -> list[dict[str, Any]]:
    return [line for line in lines() if line["event"] == "request"]


def with_views(app: Flask) -> Flask:
    @app.get("/ok/<name>")
    def ok(name: str) -> str:
        return telemetry.current_request_id() or ""

    @app.get("/boom")
    def boom() -> str:
        raise RuntimeError("boom")

    @app.get("/gone")
    def gone() -> str:
        abort(410)

    @app.get("/upstream")
    def upstream() -> Response:
        return Response("x", headers={"x-request-id": "of-the-upstream"})

    @app.get("/stream")
    def stream() -> Response:
        return Response(iter(["a", "b"]))

    return app


def test_a_sane_request_id_is_taken_and_is_the_current_one(make_app: MakeApp) -> None:
    answer = (
        with_views(make_app()).test_client().get("/ok/a", headers={"X-Request-Id": "from-edge.1"})
    )
    assert answer.headers["X-Request-Id"] == "from-edge.1"
    assert answer.text == "from-edge.1"


@pytest.mark.parametrize("given", ["", "a b", "x" * 129, "<b>", "-"])
def test_any_other_is_replaced_by_a_new_one(make_app: MakeApp, given: str) -> None:
    client = with_views(make_app()).test_client()
    ids = {client.get("/ok/a", headers={"X-Request-Id": given}).text for _ in range(3)}
    assert len(ids) == 3
    assert all(UUID.fullmatch(each) for each in ids)


@pytest.mark.parametrize(
    ("path", "status"),
    [("/ok/a", 200), ("/boom", 500), ("/gone", 410), ("/none", 404), ("/stream", 200)],
)
def test_every_answer_has_one_id_and_one_line(
    make_app: MakeApp, lines: Lines, path: str, status: int
) -> None:
    answer = with_views(make_app()).test_client().get(path)
    assert answer.status_code == status
    assert len(answer.headers.getlist("X-Request-Id")) == 1
    (line,) = requests(lines)
    assert line["status"] == status
    assert line["request_id"] == answer.headers["X-Request-Id"]


def test_a_wrong_method_has_both_too(make_app: MakeApp, lines: Lines) -> None:
    answer = with_views(make_app()).test_client().post("/ok/a")
    assert answer.status_code == 405
    assert answer.headers["X-Request-Id"] == requests(lines)[0]["request_id"]


def test_the_id_of_an_upstream_does_not_become_a_second_one(make_app: MakeApp) -> None:
    answer = with_views(make_app()).test_client().get("/upstream")
    assert answer.headers.getlist("X-Request-Id") != ["of-the-upstream"]
    assert len(answer.headers.getlist("X-Request-Id")) == 1


def test_an_answer_has_both_when_a_hook_of_the_app_fails(make_app: MakeApp, lines: Lines) -> None:
    app = with_views(make_app())

    @app.after_request
    def broken(_: Response) -> Response:
        raise RuntimeError("hook")

    answer = app.test_client().get("/ok/a")
    assert answer.status_code == 500
    assert "X-Request-Id" in answer.headers
    assert requests(lines)[0]["status"] == 500


def test_an_exception_that_escapes_has_its_line(make_app: MakeApp, lines: Lines) -> None:
    app = with_views(make_app())
    app.testing = True
    with pytest.raises(RuntimeError, match="boom"):
        app.test_client().get("/boom")
    assert requests(lines)[0]["status"] == 500


def test_the_line_has_these_fields_and_no_query_string(make_app: MakeApp, lines: Lines) -> None:
    app = with_views(make_app(subject=lambda: "42"))
    app.test_client().get("/ok/a?password=hunter2")
    (line,) = requests(lines)
    assert list(line) == [
        "event",
        "level",
        "logger",
        "method",
        "path",
        "status",
        "duration_ms",
        "request_id",
        "subject",
        "timestamp",
    ]
    assert (line["method"], line["path"], line["level"]) == ("GET", "/ok/a", "info")
    assert 0 <= line["duration_ms"] < 10_000
    assert line["logger"] == "flask_dovetail.access"


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/ok/demo%40example.com", "/ok/[email]"),
        ("/ok/" + "Zk3x-9QmB7vW_2hYtLc0RpEaUdNfGjS5oKiXw8Tz1qM", "/ok/[token]"),
        ("/ok/%EC%95%88%EB%85%95", "/ok/안녕"),
        ("/ok/%22%2C%22status%22%3A1", '/ok/","status":1'),
        ("/ok/a%0D%0A%7B%7D", "/ok/a\r\n{}"),
        ("/ok/%ff", "/ok/\ufffd"),
        ("/ok/%00", "/ok/\x00"),
    ],
)
def test_no_path_breaks_the_line_or_betrays_a_secret(
    make_app: MakeApp, lines: Lines, path: str, shown: str
) -> None:
    with_views(make_app()).test_client().get(path)
    assert [line["path"] for line in requests(lines)] == [shown]


def test_a_made_up_method_is_not_repeated(make_app: MakeApp, lines: Lines) -> None:
    with_views(make_app()).test_client().open("/ok/a", method='X"}')
    assert requests(lines)[0]["method"] == "other"


def test_a_subject_is_a_pseudonym_that_joins_lines_of_all_workers(
    make_app: MakeApp, lines: Lines
) -> None:
    for name, subject in (("one", "demo@example.com"), ("two", "demo@example.com"), ("two", "7")):
        app = with_views(make_app(name, subject=lambda subject=subject: subject))
        app.test_client().get("/ok/a")
    app.config["SECRET_KEY"] = "another"
    app.test_client().get("/ok/a")
    first, second, other, _ = (line["subject"] for line in requests(lines))
    assert first == second != other
    assert re.fullmatch(r"s_[0-9a-f]{16}", first)


def test_a_subject_in_extra_is_the_same_pseudonym(make_app: MakeApp, lines: Lines) -> None:
    app = with_views(make_app(subject=lambda: "ada"))
    app.logger.info("login began", extra={"subject": "ada"})
    app.test_client().get("/ok/a")
    began, served = (line["subject"] for line in lines())
    assert began == served != "ada"


def test_without_a_secret_key_a_subject_still_has_a_pseudonym(
    make_app: MakeApp, lines: Lines
) -> None:
    app = with_views(make_app(subject=lambda: "7"))
    app.config["SECRET_KEY"] = None
    app.test_client().get("/ok/a")
    app.test_client().get("/ok/a")
    first, second = (line["subject"] for line in requests(lines))
    assert first == second != "7"


def test_no_line_above_the_level_or_when_it_is_off(make_app: MakeApp, lines: Lines) -> None:
    with_views(make_app("quiet", DOVETAIL_LOGS_LEVEL="WARNING")).test_client().get("/ok/a")
    with_views(make_app("off", DOVETAIL_LOGS_FORMAT="off")).test_client().get("/ok/a")
    assert lines() == []


def test_handlers_of_the_app_are_given_the_line_as_well(
    make_app: MakeApp, caplog: pytest.LogCaptureFixture
) -> None:
    app = with_views(make_app(DOVETAIL_LOGS_FORMAT="off", subject=lambda: "7"))
    app.test_client().get("/ok/demo@example.com")
    (record,) = [r for r in caplog.records if r.name == "flask_dovetail.access"]
    assert record.levelno == logging.INFO
    said = record.__dict__
    assert (said["path"], said["status"], said["method"]) == ("/ok/[email]", 200, "GET")
    assert said["subject"].startswith("s_")


def test_the_console_line_says_the_same(
    make_app: MakeApp, capsys: pytest.CaptureFixture[str]
) -> None:
    app = with_views(make_app(DOVETAIL_LOGS_FORMAT="console"))
    app.test_client().get("/ok/a%0Aforged%1B[31m", headers={"X-Request-Id": "r1"})
    (line,) = capsys.readouterr().err.splitlines()
    for part in ("request", "method=GET", "status=200", "request_id=r1", r"\x1b[31m"):
        assert part in line
    assert "\x1b[31m" not in line


def test_outside_of_a_request_there_is_no_current_id(make_app: MakeApp) -> None:
    app = make_app()
    assert telemetry.current_request_id() is None
    with app.app_context():
        assert telemetry.current_request_id() is None


def test_a_closed_stderr_breaks_no_request(
    make_app: MakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    import io

    closed = io.StringIO()
    closed.close()
    app = with_views(make_app())
    monkeypatch.setattr("sys.stderr", closed)
    assert app.test_client().get("/ok/a").status_code == 200
