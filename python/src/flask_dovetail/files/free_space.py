"""Room on the disk: reserved before the first byte, given back after the last one is dropped."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from ..contract.problems import QuotaExceeded, ServiceUnavailable, StorageFull, TooManyRequests
from .quota import Limits, OverQuota, TooManyBegun
from .stores.store import NoSpace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .files import Files
    from .policy import File, FilePolicy, Upload

_TRIES = 3  # each drops up to 50 files: more tries would hold the request for too long


def reserve(files: Files, upload: Upload, policy: FilePolicy) -> None:
    """Write the row of a new upload.

    If room is short, drop files that its owner has deleted.

    Raises:
        QuotaExceeded: dropping would not free enough, or too many uploads are under way.
        TooManyRequests: too many have begun within an hour.
        ServiceUnavailable: dropping takes more than one request; the next one continues.
    """
    limits = Limits.of(policy, files.settings)
    for _ in range(_TRIES):
        try:
            files.rows.reserve(upload, limits)
        except TooManyBegun as begun:
            raise TooManyRequests(retry_after=begun.retry_after) from None
        except OverQuota:
            with raising_quota_exceeded():
                reclaimed = files.rows.reclaim(upload, limits, now=files.now())
        else:
            return
        for ended in reclaimed.uploads:
            drop_upload(files, ended)
        for deleted in reclaimed.files:
            drop_file(files, deleted)
    raise ServiceUnavailable("Deleted files are being dropped to make room.", retry_after=1)


def drop_upload(files: Files, upload: Upload) -> None:
    """Drop the bytes of an upload that has ended without a file, and stop counting it."""
    files.store.discard(upload)
    files.rows.give_room_back(upload.key)


def drop_file(files: Files, file: File) -> None:
    """Drop the bytes of a file that nobody can restore, then its row."""
    files.store.delete(file.key)
    files.rows.forget_file(file.id)


@contextmanager
def raising_quota_exceeded() -> Iterator[None]:
    """Raise QuotaExceeded in place of OverQuota.

    Raises:
        QuotaExceeded: instead of OverQuota.
    """
    try:
        yield
    except OverQuota:
        raise QuotaExceeded from None


@contextmanager
def raising_storage_full() -> Iterator[None]:
    """Raise StorageFull in place of NoSpace.

    Raises:
        StorageFull: instead of NoSpace.
    """
    try:
        yield
    except NoSpace:
        raise StorageFull from None
