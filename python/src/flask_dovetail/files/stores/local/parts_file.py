"""`uploads/<key>.parts`: what is known of each part of an upload, and the upload's lock.

64 bytes for each part, which no page boundary divides: its SHA-256, zeros while it has not arrived;
and the claim of who was the first to send it, zeros while nobody is.
"""

from __future__ import annotations

import fcntl
import os
import secrets
from contextlib import contextmanager
from typing import TYPE_CHECKING

from . import disk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_DIGEST_BYTES = 32
_CLAIM_BYTES = 32
_ENTRY_BYTES = _DIGEST_BYTES + _CLAIM_BYTES
_NOT_ARRIVED = bytes(_DIGEST_BYTES)
_UNCLAIMED = bytes(_CLAIM_BYTES)


class Ledger:
    """One that is open. Every thread opens its own: that is what the lock goes by."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    @classmethod
    @contextmanager
    def opened(cls, path: Path) -> Iterator[Ledger]:
        """
        Raises:
            Missing: there is no such upload.
        """
        with disk.opened(path, os.O_RDWR) as descriptor:
            yield cls(descriptor)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Nobody else, in whatever process, changes anything of this upload (`flock`)."""
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(self._descriptor, fcntl.LOCK_UN)

    def digests(self, count: int) -> list[bytes | None]:
        """The SHA-256 of each of `count` parts; None where it has not arrived."""
        entries = os.pread(self._descriptor, count * _ENTRY_BYTES, 0)
        digests = (entries[at:][:_DIGEST_BYTES] for at in range(0, len(entries), _ENTRY_BYTES))
        return [None if digest == _NOT_ARRIVED else digest for digest in digests]

    def claim(self, number: int) -> bytes | None:
        """Become the one who writes to the place of this part. None: it has been anybody's."""
        with self.locked():
            if self._entry(number) != _NOT_ARRIVED + _UNCLAIMED:
                return None
            claim = secrets.token_bytes(_CLAIM_BYTES)
            self._write(number, _NOT_ARRIVED + claim)
            return claim

    def holds(self, number: int, claim: bytes) -> bool:
        """Whether nobody has put the part in its place meanwhile. To be asked under the lock."""
        return self._entry(number) == _NOT_ARRIVED + claim

    def arrive(self, number: int, digest: bytes) -> None:
        """Say that the part is in its place. To be called under the lock."""
        self._write(number, digest + _UNCLAIMED)

    def forget(self, number: int) -> None:
        """Say that it is not, and nobody's. To be called under the lock."""
        self._write(number, _NOT_ARRIVED + _UNCLAIMED)

    def _entry(self, number: int) -> bytes:
        return os.pread(self._descriptor, _ENTRY_BYTES, (number - 1) * _ENTRY_BYTES)

    def _write(self, number: int, entry: bytes) -> None:
        os.pwrite(self._descriptor, entry, (number - 1) * _ENTRY_BYTES)


def make(path: Path, count: int) -> None:
    """One of `count` parts, none of which has arrived. As it is where it has been made already."""
    disk.make(path, count * _ENTRY_BYTES)
