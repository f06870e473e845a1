"""Store and read files from the application's own code, which is trusted: no policy applies."""

from __future__ import annotations

import hashlib
import io
import secrets
import uuid
from typing import TYPE_CHECKING, BinaryIO, cast

from ..core import state
from ..core.errors import DovetailError
from .config import MAX_PART_BYTES
from .files import Files, log
from .free_space import drop_file, raising_storage_full
from .policy import File, Upload
from .rules import names, types
from .sweep import SLACK_SECONDS

if TYPE_CHECKING:
    from typing import Any


def find_file(file_id: str) -> File | None:
    """Return the file, or None if it does not exist or has been deleted."""
    return state.get(Files).rows.find_file(file_id)


def open_file(file: File) -> BinaryIO:
    """Open the bytes of a file; the caller closes them.

    Raises:
        files.Missing: the file was deleted, and its bytes are gone.
    """
    return state.get(Files).store.open(file.key)


def store_file(
    content: BinaryIO | bytes, *, name: str, content_type: str, owner: str, purpose: str
) -> File:
    """Store bytes that the application made.

    Neither policies nor quotas apply.

    Args:
        content: bytes, or a stream that is read to its end.
        owner: a subject, or any other text of 1 to 255 characters.
        purpose: a purpose of `Dovetail(files=...)`; its policy decides who may read the file.

    Raises:
        DovetailError: the name, the type, the owner or the purpose is invalid.
        StorageFull: there is no room.
    """
    files = state.get(Files)
    clean, normal = names.clean(name), types.normalise(content_type)
    if clean is None or normal is None or not 1 <= len(owner) <= 255:
        raise DovetailError("store_file: name, content_type or owner is not one.")
    if purpose not in files.policies:
        raise DovetailError(f"store_file: {purpose!r} is no purpose of Dovetail(files=...).")
    now = files.now()
    upload = Upload(
        key=secrets.token_urlsafe(24),
        owner=owner,
        purpose=purpose,
        name=clean,
        content_type=normal,
        size=0,
        sha256=None,
        part_size=MAX_PART_BYTES,
        handle=None,
        fingerprint=None,
        created_at=now,
        expires_at=now,
    )
    files.rows.hold(upload)
    hashing = _Hashing(io.BytesIO(content) if isinstance(content, bytes) else content)
    file = None
    try:
        with raising_storage_full():
            size = files.store.save(upload.key, cast("BinaryIO", hashing), normal)
        saved = File(
            id=str(uuid.uuid4()),
            key=upload.key,
            owner=owner,
            purpose=purpose,
            name=clean,
            content_type=normal,
            size=size,
            sha256=hashing.digest.hexdigest(),
            created_at=now,
        )
        if not files.rows.publish_held(saved, since=files.now() - SLACK_SECONDS):
            raise DovetailError("store_file took longer than an hour: the sweep drops the bytes.")
        file = saved
    finally:
        if file is None:
            files.store.discard(upload)
            files.rows.forget_upload(upload.key)
    return file


def delete_file(file: File, *, restorable: bool = True) -> bool:
    """Hide a file from everybody at once.

    Returns False if it is gone already.

    Args:
        restorable: whether it can still be restored for `DOVETAIL_FILES_RESTORE_SECONDS`. False
            drops the bytes now, as fits what the application can make again; where the store is
            away, the sweep drops them.
    """
    files = state.get(Files)
    if restorable:
        return files.rows.delete_file(file.id, now=files.now())
    if not files.rows.delete_for_good(file.id):
        return False
    try:
        drop_file(files, file)
    except Exception:  # whatever the store raises, the file is hidden and the sweep tries again
        log.warning("file not dropped", extra={"file": file.id}, exc_info=True)
    return True


class _Hashing(io.RawIOBase):
    """A stream that computes the SHA-256 of everything read through it."""

    def __init__(self, content: BinaryIO) -> None:
        self._content = content
        self.digest = hashlib.sha256()

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        data = self._content.read(size)
        self.digest.update(data)
        return data

    def readinto(self, buffer: Any, /) -> int:
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)
