"""Forget abandoned things: uploads that have expired, and files that were deleted.

Everything is found by its row, and the row is removed last: if a process is killed in between, the
next sweep continues. Several processes may sweep at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from ..core import outages
from ..core.sweeping import BATCH, Swept
from .free_space import drop_upload

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .files import Files
    from .policy import File, Upload

T = TypeVar("T")
SLACK_SECONDS = 3600
"""Time for requests that were under way when an upload ended, and for clocks that differ."""
_AT_ONCE = 100
"""Fewer than `BATCH`: each item takes some calls of the store and a transaction of its own."""


def sweep_uploads(files: Files) -> Iterator[Swept]:
    """End uploads that have expired, and forget those that ended long ago."""
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
        """Drop bytes that came after the end, by an address that still lived or before a crash."""
        if rows.file_of_upload(upload.key) is None:
            files.store.discard(upload)
        else:
            files.store.clean_up(upload)
        return rows.forget_upload(upload.key)

    ended_before = now - files.settings.url_seconds - SLACK_SECONDS
    ended = _each(
        lambda after: rows.ended_uploads(before=ended_before, after=after, limit=_AT_ONCE),
        lambda upload: upload.key,
        forget,
    )
    for batch in ended:  # these were counted when they ended
        yield Swept(0, batch.failed)


def sweep_files(files: Files) -> Iterator[Swept]:
    """Drop the bytes of deleted files that can no longer be restored, then their rows."""
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
    """Process one page at each step.

    Items that cannot be dropped are left to the next sweep.

    Raises:
        Exception: the database or a remote store is out of reach, as for everything that follows.
    """
    after = ""
    while items := page(after):
        dropped = failed = 0
        for item in items:
            try:
                dropped += do(item)
            except Exception as error:  # whatever a store raises: others can be dropped
                if _is_away(error):
                    raise
                outages.current().caught(error, during="dropping a file")
                failed += 1
        yield Swept(dropped, failed)
        after = position(items[-1])


def _is_away(error: Exception) -> bool:
    """Return whether the other items would fail as well.

    A folder that refuses one file takes others.
    """
    return not isinstance(error, OSError) and outages.current().store_of(error) is not None
