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
        """Fill `buffer`, or as much of it as comes within a second or so; 0 at the end.

        Raises:
            OSError: the connection broke, or the client is too slow.
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


class BrokenBody(Problem, OSError, code="BAD_REQUEST"):  # noqa: N818 - a problem
    """The chunks of a body are none. An OSError for whoever reads, and a 400 for the client."""


class ChunkedBody:
    """What gunicorn gives as `wsgi.input` for a body in chunks; what is wrong with them is a 400.

    gunicorn raises while the application reads: that would be a 500, and a traceback in the log.
    """

    def __init__(self, body: Body) -> None:
        self.read = _telling(body.read)
        self.readline = _telling(body.readline)
        self.readlines = _telling(body.readlines)

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.readline, b"")


def _telling(read: Callable[..., Any]) -> Callable[..., Any]:
    def told(*args: Any) -> Any:
        try:
            return read(*args)
        except (ParseException, NoMoreData) as error:
            raise BrokenBody("The chunks of the body are not as RFC 9112 writes them.") from error

    return told
