"""Read the bytes of an object as a file, in pieces, and from another place after a seek."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

BUFFER_BYTES = 64 * 1024


class Reader(io.RawIOBase):
    """A seekable stream of `length` bytes.

    Args:
        fetch: `(offset) -> body` opens a stream from that byte on.
    """

    def __init__(self, length: int, fetch: Callable[[int], Any]) -> None:
        self._body: Any = None
        self._length = length
        self._fetch = fetch
        self._position = 0

    def readable(self) -> bool:
        """See `io.RawIOBase.readable`."""
        return True

    def seekable(self) -> bool:
        """See `io.RawIOBase.seekable`."""
        return True

    def tell(self) -> int:
        """See `io.RawIOBase.tell`."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move the position; the next read fetches from there."""
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._length}[whence]
        if origin + offset < 0:
            raise ValueError(f"There is no byte {origin + offset}.")
        if origin + offset != self._position:
            self._drop()
            self._position = origin + offset
        return self._position

    def readinto(self, buffer: Any) -> int:
        """See `io.RawIOBase.readinto`."""
        if self._position >= self._length:
            return 0
        if self._body is None:
            self._body = self._fetch(self._position)
        data = self._body.read(min(len(buffer), self._length - self._position))
        if not data:
            raise EOFError("The store sent fewer bytes than it announced.")
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)

    def close(self) -> None:
        """Close the stream from the store as well."""
        if not self.closed:
            self._drop()
        super().close()

    def _drop(self) -> None:
        if self._body is not None:
            self._body.close()
            self._body = None
