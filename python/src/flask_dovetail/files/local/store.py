"""Bytes in a folder of this machine.

    uploads/<key>.data     the whole, in its size from the start; parts are copied to their place
    uploads/<key>.parts    32 bytes for each part: its SHA-256, or zeros while it has not arrived
    objects/<2>/<key>      what has been assembled

A part is received into a file without a name, which a killed process takes with it. Only when all
of it is there, it is copied to its place under the upload's lock (`flock` on `<key>.parts`, which
holds between threads and processes) and its digest is written: that is when it has arrived.
Assembling is a rename under the same lock, after which no part finds its place any more.

A killed process loses nothing that had arrived. Nothing is flushed to the disk (`fsync`), though: a
power failure takes what the operating system had not written yet.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import tempfile
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, BinaryIO, cast

from ..store import Incomplete, Missing, NoSpace
from . import disk
from .addresses import address, read_address

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping
    from pathlib import Path

    from ..policy import File, Upload
    from ..rules.signing import Signer
    from ..store import PartUrl, Ticket
    from .addresses import Part

_DIGEST_BYTES = 32
_NOT_ARRIVED = bytes(_DIGEST_BYTES)
_KEY = re.compile(r"[A-Za-z0-9_-]{32,43}")


class CutOff(Exception):  # noqa: N818 - says what is, like the problems
    """A part ended before its last byte. Nothing of it was kept."""


class LocalStore:
    """Files below `folder`, parts through signed addresses of `api_origin`.

    Args:
        folder: made when the first upload begins. All processes need the same one, on a local disk:
            network file systems do not lock between threads.
        clock: Unix seconds.
    """

    origin: str | None = None

    def __init__(
        self, folder: Path, *, signer: Signer, clock: Callable[[], float], api_origin: str
    ) -> None:
        self._folder = folder
        self._uploads = folder / "uploads"
        self._objects = folder / "objects"
        self._signer = signer
        self._clock = clock
        self._api_origin = api_origin
        # Hashing and writing of all parts takes turns, so that the rest of the API has a core too.
        self._turn = threading.Semaphore(1)

    def begin(self, upload: Upload) -> str | None:
        with disk.no_space():
            disk.make_folders(self._folder, self._uploads)
            if shutil.disk_usage(self._uploads).free < upload.size:
                raise NoSpace
            disk.make(self._parts(upload.key), upload.part_count * _DIGEST_BYTES)
            disk.make(self._data(upload.key), upload.size)
        return None

    def part_urls(self, upload: Upload, numbers: Collection[int], ticket: Ticket) -> list[PartUrl]:
        return [
            address(self._api_origin, upload, number, ticket, self._signer) for number in numbers
        ]

    def permitted(self, key: str, number: str, query: Mapping[str, str]) -> Part | None:
        """What a part's address permits now; None where it was altered or has expired."""
        return read_address(key, number, query, signer=self._signer, now=self._clock())

    def receive(self, part: Part, read_into: Callable[[memoryview], int]) -> None:
        """Keep one part; all of it or nothing. A part that had arrived is replaced.

        Args:
            read_into: writes the next bytes into the buffer, and gives their number; 0 at the end.

        Raises:
            CutOff: the bytes ended early.
            Missing: there is no such upload, or it has been assembled.
        """
        if not self._data(part.key).exists():
            raise Missing
        with disk.no_space(), tempfile.TemporaryFile(dir=self._uploads, buffering=0) as received:
            digest, left = hashlib.sha256(), part.size
            buffer = memoryview(bytearray(min(left, disk.CHUNK_BYTES)))
            while left:
                count = read_into(buffer[:left])
                if not count:
                    raise CutOff
                left -= count
                with self._turn:
                    digest.update(buffer[:count])
                    disk.write(received.fileno(), buffer[:count])
            self._place(part, received.fileno(), digest.digest())

    def _place(self, part: Part, received: int, digest: bytes) -> None:
        with (
            self._locked(part.key) as parts,
            disk.opened(self._data(part.key), os.O_WRONLY) as data,
        ):
            slot = (part.number - 1) * _DIGEST_BYTES
            os.pwrite(parts, _NOT_ARRIVED, slot)  # who is killed while copying leaves no old digest
            with self._turn:
                disk.copy(received, data, part.offset, part.size)
            os.pwrite(parts, digest, slot)

    def arrived(self, upload: Upload) -> list[int]:
        try:
            with disk.opened(self._parts(upload.key), os.O_RDONLY) as parts:
                digests = _digests(parts, upload)
        except Missing:
            return []
        return [number for number, digest in enumerate(digests, 1) if digest != _NOT_ARRIVED]

    def assemble(self, upload: Upload) -> tuple[str, ...] | None:
        every = range(1, upload.part_count + 1)
        try:
            with self._locked(upload.key) as parts:
                digests = _digests(parts, upload)
                missing = [number for number in every if digests[number - 1] == _NOT_ARRIVED]
                if missing:
                    raise Incomplete(missing)
                self._publish(upload.key)
        except Missing:
            if self._object(upload.key).exists():
                return None  # somebody else has finished it meanwhile
            raise Incomplete(every) from None
        return tuple(digest.hex() for digest in digests)

    def _publish(self, key: str) -> None:
        target = self._object(key)
        with disk.no_space():
            disk.make_folders(self._folder, self._objects, target.parent)
            try:
                self._data(key).rename(target)
            except FileNotFoundError:
                if not target.exists():
                    raise Missing from None

    def finished(self, upload: Upload) -> None:
        self._parts(upload.key).unlink(missing_ok=True)

    def discard(self, upload: Upload) -> None:
        # Under the lock, since an object that is being assembled would come after us otherwise.
        with suppress(Missing), self._locked(upload.key):
            self._drop(upload.key)
        self._drop(upload.key)  # also where the lock was gone, and what `save` left

    def _drop(self, key: str) -> None:
        for path in (self._data(key), self._object(key), self._parts(key)):
            path.unlink(missing_ok=True)

    def size(self, key: str) -> int:
        with disk.opened(self._object(key), os.O_RDONLY) as descriptor:
            return os.fstat(descriptor).st_size

    def open(self, key: str, start: int = 0, stop: int | None = None) -> BinaryIO:
        descriptor = disk.open_file(self._object(key), os.O_RDONLY)
        whole = os.fdopen(descriptor, "rb")
        if start == 0 and stop is None:
            return whole
        size = os.fstat(descriptor).st_size
        return cast("BinaryIO", disk.Slice(whole, start, size if stop is None else min(stop, size)))

    def save(self, key: str, content: BinaryIO, content_type: str) -> int:  # noqa: ARG002
        with disk.no_space():
            disk.make_folders(self._folder, self._uploads)
            path = self._data(key)
            with disk.opened(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC) as descriptor:
                while chunk := content.read(disk.CHUNK_BYTES):
                    disk.write(descriptor, chunk)
                size = os.fstat(descriptor).st_size
            self._publish(key)
        return size

    def delete(self, key: str) -> None:
        self._object(key).unlink(missing_ok=True)

    def path(self, key: str) -> Path | None:
        return self._object(key)

    def link(self, file: File, **_header: object) -> str | None:  # noqa: ARG002
        return None

    def _data(self, key: str) -> Path:
        return self._uploads / f"{_checked(key)}.data"

    def _parts(self, key: str) -> Path:
        return self._uploads / f"{_checked(key)}.parts"

    def _object(self, key: str) -> Path:
        return self._objects / _checked(key)[:2] / key

    @contextmanager
    def _locked(self, key: str) -> Iterator[int]:
        """The descriptor of the upload's digests, while nobody else changes the upload.

        Raises:
            Missing: there is no such upload.
        """
        with disk.opened(self._parts(key), os.O_RDWR) as parts:
            fcntl.flock(parts, fcntl.LOCK_EX)  # closing it unlocks
            yield parts


def _checked(key: str) -> str:
    """
    Raises:
        Missing: it is no key of ours, so that it names no path either.
    """
    if not _KEY.fullmatch(key):
        raise Missing
    return key


def _digests(parts: int, upload: Upload) -> list[bytes]:
    found = os.pread(parts, upload.part_count * _DIGEST_BYTES, 0)
    return [found[at : at + _DIGEST_BYTES] for at in range(0, len(found), _DIGEST_BYTES)]
