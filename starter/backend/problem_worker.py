"""A gunicorn worker that answers like the app where a request never gets as far as the app.

Header fields that are too large, a broken request line: gunicorn would answer with a page of HTML
that repeats what was sent, and log it. A client of this API gets a problem (RFC 9457), and neither
the answer nor the log has the sender's cookies in it.
"""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

from gunicorn.http.errors import (
    InvalidResponseHeader,
    InvalidResponseHeaderName,
    LimitRequestHeaders,
    LimitRequestLine,
    ParseException,
)
from gunicorn.workers.gthread import ThreadWorker

from flask_dovetail.problems import BadRequest, HeaderFieldsTooLarge, InternalError, Problem

SAID_BY_APP = (InvalidResponseHeader, InvalidResponseHeaderName)


class UriTooLong(Problem, code="URI_TOO_LONG"):
    """The request line is longer than gunicorn reads."""


def problem_of(error: Exception) -> Problem:
    """The problem that says what gunicorn found."""
    if isinstance(error, LimitRequestHeaders):
        return HeaderFieldsTooLarge()
    if isinstance(error, LimitRequestLine):
        return UriTooLong()
    if isinstance(error, ParseException) and not isinstance(error, SAID_BY_APP):
        return BadRequest("The request is not HTTP as RFC 9112 writes it.")
    return InternalError()


class ProblemWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    def handle_error(self, req: Any, client: Any, addr: Any, exc: Exception) -> None:
        problem = problem_of(exc)
        if problem.status >= 500:
            self.log.error("Request failed outside the app: %s", type(exc).__name__)
        else:
            self.log.info("Request refused outside the app: %s", type(exc).__name__)
        body = json.dumps(problem.body()).encode()
        head = (
            f"HTTP/1.1 {problem.status} {HTTPStatus(problem.status).phrase}\r\n"
            "Connection: close\r\n"
            "Content-Type: application/problem+json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        try:
            client.sendall(head.encode() + body)
        except OSError:
            self.log.debug("The client left before it was told.")
