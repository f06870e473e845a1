"""The request id first in, the line per request last out.

Both are done where the WSGI answer starts, not in hooks: an error answer, an answer of a failing
hook and an exception that escapes have them too.
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
from .logs import LIBRARY, REQUEST_ID, cut, others_listen, render, timestamp, write
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


def observing(
    inner: WSGIApplication,
    settings: LogsSettings,
    *,
    subject: Callable[[], str | None],
    pseudonym: Callable[[str], str],
) -> WSGIApplication:
    """WSGI middleware: `X-Request-Id` on every answer, and its line in the log.

    Args:
        subject: whose request it was; called in the request context, must not raise or do IO.
        pseudonym: what stands in the log instead of the subject.
    """

    def observed(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        began = perf_counter()
        request_id = sane_request_id(environ.get("HTTP_X_REQUEST_ID")) or new_request_id()
        environ[REQUEST_ID] = request_id
        told = False

        def tell(status: int, who: str | None) -> None:
            nonlocal told
            told = True
            if settings.threshold <= logging.INFO and _logger.isEnabledFor(logging.INFO):
                seconds = perf_counter() - began
                _write(settings, environ, status, seconds, request_id, who and pseudonym(who))

        def start(status: str, headers: list[tuple[str, str]], *exc_info: Any) -> Any:
            if not told:
                tell(int(status[:3]), subject())
            headers = [header for header in headers if header[0].lower() != _HEADER_LOWER]
            headers.append((HEADER, request_id))
            return start_response(status, headers, *exc_info)

        try:
            return inner(environ, start)
        except Exception:
            if not told:
                tell(500, None)  # the server answers; the context and its subject are gone
            raise

    return observed


def new_request_id() -> str:
    """A random UUID: a form that masking leaves alone where it is quoted in a message."""
    text = os.urandom(16).hex()
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-8{text[17:20]}-{text[20:]}"


def pseudonyms(secret: Callable[[], bytes]) -> Callable[[str], str]:
    """Names for subjects: the same one always, so that lines can be joined, and no way back.

    Args:
        secret: the key, asked for at the first use.
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
    listening = others_listen(_logger)
    if settings.format == "json":
        # By hand: one line per request, and json.dumps would be half of its cost. What is put in
        # cannot break out: the path is quoted, all else is ours or matches a narrow pattern.
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
    if settings.format == "console":
        write(render("console", {"event": "request", "level": "info", "logger": NAME} | fields))
    if listening:
        record = logging.LogRecord(NAME, logging.INFO, "", 0, "request", (), None)
        record.__dict__.update(fields, dovetail_written=True)  # as `extra=`, but masked already
        _logger.handle(record)


@lru_cache(maxsize=1024)
def _masked_path(path: str, most: int) -> tuple[str, str]:
    """A PATH_INFO without secrets, plain and as JSON; of at most `most` characters."""
    masked = cut(mask_text(path.encode("latin-1").decode("utf-8", "replace")), most)  # PEP 3333
    return masked, json.dumps(masked)
