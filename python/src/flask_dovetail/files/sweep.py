"""Forgetting what nobody comes back for: uploads whose time is over, and files that were deleted.

Everything is found by its row, and a row goes last: whoever is killed in between leaves it to the
next sweep. Several processes may sweep at once.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from .service import log

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flask import Flask

    from .policy import File, Upload
    from .service import Files

T = TypeVar("T")
EVERY_SECONDS = 600
SLACK_SECONDS = 3600
"""For requests that were under way when an upload ended, and for clocks that differ."""
_AT_ONCE = 100


class Swept(NamedTuple):
    """What one sweep did; what another did at the same time is not in it.

    Attributes:
        uploads: ended, since their time was over.
        files: deleted ones whose bytes were dropped.
        failed: things that could not be dropped; the next sweep tries again.
    """

    uploads: int
    files: int
    failed: int


def sweep(files: Files) -> Swept:
    """Drop the bytes of what is over, then its rows."""
    now = files.now()
    rows = files.rows

    def end(upload: Upload) -> bool:
        if not rows.end_upload(upload.key, now=now):
            return False
        files.store.discard(upload)
        return True

    expired = _each(
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

    def drop(file: File) -> bool:
        files.store.delete(file.key)
        return rows.forget_file(file.id)

    rows.claim_deleted(before=now - files.settings.restore_seconds)
    dropped = _each(
        lambda after: rows.claimed_files(after=after, limit=_AT_ONCE), lambda file: file.id, drop
    )
    return Swept(expired.done, dropped.done, expired.failed + ended.failed + dropped.failed)


class _Tally(NamedTuple):
    done: int
    failed: int


def _each(
    page: Callable[[str], list[T]], position: Callable[[T], str], do: Callable[[T], bool]
) -> _Tally:
    done = failed = 0
    for item in _all(page, position):
        try:
            done += do(item)
        except Exception:  # whatever one store says of one thing: the others can still be dropped
            log.exception("sweep failed", extra={"of": position(item)})
            failed += 1
    return _Tally(done, failed)


def _all(page: Callable[[str], list[T]], position: Callable[[T], str]) -> Iterator[T]:
    after = ""
    while found := page(after):
        yield from found
        after = position(found[-1])


class Sweeper:
    """Sweeps beside the requests, at most every ten minutes in each process.

    Args:
        start: runs its argument somewhere else. Default: in a thread that no exit waits for.
    """

    def __init__(self, start: Callable[[Callable[[], None]], None] | None = None) -> None:
        self._start = start or _in_thread
        self._next: int | None = None

    def kick(self, app: Flask, files: Files) -> None:
        """Begin to sweep, if it is time. The first time comes ten minutes after the first kick."""
        now = files.now()
        if self._next is None:
            self._next = now + EVERY_SECONDS
        if now < self._next:
            return
        self._next = now + EVERY_SECONDS

        def run() -> None:
            try:
                with app.app_context():
                    sweep(files)
            except Exception:  # nobody waits for this thread: the log is where it is heard
                log.exception("sweep failed")

        self._start(run)


def _in_thread(work: Callable[[], None]) -> None:
    threading.Thread(target=work, name="dovetail-files-sweep", daemon=True).start()
