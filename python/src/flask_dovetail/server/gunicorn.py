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
import ssl
import struct
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from gunicorn.http.body import LengthReader
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
from ..worker import WORKER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
    from gunicorn.http.body import Body

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


class DirectBody:
    """What gunicorn gives as `wsgi.input`, with a `readinto` that it lacks.

    Its `read` copies every byte a few times and wakes up for every few of them; an upload is
    received twice as fast without.
    """

    def __init__(self, body: Body, connection: socket.socket) -> None:
        self._body = body
        self._connection = connection
        self.read = body.read
        self.readline = body.readline
        self.readlines = body.readlines

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._body)

    def readinto(self, buffer: memoryview) -> int:
        """Fill `buffer`, or as much of it as comes within `SILENCE_SECONDS`; 0 at the end.

        Raises:
            OSError: the connection broke, or nothing came.
        """
        reader = self._body.reader
        buffer = memoryview(buffer)[: reader.length]  # a slice of a bytearray would be a copy
        held = reader.unreader.take_buffered()
        if held:
            count = min(len(held), len(buffer))
            buffer[:count] = held[:count]
            reader.unreader.unread(held[count:])
        else:
            try:
                count = self._connection.recv_into(buffer, flags=socket.MSG_WAITALL)
            except OSError:
                self._body.failed = True  # the connection serves no further request
                raise
        reader.length -= count
        return count


class ProblemWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """A gthread worker whose own refusals are problems, and that waits for nobody in silence.

    A thread that reads a request is given back after `SILENCE_SECONDS` without a byte, so that a
    handful of stalled clients cannot hold them all. Clients that drip bytes are a matter for a
    buffering proxy in front.
    """

    def load_wsgi(self) -> None:
        super().load_wsgi()
        app: WSGIApplication = self.wsgi  # type: ignore[has-type]

        def with_direct_body(environ: WSGIEnvironment, start_response: StartResponse) -> Any:
            environ[WORKER] = self
            body, connection = environ["wsgi.input"], environ["gunicorn.socket"]
            if isinstance(getattr(body, "reader", None), LengthReader) and not isinstance(
                connection, ssl.SSLSocket
            ):
                environ["wsgi.input"] = DirectBody(body, connection)
            return app(environ, start_response)

        self.wsgi = with_direct_body

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
