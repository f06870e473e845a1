"""`uploads/<key>.parts`: the digest and the claim of each part of an upload, and the upload's lock.

Each part has 64 bytes, which no page boundary divides: its SHA-256, zeros until it has arrived; and
the claim of its first sender, zeros while it is unclaimed.
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
    """An open parts file.

    Every thread opens its own, because the lock belongs to the open file.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    @classmethod
    @contextmanager
    def opened(cls, path: Path) -> Iterator[Ledger]:
        """Open the parts file of an upload, and close it afterwards.

        Raises:
            Missing: there is no such upload.
        """
        with disk.opened(path, os.O_RDWR) as descriptor:
            yield cls(descriptor)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Lock the upload against every other thread and process (`flock`)."""
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(self._descriptor, fcntl.LOCK_UN)

    def digests(self, count: int) -> list[bytes | None]:
        """Return the SHA-256 of each of `count` parts; None for a part that has not arrived."""
        entries = os.pread(self._descriptor, count * _ENTRY_BYTES, 0)
        digests = (entries[at:][:_DIGEST_BYTES] for at in range(0, len(entries), _ENTRY_BYTES))
        return [None if digest == _NOT_ARRIVED else digest for digest in digests]

    def claim(self, number: int) -> bytes | None:
        """Claim the place of this part for writing; None if it was ever claimed before."""
        with self.locked():
            if self._entry(number) != _NOT_ARRIVED + _UNCLAIMED:
                return None
            claim = secrets.token_bytes(_CLAIM_BYTES)
            self._write(number, _NOT_ARRIVED + claim)
            return claim

    def holds(self, number: int, claim: bytes) -> bool:
        """Return whether the part's place still belongs to this claim.

        Call this under the lock.
        """
        return self._entry(number) == _NOT_ARRIVED + claim

    def arrive(self, number: int, digest: bytes) -> None:
        """Mark the part as arrived.

        Call this under the lock.
        """
        self._write(number, digest + _UNCLAIMED)

    def forget(self, number: int) -> None:
        """Mark the part as missing and unclaimed.

        Call this under the lock.
        """
        self._write(number, _NOT_ARRIVED + _UNCLAIMED)

    def _entry(self, number: int) -> bytes:
        return os.pread(self._descriptor, _ENTRY_BYTES, (number - 1) * _ENTRY_BYTES)

    def _write(self, number: int, entry: bytes) -> None:
        os.pwrite(self._descriptor, entry, (number - 1) * _ENTRY_BYTES)


def make(path: Path, count: int) -> None:
    """Make the file for `count` parts that have not arrived; an existing one stays as it is."""
    disk.make(path, count * _ENTRY_BYTES)
