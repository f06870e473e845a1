"""Verify an upload before its file becomes visible: nothing that the client said is trusted."""

from __future__ import annotations

import hashlib
from contextlib import closing
from typing import TYPE_CHECKING

from ...contract.problem import Problem
from ...contract.problems import ChecksumMismatch, FileTypeMismatch, PartSizeMismatch
from ..config import MIB
from ..policy import File
from ..rules import sniff

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..files import Files
    from ..policy import FilePolicy, Upload


class Unacceptable(Exception):  # noqa: N818 - says what is, like the problems
    """Raised when the bytes are not those that were announced, or not wanted."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.code)
        self.problem = problem


def verify(
    files: Files, policy: FilePolicy, upload: Upload, sums: Mapping[int, str], *, file_id: str
) -> File:
    """Assemble the parts and check the result.

    Args:
        sums: the client's checksums of parts: number to SHA-256, hex.

    Raises:
        Incomplete: parts are missing.
        Missing: the bytes are gone.
        Unacceptable: the bytes are refused.
        ServiceUnavailable: too many uploads are being read at once.
    """
    store = files.store
    digests = store.assemble(upload)
    if store.size(upload.key) != upload.size:
        raise Unacceptable(PartSizeMismatch())
    sha256 = digests[0] if digests is not None and upload.part_count == 1 else None
    if (upload.sha256 is not None and sha256 is None) or (sums and digests is None):
        sha256, digests = _read(files, upload)
    if upload.sha256 not in (None, sha256):
        raise Unacceptable(ChecksumMismatch())
    if any(digests is None or digests[number - 1] != told for number, told in sums.items()):
        raise Unacceptable(ChecksumMismatch())
    _demand_type(files, upload)
    file = File(
        id=file_id,
        key=upload.key,
        owner=upload.owner,
        purpose=upload.purpose,
        name=upload.name,
        content_type=upload.content_type,
        size=upload.size,
        sha256=sha256,
        created_at=files.now(),
    )
    if policy.scan is not None:
        with closing(store.open(upload.key)) as content:
            try:
                policy.scan(file, content)
            except Problem as problem:
                if problem.status >= 500:
                    raise  # the scanner is out of reach: another commit asks it again
                raise Unacceptable(problem) from problem
    return file


def _read(files: Files, upload: Upload) -> tuple[str, tuple[str, ...]]:
    """Return the SHA-256 of the whole file and of each part, from the bytes themselves."""
    whole = hashlib.sha256()
    digests = []
    with files.reads.for_client(upload.owner), closing(files.store.open(upload.key)) as content:
        for number in range(1, upload.part_count + 1):
            part = hashlib.sha256()
            left = upload.part_length(number)
            while left and (chunk := content.read(min(MIB, left))):
                whole.update(chunk)
                part.update(chunk)
                left -= len(chunk)
            digests.append(part.hexdigest())
    return whole.hexdigest(), tuple(digests)


def _demand_type(files: Files, upload: Upload) -> None:
    size = upload.size
    head = _slice(files, upload.key, 0, min(size, sniff.HEAD_BYTES))
    tail = _slice(files, upload.key, max(0, size - sniff.TAIL_BYTES), size)
    looks_like = sniff.mismatch(upload.content_type, head, tail)
    if looks_like is not None:
        raise Unacceptable(FileTypeMismatch(f"It looks like {looks_like}."))


def _slice(files: Files, key: str, start: int, stop: int) -> bytes:
    if start == stop:
        return b""
    data = b""
    with closing(files.store.open(key, start, stop)) as content:
        while len(data) < stop - start and (chunk := content.read(stop - start - len(data))):
            data += chunk
    return data
