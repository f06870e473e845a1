"""A gunicorn worker that answers like the app where a request never gets as far as the app.

    worker_class = "flask_dovetail.server.gunicorn.ProblemWorker"

Header fields that are too large, a broken request line: gunicorn would answer with a page of HTML
that repeats what was sent, and log it. A client of this API gets a problem (RFC 9457), and neither
the answer nor the log has the sender's cookies in it.
"""

from __future__ import annotations

import json
import logging
import socket
import struct
from http import HTTPStatus
from typing import Any
from uuid import uuid4

from gunicorn.http.errors import (
    InvalidResponseHeader,
    InvalidResponseHeaderName,
    LimitRequestHeaders,
    LimitRequestLine,
    ParseException,
)
from gunicorn.workers.gthread import ThreadWorker

from ..contract.errors import BadRequest, HeaderFieldsTooLarge, InternalError
from ..contract.problem import Problem

SILENCE_SECONDS = 10
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
    """A gthread worker whose own refusals are problems, and that waits for nobody in silence.

    A thread that reads a request is given back after `SILENCE_SECONDS` without a byte, so that a
    handful of stalled clients cannot hold them all. Clients that drip bytes are a matter for a
    buffering proxy in front.
    """

    def handle(self, conn: Any) -> Any:
        silence = struct.pack("@ll", SILENCE_SECONDS, 0)
        conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, silence)
        return super().handle(conn)

    def handle_error(self, req: Any, client: Any, addr: Any, exc: Exception) -> None:
        problem = problem_of(exc)
        request_id = uuid4().hex
        level = logging.ERROR if problem.status >= 500 else logging.INFO
        self.log.log(level, "%s before the app, request %s", type(exc).__name__, request_id)
        body = json.dumps(problem.body(request_id)).encode()
        head = (
            f"HTTP/1.1 {problem.status} {HTTPStatus(problem.status).phrase}\r\n"
            "Connection: close\r\n"
            "Content-Type: application/problem+json\r\n"
            f"X-Request-Id: {request_id}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        try:
            client.sendall(head.encode() + body)
        except OSError:
            self.log.debug("The client left before it was told.")
