"""The worker's own answers to requests that never reach the app.

For header fields that are too large or a broken request line, gunicorn would answer with a page of
HTML that repeats the request, and log it. A client of this API gets a problem (RFC 9457), and
neither the answer nor the log contains the sender's cookies.
"""

from __future__ import annotations

import json
from collections import Counter
from http import HTTPStatus
from ssl import SSLError
from time import monotonic
from typing import TYPE_CHECKING
from uuid import uuid4

from gunicorn.http.errors import (
    InvalidResponseHeader,
    InvalidResponseHeaderName,
    LimitRequestHeaders,
    LimitRequestLine,
    ParseException,
)

from ...contract.problem import Problem
from ...contract.problems import BadRequest, HeaderFieldsTooLarge, InternalError

if TYPE_CHECKING:
    from logging import Logger

    from _typeshed.wsgi import StartResponse

SAID_BY_APP = (InvalidResponseHeader, InvalidResponseHeaderName)
_EVERY_SECONDS = 10.0


class UriTooLong(Problem, code="URI_TOO_LONG"):
    """Raised if the request line is longer than gunicorn reads."""


def problem_of(error: Exception) -> Problem:
    """Return the problem for gunicorn's exception."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, LimitRequestHeaders):
        return HeaderFieldsTooLarge()
    if isinstance(error, LimitRequestLine):
        return UriTooLong()
    if isinstance(error, ParseException) and not isinstance(error, SAID_BY_APP):
        return BadRequest("The request is not HTTP as RFC 9112 writes it.")
    if isinstance(error, SSLError):
        return BadRequest("The connection is not TLS as it must be.")
    return InternalError()


def answer_of(problem: Problem, request_id: str) -> bytes:
    """Return the whole answer, after which the connection is closed."""
    body = json.dumps(problem.body(request_id)).encode()
    more = "".join(f"{name}: {value}\r\n" for name, value in problem.headers.items())
    head = (
        f"HTTP/1.1 {problem.status} {HTTPStatus(problem.status).phrase}\r\n"
        "Connection: close\r\n"
        "Content-Type: application/problem+json\r\n"
        "Cache-Control: no-store\r\n"
        f"X-Request-Id: {request_id}\r\n"
        f"{more}"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def answer_in_wsgi(problem: Problem, start_response: StartResponse) -> list[bytes]:
    """Answer in place of the app."""
    body = json.dumps(problem.body(uuid4().hex)).encode()
    start_response(
        f"{problem.status} {HTTPStatus(problem.status).phrase}",
        [
            ("Content-Type", "application/problem+json"),
            ("Cache-Control", "no-store"),
            ("Content-Length", str(len(body))),
        ],
    )
    return [body]


class Tally:
    """Count refusals, and log the counts now and then, so that a flood does not fill the log."""

    def __init__(self, log: Logger) -> None:
        self._log = log
        self._counts: Counter[str] = Counter()
        self._told_at = -_EVERY_SECONDS

    def add(self, why: str) -> None:
        """Count a refusal."""
        self._counts[why] += 1
        self.log_counts()

    def log_counts(self) -> None:
        """Log the counts, unless a line was logged a moment ago."""
        now = monotonic()
        if self._counts and now >= self._told_at + _EVERY_SECONDS:
            counts = ", ".join(f"{count} ({why})" for why, count in self._counts.items())
            self._log.warning("Connections refused: %s", counts)
            self._counts.clear()
            self._told_at = now
