"""Write structured lines for `app.logger` and the `flask_dovetail` logger; never the root logger.

One handler sits first on each of the two loggers. It masks the record in place, so that any later
handler, also on a parent logger, sees nothing else; then it writes the line. Where the app has
handlers of its own and no format is set, its lines are left alone.
"""

from __future__ import annotations

import contextlib
import logging
import sys
import traceback
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from flask import current_app, has_app_context, has_request_context, request
from flask.logging import default_handler

from ..core import state
from ..core.errors import DovetailError
from .masking import mask_text, mask_value

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask

    from .config import LogsSettings

LIBRARY = "flask_dovetail"
REQUEST_ID = "dovetail.request_id"
"""The key of the request id in the WSGI environment."""

_STANDARD = frozenset(logging.LogRecord("", 0, "", 0, "", (), None).__dict__) | {
    "asctime",
    "message",
    "taskName",
    "dovetail_written",
}


@dataclass(frozen=True)
class Logs:
    """The log settings of one app, and its pseudonyms for subjects."""

    settings: LogsSettings
    pseudonym: Callable[[str], str]


def current_request_id() -> str | None:
    """Return the id of the current request, as in `X-Request-Id`, or None outside of one."""
    if not has_request_context():
        return None
    found: str | None = request.environ.get(REQUEST_ID)
    return found


def install(app: Flask, logs: Logs) -> None:
    """Put the handler on the library's logger, and on the app's in place of Flask's default one."""
    library = logging.getLogger(LIBRARY)
    is_first = not _put_handler(library, logs)
    threshold = logs.settings.threshold
    library.setLevel(threshold if is_first else min(library.level, threshold))
    if logs.settings.format == "off":
        return
    logger = app.logger
    if logs.settings.format is not None or not has_other_handlers(logger):
        logger.removeHandler(default_handler)
        had_another = _put_handler(logger, logs)
        if logs.settings.level is not None:
            logger.setLevel(min(logger.level, threshold) if had_another else threshold)
        elif logger.level == logging.NOTSET:
            logger.setLevel(logging.INFO)
            state.put(app, LevelOfOurs(logging.INFO))


@dataclass(frozen=True)
class LevelOfOurs:
    """The level that Dovetail gave the app's logger, which had none."""

    level: int


def settle(app: Flask) -> None:
    """Take that level back where the app has debug, or handlers of its own, by now."""
    ours = state.find(LevelOfOurs, app)
    logger = app.logger
    if ours is None or logger.level != ours.level:
        return
    if has_other_handlers(logger) and state.get(Logs, app).settings.format is None:
        logger.setLevel(logging.NOTSET)
    elif app.debug:
        logger.setLevel(logging.DEBUG)


def _put_handler(logger: logging.Logger, logs: Logs) -> bool:
    """Put our handler first; return whether another app has done so."""
    ours = [handler for handler in logger.handlers if isinstance(handler, LineHandler)]
    if ours:  # the library's logger, or two apps of one name: the lower level serves both
        ours[0].fallback = logs
    else:
        logger.handlers.insert(0, LineHandler(logs))
    return bool(ours)


class LineHandler(logging.Handler):
    """A handler that masks every record, and writes those of the app that is being served.

    Args:
        fallback: for records outside of any app context.
    """

    def __init__(self, fallback: Logs) -> None:
        super().__init__()
        self.fallback = fallback

    def emit(self, record: logging.LogRecord) -> None:
        """See `logging.Handler.emit`."""
        if "dovetail_written" in record.__dict__:
            return  # the access line, or an app named below another: a handler was there before
        logs = _logs_of_current_app() or self.fallback
        of_app = record.name.partition(".")[0] != LIBRARY
        form = logs.settings.written_as(heard=has_other_handlers(logging.getLogger(record.name)))
        if of_app and form == "off":
            return  # the line of the app, for handlers of the app
        record.dovetail_written = True
        fields = _masked_fields(record, logs)
        if form in ("json", "console") and logs.settings.writes(record.levelno, of_app=of_app):
            line = {"event": record.msg, "level": record.levelname.lower(), "logger": record.name}
            write(render(form, line | fields))


def cut(text: str, most: int) -> str:
    """Cut the middle out of `text` if it is longer than `most` characters.

    Call this after masking: half a secret would not be recognised.
    """
    if len(text) <= most:
        return text
    tail = most // 3
    return f"{text[: most - tail - 3]} … {text[-tail:]}"


def has_other_handlers(logger: logging.Logger) -> bool:
    """Return whether another handler would receive the records of `logger`."""
    walked: logging.Logger | None = logger
    while walked is not None:
        for handler in walked.handlers:
            if not isinstance(handler, LineHandler) and handler is not default_handler:
                return True
        walked = walked.parent if walked.propagate else None
    return False


def write(line: str) -> None:
    """Write one line to stderr; a closed or full stderr breaks no request."""
    with contextlib.suppress(OSError, ValueError):
        sys.stderr.write(line + "\n")
        sys.stderr.flush()


def timestamp() -> str:
    """Return the current time in UTC, as RFC 3339."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def render(form: str, fields: dict[str, Any]) -> str:
    """Return `fields` as one line of that format."""
    return _renderer(form)(fields | {"timestamp": timestamp()})


def _masked_fields(record: logging.LogRecord, logs: Logs) -> dict[str, Any]:
    """Mask `record` in place, and return its fields besides the message."""
    fields: dict[str, Any] = {}
    request_id = current_request_id()
    if request_id is not None:
        fields["request_id"] = request_id
    most = logs.settings.text_characters
    record.msg = cut(mask_text(_message(record)), most)
    record.args = None
    for name in record.__dict__.keys() - _STANDARD:
        value = record.__dict__[name]
        if name == "subject" and isinstance(value, str):
            masked: Any = logs.pseudonym(value)
        else:
            masked = mask_value(name, value)
            if isinstance(masked, str):
                masked = cut(masked, most)
        fields[name] = record.__dict__[name] = masked
    if record.exc_info and record.exc_info[1] is not None:
        text = "".join(traceback.format_exception(record.exc_info[1])).rstrip()
        fields["exception"] = record.exc_text = cut(mask_text(text), most * 8)
    if record.stack_info:
        fields["stack"] = record.stack_info = cut(mask_text(record.stack_info), most * 8)
    return fields


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception:  # arguments that do not fit: the standard library would print them unmasked
        return f"{record.msg} (its arguments do not fit)"


def _logs_of_current_app() -> Logs | None:
    if not has_app_context():
        return None
    try:
        return state.get(Logs, current_app)
    except DovetailError:  # an app without Dovetail is being served
        return None


@cache
def _renderer(form: str) -> Callable[[dict[str, Any]], str]:
    """Return structlog's renderers; imported with the first line, not with the library."""
    import structlog

    if form == "json":
        as_json = structlog.processors.JSONRenderer(default=repr)
        return lambda fields: str(as_json(None, "", fields))
    for_people = structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
    )
    return lambda fields: for_people(
        None, "", {name: _one_line(name, value) for name, value in fields.items()}
    )


def _one_line(name: str, value: Any) -> Any:
    """Escape control characters: a value cannot forge a line or drive the terminal.

    Tracebacks keep their lines.
    """
    if not isinstance(value, str) or value.isprintable():
        return value
    allowed = "\n" if name in ("exception", "stack") else ""
    return "".join(c if c.isprintable() or c in allowed else repr(c)[1:-1] for c in value)
