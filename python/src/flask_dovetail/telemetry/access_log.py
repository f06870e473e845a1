"""Set the request id first, and write the line of the request last.

Both happen where the WSGI answer starts, not in hooks: so error answers, answers of a failing hook
and escaping exceptions have them too.
"""

from __future__ import annotations

import hmac
import json
import logging
import os
from functools import lru_cache
from time import perf_counter
from typing import TYPE_CHECKING, Any

from ..core import wire
from .logs import LIBRARY, REQUEST_ID, cut, has_other_handlers, render, timestamp, write
from .masking import mask_text, sane_request_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from .config import LogsSettings

HEADER: str = wire.HEADERS["request_id"]
_HEADER_LOWER = HEADER.lower()
_METHODS = frozenset(("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"))

NAME = f"{LIBRARY}.access"
_logger = logging.getLogger(NAME)


def wrap(
    inner: WSGIApplication,
    settings: LogsSettings,
    *,
    subject: Callable[[], str | None],
    pseudonym: Callable[[str], str],
) -> WSGIApplication:
    """Wrap a WSGI app: add `X-Request-Id` to every answer, and log its line.

    Args:
        subject: returns the request's person; called in its context, must not raise or do IO.
        pseudonym: returns the name in the log for a subject.
    """

    def observed(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        began = perf_counter()
        request_id = sane_request_id(environ.get("HTTP_X_REQUEST_ID")) or new_request_id()
        environ[REQUEST_ID] = request_id
        is_logged = False

        def write_line(status: int, who: str | None) -> None:
            nonlocal is_logged
            is_logged = True
            if settings.threshold <= logging.INFO and _logger.isEnabledFor(logging.INFO):
                seconds = perf_counter() - began
                _write(settings, environ, status, seconds, request_id, who and pseudonym(who))

        def start(status: str, headers: list[tuple[str, str]], *exc_info: Any) -> Any:
            if not is_logged:
                write_line(int(status[:3]), subject())
            headers = [header for header in headers if header[0].lower() != _HEADER_LOWER]
            headers.append((HEADER, request_id))
            return start_response(status, headers, *exc_info)

        try:
            return inner(environ, start)
        except Exception:
            if not is_logged:
                write_line(500, None)  # the server answers; the context and its subject are gone
            raise

    return observed


def new_request_id() -> str:
    """Return a random UUID: masking leaves this form alone if a message quotes it."""
    text = os.urandom(16).hex()
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-8{text[17:20]}-{text[20:]}"


def pseudonyms(secret: Callable[[], bytes]) -> Callable[[str], str]:
    """Return a function from subjects to pseudonyms: stable, to join lines, and one-way.

    Args:
        secret: returns the key; called at the first use.
    """

    @lru_cache(maxsize=4096)
    def pseudonym(subject: str) -> str:
        return "s_" + hmac.digest(secret(), subject.encode(), "sha256")[:8].hex()

    return pseudonym


def _write(
    settings: LogsSettings,
    environ: WSGIEnvironment,
    status: int,
    seconds: float,
    request_id: str,
    subject: str | None,
) -> None:
    method = environ["REQUEST_METHOD"]
    if method not in _METHODS:
        method = "other"
    path, quoted_path = _masked_path(environ.get("PATH_INFO", ""), settings.text_characters)
    milliseconds = round(seconds * 1000, 2)
    listening = has_other_handlers(_logger)
    form = settings.written_as(heard=listening)
    if form == "json":
        # By hand: json.dumps would be half of the cost of the one line per request. No value can
        # break out: the path is quoted, and everything else is ours or matches a narrow pattern.
        who = "null" if subject is None else f'"{subject}"'
        write(
            f'{{"event": "request", "level": "info", "logger": "{NAME}", "method": "{method}", '
            f'"path": {quoted_path}, "status": {status}, "duration_ms": {milliseconds}, '
            f'"request_id": "{request_id}", "subject": {who}, "timestamp": "{timestamp()}"}}'
        )
        if not listening:
            return
    fields = {
        "method": method,
        "path": path,
        "status": status,
        "duration_ms": milliseconds,
        "request_id": request_id,
        "subject": subject,
    }
    if form == "console":
        write(render("console", {"event": "request", "level": "info", "logger": NAME} | fields))
    if listening:
        record = logging.LogRecord(NAME, logging.INFO, "", 0, "request", (), None)
        record.__dict__.update(fields, dovetail_written=True)  # as `extra=`, but masked already
        _logger.handle(record)


@lru_cache(maxsize=1024)
def _masked_path(path: str, most: int) -> tuple[str, str]:
    """Return a PATH_INFO without secrets, plain and as JSON, cut to `most` characters."""
    masked = cut(mask_text(path.encode("latin-1").decode("utf-8", "replace")), most)  # PEP 3333
    return masked, json.dumps(masked)
