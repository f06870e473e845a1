"""The body of a request as the application reads it."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

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
