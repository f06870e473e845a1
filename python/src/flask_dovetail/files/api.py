"""Files from the application's own code, which is trusted: no policy is asked."""

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
from .policy import File, Upload
from .room import demanding_space, drop_file
from .rules import names, types
from .sweep import SLACK_SECONDS

if TYPE_CHECKING:
    from typing import Any


def find_file(file_id: str) -> File | None:
    """The file, or None where there is none or it has been deleted."""
    return state.get(Files).rows.find_file(file_id)


def open_file(file: File) -> BinaryIO:
    """Its bytes, to be closed by the caller.

    Raises:
        files.Missing: they have gone, after the file was deleted.
    """
    return state.get(Files).store.open(file.key)


def store_file(
    content: BinaryIO | bytes, *, name: str, content_type: str, owner: str, purpose: str
) -> File:
    """Keep bytes that the application made. Policies are not asked, quotas not held against it.

    Args:
        content: bytes, or what is read to its end.
        owner: a subject, or any other text of 1 to 255 characters.
        purpose: one that the app names, for who may read it.

    Raises:
        DovetailError: the name, the type or the purpose is none.
        StorageFull: there is no room.
    """
    files = state.get(Files)
    clean, normal = names.clean(name), types.normal(content_type)
    if clean is None or normal is None or not 1 <= len(owner) <= 255:
        raise DovetailError("store_file: name, content_type or owner is not one.")
    if purpose not in files.policies:
        raise DovetailError(f"store_file: {purpose!r} is no purpose of Dovetail(files=...).")
    now = files.now()
    held = Upload(
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
    files.rows.hold(held)
    hashing = _Hashing(io.BytesIO(content) if isinstance(content, bytes) else content)
    file = None
    try:
        with demanding_space():
            size = files.store.save(held.key, cast("BinaryIO", hashing), normal)
        saved = File(
            id=str(uuid.uuid4()),
            key=held.key,
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
            files.store.discard(held)
            files.rows.forget_upload(held.key)
    return file


def delete_file(file: File, *, restorable: bool = True) -> bool:
    """Take it out of everybody's sight at once. False: it has gone already.

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
    except Exception:  # whatever the store says: nobody sees the file, and the sweep tries again
        log.warning("file not dropped", extra={"file": file.id}, exc_info=True)
    return True


class _Hashing(io.RawIOBase):
    """Passes on what is read, and knows its SHA-256."""

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
