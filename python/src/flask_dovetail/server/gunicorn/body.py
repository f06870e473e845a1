"""The body of a request as the application reads it."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

from gunicorn.http.errors import NoMoreData, ParseException

from ...contract.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gunicorn.http.body import Body


class DirectBody:
    """gunicorn's `wsgi.input`, with the `readinto` that it lacks.

    gunicorn's `read` copies every byte a few times and wakes up for every few of them; without it,
    an upload is received twice as fast.
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
        """Fill `buffer`, or as much of it as arrives within a second or so; return 0 at the end.

        Raises:
            OSError: the connection broke, or the client is too slow.
        """
        reader = self._body.reader
        buffer = memoryview(buffer)[: reader.length]  # a slice of a bytearray would be a copy
        buffered = reader.unreader.take_buffered()
        if buffered:
            count = min(len(buffered), len(buffer))
            buffer[:count] = buffered[:count]
            reader.unreader.unread(buffered[count:])
        else:
            try:
                count = self._connection.recv_into(buffer, flags=socket.MSG_WAITALL)
            except OSError:
                self._body.failed = True  # the connection serves no further request
                raise
        reader.length -= count
        return count


class BrokenBody(Problem, OSError, code="BAD_REQUEST"):  # noqa: N818 - a problem
    """Raised for invalid chunks of a body: an OSError for the reader, a 400 for the client."""


class ChunkedBody:
    """gunicorn's `wsgi.input` for a body in chunks; a malformed chunk is a 400.

    gunicorn raises while the application reads: that would be a 500, and a traceback in the log.
    """

    def __init__(self, body: Body) -> None:
        self.read = _refusing_bad_chunks(body.read)
        self.readline = _refusing_bad_chunks(body.readline)
        self.readlines = _refusing_bad_chunks(body.readlines)

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.readline, b"")


def _refusing_bad_chunks(read: Callable[..., Any]) -> Callable[..., Any]:
    def read_or_refuse(*args: Any) -> Any:
        try:
            return read(*args)
        except (ParseException, NoMoreData) as error:
            raise BrokenBody("The chunks of the body are not as RFC 9112 writes them.") from error

    return read_or_refuse
