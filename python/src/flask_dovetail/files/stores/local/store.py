"""Store bytes in a folder of this machine.

    uploads/<key>.data     the whole, in its size from the start; each part has its place in it
    uploads/<key>.parts    what has arrived (`parts_file.py`)
    objects/<2>/<key>      what has been assembled

The first sender of a part writes it to its place, and its digest once it is whole: then it has
arrived. A part that others have begun to send, or that has arrived, is received into a file without
a name, which is copied to the place only when it is whole. So once a place has a digest, no other
sender writes there, and a part that was cut off, or that lost a race, never mixes with the bytes of
another. All of this happens under the upload's lock, which holds between threads and
processes. Assembling is a rename under the same lock, after which no part finds its place any more.

A killed process loses nothing that had arrived. Nothing is flushed to the disk (`fsync`), though: a
power failure takes what the operating system had not written yet.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, BinaryIO, cast

from ..store import Incomplete, Missing, NoSpace
from . import disk
from . import parts_file as ledger
from .fair_share import FairShare
from .part_urls import address, read_address
from .parts_file import Ledger

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from pathlib import Path

    from ....core.signing import Signer
    from ...policy import File, Upload
    from ..store import PartUrl, Ticket
    from .part_urls import Part

    Read = Callable[[memoryview], int]

_KEY = re.compile(r"[A-Za-z0-9_-]{32,43}")


class CutOff(Exception):  # noqa: N818 - says what is, like the problems
    """Raised when a part ended before its last byte; nothing of it was kept."""


class LocalStore:
    """A store of files below `folder`, with parts through signed addresses of this app.

    Args:
        folder: made when the first upload begins. All processes need the same one, on a local disk:
            network file systems do not lock between threads.
        clock: Unix seconds.
        address: returns the address that browsers reach a path by.
    """

    origin: str | None = None

    def __init__(
        self,
        folder: Path,
        *,
        signer: Signer,
        clock: Callable[[], float],
        address: Callable[[str], str],
    ) -> None:
        self._folder = folder
        self._uploads = folder / "uploads"
        self._objects = folder / "objects"
        self._signer = signer
        self._clock = clock
        self._address = address
        self._fair_share = FairShare()  # taken before an upload's lock by everybody who needs both

    def begin(self, upload: Upload) -> str | None:
        """See `Store.begin`."""
        with disk.no_space():
            disk.make_folders(self._folder, self._uploads)
            if shutil.disk_usage(self._uploads).free < upload.size:
                raise NoSpace
            ledger.make(self._parts(upload.key), upload.part_count)
            disk.make(self._data(upload.key), upload.size)
        return None

    def part_urls(self, upload: Upload, numbers: Collection[int], ticket: Ticket) -> list[PartUrl]:
        """See `Store.part_urls`."""
        return [
            address(upload, number, ticket, self._signer, address_of=self._address)
            for number in numbers
        ]

    def permitted(self, key: str, number: str, query: Mapping[str, str]) -> Part | None:
        """Return the permission of a part's address, or None if it was altered or has expired."""
        return read_address(key, number, query, signer=self._signer, now=self._clock())

    def receive(self, part: Part, read_into: Read) -> None:
        """Store one part, all of it or nothing.

        A part that had arrived is replaced.

        Args:
            read_into: reads the next bytes into the buffer and returns their number; 0 at the end.

        Raises:
            CutOff: the bytes ended early.
            Missing: there is no such upload, or it has been assembled.
        """
        with (
            disk.no_space(),
            self._fair_share.taking_part(),
            Ledger.opened(self._parts(part.key)) as ledger,
        ):
            claim = ledger.claim(part.number)
            if claim is None:
                self._receive_aside(part, ledger, read_into)
            else:
                self._receive_in_place(part, ledger, claim, read_into)

    def _receive_in_place(self, part: Part, ledger: Ledger, claim: bytes, read_into: Read) -> None:
        try:
            with disk.opened(self._data(part.key), os.O_WRONLY) as data:

                def write(piece: memoryview, at: int) -> None:
                    with ledger.locked():
                        if ledger.holds(part.number, claim):
                            disk.write(data, piece, part.offset + at)

                digest = self._take(part, read_into, write)
            with ledger.locked():
                if not self._data(part.key).exists():
                    raise Missing
                # Otherwise another sender has replaced our part: as if we had come first.
                if ledger.holds(part.number, claim):
                    ledger.arrive(part.number, digest)
        except BaseException:
            with ledger.locked():
                if ledger.holds(part.number, claim):
                    ledger.forget(part.number)
            raise

    def _receive_aside(self, part: Part, ledger: Ledger, read_into: Read) -> None:
        if not self._data(part.key).exists():
            raise Missing
        with tempfile.TemporaryFile(dir=self._uploads, buffering=0) as file:
            aside = file.fileno()
            digest = self._take(part, read_into, partial(disk.write, aside))
            with (
                self._fair_share.piece(),
                ledger.locked(),
                disk.opened(self._data(part.key), os.O_WRONLY) as data,
            ):
                ledger.forget(part.number)  # in case the process is killed while copying
                disk.copy(aside, data, part.offset, part.size)
                ledger.arrive(part.number, digest)

    def _take(self, part: Part, read_into: Read, write: Callable[[memoryview, int], None]) -> bytes:
        """Read the whole part piece by piece, and return its SHA-256."""
        digest, done = hashlib.sha256(), 0
        buffer = memoryview(bytearray(min(part.size, disk.CHUNK_BYTES)))
        while done < part.size:
            count = read_into(buffer[: part.size - done])
            if not count:
                raise CutOff
            with self._fair_share.piece():
                digest.update(buffer[:count])
                write(buffer[:count], done)
            done += count
        return digest.digest()

    def arrived(self, upload: Upload) -> list[int]:
        """See `Store.arrived`."""
        try:
            with Ledger.opened(self._parts(upload.key)) as ledger:
                digests = ledger.digests(upload.part_count)
        except Missing:
            return []
        return [number for number, digest in enumerate(digests, 1) if digest is not None]

    def assemble(self, upload: Upload) -> tuple[str, ...] | None:
        """See `Store.assemble`."""
        try:
            with Ledger.opened(self._parts(upload.key)) as ledger, ledger.locked():
                digests = ledger.digests(upload.part_count)
                missing = [number for number, digest in enumerate(digests, 1) if digest is None]
                if missing:
                    raise Incomplete(missing)
                self._publish(upload.key)
        except Missing:
            if self._object(upload.key).exists():
                return None  # another process has finished it
            raise Incomplete(range(1, upload.part_count + 1)) from None
        return tuple(digest.hex() for digest in digests if digest is not None)

    def _publish(self, key: str) -> None:
        target = self._object(key)
        with disk.no_space():
            disk.make_folders(self._folder, self._objects, target.parent)
            try:
                self._data(key).rename(target)
            except FileNotFoundError:
                if not target.exists():
                    raise Missing from None

    def clean_up(self, upload: Upload) -> None:
        """See `Store.clean_up`."""
        self._parts(upload.key).unlink(missing_ok=True)

    def discard(self, upload: Upload) -> None:
        """See `Store.discard`."""
        # Hold the lock: otherwise an object that is being assembled would appear after the drop.
        with suppress(Missing), Ledger.opened(self._parts(upload.key)) as ledger, ledger.locked():
            self._drop(upload.key)
        self._drop(upload.key)  # also without a lock file, and what `save` left

    def _drop(self, key: str) -> None:
        for path in (self._data(key), self._object(key), self._parts(key)):
            path.unlink(missing_ok=True)

    def size(self, key: str) -> int:
        """See `Store.size`."""
        with disk.opened(self._object(key), os.O_RDONLY) as descriptor:
            return os.fstat(descriptor).st_size

    def open(self, key: str, start: int = 0, stop: int | None = None) -> BinaryIO:
        """See `Store.open`."""
        descriptor = disk.open_file(self._object(key), os.O_RDONLY)
        whole = os.fdopen(descriptor, "rb")
        if start == 0 and stop is None:
            return whole
        size = os.fstat(descriptor).st_size
        return cast("BinaryIO", disk.Slice(whole, start, size if stop is None else min(stop, size)))

    def save(self, key: str, content: BinaryIO, content_type: str) -> int:  # noqa: ARG002
        """See `Store.save`."""
        with disk.no_space():
            disk.make_folders(self._folder, self._uploads)
            path = self._data(key)
            with disk.opened(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC) as descriptor:
                size = 0
                while chunk := content.read(disk.CHUNK_BYTES):
                    disk.write(descriptor, chunk, size)
                    size += len(chunk)
            self._publish(key)
        return size

    def delete(self, key: str) -> None:
        """See `Store.delete`."""
        self._object(key).unlink(missing_ok=True)

    def path(self, key: str) -> Path | None:
        """See `Store.path`."""
        return self._object(key)

    def link(self, file: File, **_header: object) -> str | None:  # noqa: ARG002
        """See `Store.link`."""
        return None

    def _data(self, key: str) -> Path:
        return self._uploads / f"{_check_key(key)}.data"

    def _parts(self, key: str) -> Path:
        return self._uploads / f"{_check_key(key)}.parts"

    def _object(self, key: str) -> Path:
        return self._objects / _check_key(key)[:2] / key


def _check_key(key: str) -> str:
    """Return the key if it is one that this package made.

    Raises:
        Missing: it is not one, so it cannot name a path.
    """
    if not _KEY.fullmatch(key):
        raise Missing
    return key
