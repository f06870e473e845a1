"""Wrap the operating system's file calls, and name their errors."""

from __future__ import annotations

import errno
import os
from contextlib import contextmanager
from io import RawIOBase
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from ..store import Missing, NoSpace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CHUNK_BYTES = 512 * 1024
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_NO_COPY = (errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP)


class Slice(RawIOBase):
    """A stream of a file's bytes from `start` up to `stop`."""

    def __init__(self, whole: BinaryIO, start: int, stop: int) -> None:
        self._whole = whole
        self._left = max(0, stop - start)
        whole.seek(start)

    def readable(self) -> bool:
        """See `io.RawIOBase.readable`."""
        return True

    def readinto(self, buffer: Any, /) -> int:
        """See `io.RawIOBase.readinto`."""
        view = memoryview(buffer)[: self._left]
        count = cast("int", self._whole.readinto(view))  # type: ignore[attr-defined]
        self._left -= count
        return count

    def close(self) -> None:
        """Close the descriptor as well."""
        self._whole.close()
        super().close()


def open_file(path: Path, flags: int) -> int:
    """Open a file without following links.

    Raises:
        Missing: there is no such file, or a link has been put in its place.
    """
    try:
        return os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC, 0o640)
    except FileNotFoundError:
        raise Missing from None
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise Missing from None
        raise


@contextmanager
def opened(path: Path, flags: int) -> Iterator[int]:
    """Open a file like `open_file`, and close it afterwards."""
    descriptor = open_file(path, flags)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def make_folders(*paths: Path) -> None:
    """Make the folders, the outer ones first.

    Unlike the folders above them, they are not readable by everybody.
    """
    for path in paths:
        path.mkdir(0o750, parents=True, exist_ok=True)


def make(path: Path, size: int) -> None:
    """Make a sparse file of `size` zeros; an existing one stays as it is."""
    with opened(path, os.O_WRONLY | os.O_CREAT) as descriptor:
        os.ftruncate(descriptor, size)


def write(descriptor: int, data: bytes | memoryview, at: int) -> None:
    """Write all of `data` at the offset `at`."""
    rest = memoryview(data)
    while rest:
        count = os.pwrite(descriptor, rest, at)
        rest, at = rest[count:], at + count


def copy(source: int, target: int, offset: int, size: int) -> None:
    """Copy the first `size` bytes of `source` to `offset`, within the kernel if it can."""
    done = 0
    if hasattr(os, "copy_file_range"):
        try:
            while done < size:
                done += os.copy_file_range(source, target, size - done, done, offset + done)
        except OSError as error:
            if error.errno not in _NO_COPY:
                raise
    while done < size:
        chunk = os.pread(source, min(size - done, CHUNK_BYTES), done)
        done += os.pwrite(target, chunk, offset + done)


@contextmanager
def no_space() -> Iterator[None]:
    """Raise NoSpace if the system reports a full disk, a reached quota or too large a file."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise NoSpace from error
        raise
