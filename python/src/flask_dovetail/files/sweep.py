"""Forgetting what nobody comes back for: uploads whose time is over, and files that were deleted.

Everything is found by its row, and a row goes last: whoever is killed in between leaves it to the
next sweep. Several processes may sweep at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from ..core import outages
from ..core.sweeping import BATCH, Swept
from .room import drop_upload

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .files import Files
    from .policy import File, Upload

T = TypeVar("T")
SLACK_SECONDS = 3600
"""For requests that were under way when an upload ended, and for clocks that differ."""
_AT_ONCE = 100
"""Fewer than `BATCH`: each thing is some calls of the store, and a transaction of its own."""


def sweep_uploads(files: Files) -> Iterator[Swept]:
    """End those whose time is over, and forget those that ended long ago."""
    now = files.now()
    rows = files.rows

    def end(upload: Upload) -> bool:
        if not rows.end_upload(upload.key, now=now):
            return False
        drop_upload(files, upload)
        return True

    yield from _each(
        lambda after: rows.expired_uploads(now=now, after=after, limit=_AT_ONCE),
        lambda upload: upload.key,
        end,
    )

    def forget(upload: Upload) -> bool:
        """Drop what came after the end: by an address that still lived, or before a crash."""
        if rows.file_of_upload(upload.key) is None:
            files.store.discard(upload)
        else:
            files.store.finished(upload)
        return rows.forget_upload(upload.key)

    over = now - files.settings.url_seconds - SLACK_SECONDS
    ended = _each(
        lambda after: rows.ended_uploads(before=over, after=after, limit=_AT_ONCE),
        lambda upload: upload.key,
        forget,
    )
    for batch in ended:  # these have been counted when they ended
        yield Swept(0, batch.failed)


def sweep_files(files: Files) -> Iterator[Swept]:
    """Drop the bytes of deleted files that cannot be restored any more, then their rows."""
    rows = files.rows

    def drop(file: File) -> bool:
        files.store.delete(file.key)
        return rows.forget_file(file.id)

    before = files.now() - files.settings.restore_seconds
    while rows.claim_deleted(before=before, limit=BATCH):
        yield Swept(0)
    yield from _each(
        lambda after: rows.claimed_files(after=after, limit=_AT_ONCE), lambda file: file.id, drop
    )


def _each(
    page: Callable[[str], list[T]], position: Callable[[T], str], do: Callable[[T], bool]
) -> Iterator[Swept]:
    """One page at each step. What cannot be dropped is passed over, until the next sweep.

    Raises:
        Exception: the database or a remote store is out of reach, as for everything that follows.
    """
    after = ""
    while found := page(after):
        done = failed = 0
        for item in found:
            try:
                done += do(item)
            except Exception as error:  # whatever a store says of one thing: others can be dropped
                if _is_away(error):
                    raise
                outages.current().caught(error, during="dropping a file")
                failed += 1
        yield Swept(done, failed)
        after = position(found[-1])


def _is_away(error: Exception) -> bool:
    """Whether trying the others would fail as well. A folder refuses one file, and takes others."""
    return not isinstance(error, OSError) and outages.current().store_of(error) is not None
