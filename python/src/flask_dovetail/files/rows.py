"""Files and uploads in SQL, on connections of our own: the application's session is left alone.

An upload ends once: committed, called off, refused or expired, whichever is written first. Its row
stays for as long as an address signed for it may live, so that the sweep finds bytes that arrive
late.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import and_, delete, exists, func, insert, or_, select, update

from ..storage import sql
from .policy import File, Upload
from .quota import OverQuota, Taken, TooManyBegun
from .tables import files, uploads

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Connection, Engine, Table

    from .quota import Limits

MAX_LISTED_UPLOADS = 100
MAX_RECLAIMED = 50
HOUR_SECONDS = 3600
_UPLOAD = [uploads.c[name] for name in Upload._fields]
_FILE = [files.c[name] for name in File._fields]
_IS_OPEN = uploads.c.ended_at.is_(None)
_PAST_RESTORING = 0  # in `deleted_at`: a process has begun to drop the bytes
_HAS_NO_FILE = ~exists().where(files.c.key == uploads.c.key)
# The size of an ended upload is what may still be on the disk: 0 after the drop, or a file's size.
_HAS_BYTES = and_(uploads.c.ended_at.is_not(None), uploads.c.size > 0, _HAS_NO_FILE)
# Open and ended uploads are counted by one statement each, with an index of its own: a person may
# have left many thousand ended ones without bytes.
_IS_HELD = uploads.c.expires_at == uploads.c.created_at  # by `store_file`, which cleans up itself


class Reclaimed(NamedTuple):
    """The rows that a request has taken, and whose bytes it has to drop now."""

    uploads: list[Upload]
    files: list[File]


class Rows:
    """The rows of files and uploads.

    Args:
        engine: returns the engine; called at each use, in an app context.
    """

    def __init__(self, engine: Callable[[], Engine]) -> None:
        self._tables = sql.Tables(engine, files)

    def reserve(self, upload: Upload, limits: Limits) -> None:
        """Write the row of a new upload if there is room for it.

        Raises:
            OverQuota: there is no room.
            TooManyBegun: the owner has begun too many within an hour.
        """
        now = upload.created_at
        with self._tables.writing() as connection:
            taken = _taken(connection, upload, now=now)
            _check_begun(connection, upload.owner, limits.begun, now=now)
            if taken.uploads >= limits.uploads or not limits.allow(taken, upload.size):
                raise OverQuota
            connection.execute(insert(uploads).values(**upload._asdict()))

    def reclaim(self, wanted: Upload, limits: Limits, *, now: int) -> Reclaimed:
        """Take the rows to drop to make room for `wanted`, at most 50 of each kind.

        Uploads that have ended or expired go first, then the files that were deleted first: from
        now on nobody restores them. Rows that another request has taken, but not dropped yet, are
        taken again: dropping twice does no harm.

        Raises:
            OverQuota: dropping all of them would not free enough; nothing was taken.
        """
        with self._tables.writing() as connection:
            taken = _taken(connection, wanted, now=now)
            if taken.uploads >= limits.uploads:
                raise OverQuota
            theirs = and_(uploads.c.owner == wanted.owner, uploads.c.purpose == wanted.purpose)
            finished = [
                and_(theirs, ~_IS_HELD, _HAS_BYTES),
                and_(theirs, ~_IS_HELD, _IS_OPEN, uploads.c.expires_at <= now),
            ]
            deleted = and_(
                files.c.owner == wanted.owner,
                files.c.purpose == wanted.purpose,
                files.c.deleted_at.is_not(None),
            )
            if not limits.allow(_subtract(connection, taken, finished, deleted), wanted.size):
                raise OverQuota
            ended = [
                Upload._make(row)
                for condition in finished
                for row in connection.execute(
                    select(*_UPLOAD).where(condition).limit(MAX_RECLAIMED)
                )
            ][:MAX_RECLAIMED]
            taken = _subtract_items(taken, ended)
            deleted_rows = connection.execute(
                select(*_FILE)
                .where(deleted)
                .order_by(files.c.deleted_at, files.c.id)
                .limit(MAX_RECLAIMED)
            )
            dropped: list[File] = []
            for row in deleted_rows:
                if limits.allow(taken, wanted.size):
                    break
                dropped.append(File._make(row))
                taken = _subtract_items(taken, dropped[-1:])
            keys = [upload.key for upload in ended]
            connection.execute(
                update(uploads).where(uploads.c.key.in_(keys), _IS_OPEN).values(ended_at=now)
            )
            ids = [file.id for file in dropped]
            connection.execute(
                update(files).where(files.c.id.in_(ids)).values(deleted_at=_PAST_RESTORING)
            )
        return Reclaimed(ended, dropped)

    def give_room_back(self, key: str) -> None:
        """Stop counting an ended upload: its bytes have been dropped."""
        ended = and_(uploads.c.key == key, uploads.c.ended_at.is_not(None))
        with self._tables.writing() as connection:
            connection.execute(update(uploads).where(ended).values(size=0))

    def hold(self, upload: Upload) -> None:
        """Write a hidden row before the server itself saves bytes."""
        with self._tables.writing() as connection:
            row = {**upload._asdict(), "ended_at": upload.created_at}
            connection.execute(insert(uploads).values(**row))

    def set_handle(self, key: str, handle: str) -> None:
        """Write the store's own name for the upload."""
        with self._tables.writing() as connection:
            connection.execute(update(uploads).where(uploads.c.key == key).values(handle=handle))

    def is_open(self, key: str) -> bool:
        """Return whether the upload has not ended."""
        mine = and_(uploads.c.key == key, _IS_OPEN)
        with self._tables.reading() as connection:
            return connection.execute(select(uploads.c.key).where(mine)).first() is not None

    def find_upload(self, key: str, owner: str) -> Upload | None:
        """Return the upload of `owner` if it has not ended; it may have expired."""
        mine = and_(uploads.c.key == key, uploads.c.owner == owner, _IS_OPEN)
        with self._tables.reading() as connection:
            row = connection.execute(select(*_UPLOAD).where(mine)).first()
        return None if row is None else Upload._make(row)

    def list_uploads(self, owner: str, *, fingerprint: str | None, now: int) -> list[Upload]:
        """Return the unfinished uploads of `owner`, newest first, at most 100."""
        mine = [uploads.c.owner == owner, _IS_OPEN, uploads.c.expires_at > now]
        if fingerprint is not None:
            mine.append(uploads.c.fingerprint == fingerprint)
        newest = (uploads.c.created_at.desc(), uploads.c.key)
        with self._tables.reading() as connection:
            rows = connection.execute(
                select(*_UPLOAD).where(*mine).order_by(*newest).limit(MAX_LISTED_UPLOADS)
            ).all()
        return [Upload._make(row) for row in rows]

    def end_upload(self, key: str, *, now: int) -> bool:
        """End an upload without a file.

        Returns False if it has ended already, perhaps as a file.
        """
        with self._tables.writing() as connection:
            ended = connection.execute(
                update(uploads).where(uploads.c.key == key, _IS_OPEN).values(ended_at=now)
            )
        return bool(ended.rowcount)

    def publish(self, upload: Upload, file: File, limits: Limits) -> bool:
        """End the upload and make the file visible, in one transaction.

        Returns:
            False: the upload has ended otherwise; nothing was written.

        Raises:
            OverQuota: the quota is less than it was; nothing was written.
        """
        with self._tables.writing() as connection:
            if not limits.allow(_taken(connection, upload, now=file.created_at), upload.size):
                raise OverQuota
            ended = connection.execute(
                update(uploads)
                .where(uploads.c.key == upload.key, _IS_OPEN)
                .values(ended_at=file.created_at, size=0)
            )
            if ended.rowcount:
                connection.execute(insert(files).values(**file._asdict()))
        return bool(ended.rowcount)

    def publish_held(self, file: File, *, since: int) -> bool:
        """Publish a file that the server saved.

        Returns:
            False: its row was written before `since`, so the sweep may be dropping the bytes.
        """
        with self._tables.writing() as connection:
            held = connection.execute(
                delete(uploads).where(uploads.c.key == file.key, uploads.c.ended_at >= since)
            )
            if held.rowcount:
                connection.execute(insert(files).values(**file._asdict()))
        return bool(held.rowcount)

    def find_file(self, file_id: str) -> File | None:
        """Return the file, unless it has been deleted."""
        return self._file(files.c.id == file_id, files.c.deleted_at.is_(None))

    def find_deleted(self, file_id: str, *, since: int) -> File | None:
        """Return the file if it was deleted at `since` or later."""
        return self._file(files.c.id == file_id, files.c.deleted_at >= since)

    def file_of_upload(self, key: str) -> File | None:
        """Return the file that the upload became; it may have been deleted."""
        return self._file(files.c.key == key)

    def list_files(
        self, owner: str, *, purpose: str | None, after: tuple[int, str] | None, limit: int
    ) -> list[File]:
        """Return the files of `owner`, newest first, from the one after the position `after`."""
        mine = [files.c.owner == owner, files.c.deleted_at.is_(None)]
        if purpose is not None:
            mine.append(files.c.purpose == purpose)
        if after is not None:
            created_at, file_id = after
            mine.append(
                or_(
                    files.c.created_at < created_at,
                    and_(files.c.created_at == created_at, files.c.id < file_id),
                )
            )
        newest = (files.c.created_at.desc(), files.c.id.desc())
        with self._tables.reading() as connection:
            rows = connection.execute(
                select(*_FILE).where(*mine).order_by(*newest).limit(limit)
            ).all()
        return [File._make(row) for row in rows]

    def delete_file(self, file_id: str, *, now: int) -> bool:
        """Hide a file from everybody.

        Returns False if there is no such file.
        """
        with self._tables.writing() as connection:
            deleted = connection.execute(
                update(files)
                .where(files.c.id == file_id, files.c.deleted_at.is_(None))
                .values(deleted_at=now)
            )
        return bool(deleted.rowcount)

    def restore_file(self, file: File) -> bool:
        """Bring back a deleted file.

        It needs no room, since it was counted all along. Returns False if its bytes are being
        dropped, or it is back already.
        """
        with self._tables.writing() as connection:
            restored = connection.execute(
                update(files)
                .where(files.c.id == file.id, files.c.deleted_at == file.deleted_at)
                .values(deleted_at=None)
            )
        return bool(restored.rowcount)

    def expired_uploads(self, *, now: int, after: str, limit: int) -> list[Upload]:
        """Return expired uploads that have not ended, ordered by key."""
        return self._uploads(_IS_OPEN, uploads.c.expires_at <= now, after=after, limit=limit)

    def ended_uploads(self, *, before: int, after: str, limit: int) -> list[Upload]:
        """Return uploads that ended before that time, ordered by key."""
        return self._uploads(uploads.c.ended_at < before, after=after, limit=limit)

    def forget_upload(self, key: str) -> bool:
        """Remove the row of an ended upload.

        Returns False if another process has removed it.
        """
        with self._tables.writing() as connection:
            forgotten = connection.execute(
                delete(uploads).where(uploads.c.key == key, uploads.c.ended_at.is_not(None))
            )
        return bool(forgotten.rowcount)

    def delete_for_good(self, file_id: str) -> bool:
        """Hide a file from everybody for good.

        Returns False if there is no such file.
        """
        return self.delete_file(file_id, now=_PAST_RESTORING)

    def claim_deleted(self, *, before: int, limit: int) -> int:
        """Claim files deleted before that time, so that nobody restores them; return how many."""
        over = and_(files.c.deleted_at > _PAST_RESTORING, files.c.deleted_at < before)
        with self._tables.reading() as connection:  # on SQLite, writing waits for other writers
            some = connection.scalars(select(files.c.id).where(over).limit(limit)).all()
        if not some:
            return 0
        with self._tables.writing() as connection:
            claim = update(files).where(files.c.id.in_(some), over)
            connection.execute(claim.values(deleted_at=_PAST_RESTORING))
        return len(some)

    def claimed_files(self, *, after: str, limit: int) -> list[File]:
        """Return files that nobody can restore, ordered by id."""
        with self._tables.reading() as connection:
            rows = connection.execute(
                select(*_FILE)
                .where(files.c.deleted_at == _PAST_RESTORING, files.c.id > after)
                .order_by(files.c.id)
                .limit(limit)
            ).all()
        return [File._make(row) for row in rows]

    def forget_file(self, file_id: str) -> bool:
        """Remove the row of a file whose bytes are gone.

        Returns False if another process has removed it.
        """
        with self._tables.writing() as connection:
            forgotten = connection.execute(
                delete(files).where(files.c.id == file_id, files.c.deleted_at == _PAST_RESTORING)
            )
        return bool(forgotten.rowcount)

    def _file(self, *where: Any) -> File | None:
        with self._tables.reading() as connection:
            row = connection.execute(select(*_FILE).where(*where)).first()
        return None if row is None else File._make(row)

    def _uploads(self, *conditions: Any, after: str, limit: int) -> list[Upload]:
        with self._tables.reading() as connection:
            rows = connection.execute(
                select(*_UPLOAD)
                .where(*conditions, uploads.c.key > after)
                .order_by(uploads.c.key)
                .limit(limit)
            ).all()
        return [Upload._make(row) for row in rows]


def _taken(connection: Connection, wanted: Upload, *, now: int) -> Taken:
    """Count the owner's files besides `wanted`, with other counts for the same owner locked out."""
    owner, purpose = wanted.owner, wanted.purpose
    if connection.dialect.name == "postgresql":  # SQLite has one writer anyway
        name = hashlib.sha256(owner.encode()).digest()
        lock = int.from_bytes(name[:8], "big", signed=True)
        connection.execute(select(func.pg_advisory_xact_lock(lock)))
    of_owner = and_(files.c.owner == owner, files.c.purpose == purpose)
    theirs = and_(uploads.c.owner == owner, uploads.c.key != wanted.key)
    of_purpose = and_(theirs, uploads.c.purpose == purpose)
    under_way = and_(theirs, _IS_OPEN, uploads.c.expires_at > now)
    count = size = 0
    for table, condition in (
        (files, and_(of_owner, files.c.key != wanted.key)),
        (uploads, and_(of_purpose, _IS_OPEN)),
        (uploads, and_(of_purpose, _HAS_BYTES)),
    ):
        more, more_bytes = _sum(connection, table, condition)
        count, size = count + more, size + more_bytes
    return Taken(count, size, _sum(connection, uploads, under_way)[0])


def _check_begun(connection: Connection, owner: str, most: int, *, now: int) -> None:
    """Check how many uploads `owner` began within an hour.

    Raises:
        TooManyBegun: `owner` has begun `most` uploads within an hour.
    """
    since = now - HOUR_SECONDS
    theirs = and_(uploads.c.owner == owner, uploads.c.created_at > since)
    count, first_at = 0, now
    for ended in (_IS_OPEN, uploads.c.ended_at > since):  # no upload ends before it begins
        more, at = connection.execute(
            select(func.count(), func.min(uploads.c.created_at)).where(theirs, ended)
        ).one()
        count, first_at = count + more, min(first_at, first_at if at is None else at)
    if count >= most:
        raise TooManyBegun(max(1, first_at - since))


def _subtract(connection: Connection, taken: Taken, finished: list[Any], deleted: Any) -> Taken:
    """Return `taken` less those uploads and those files."""
    for table, condition in (*((uploads, each) for each in finished), (files, deleted)):
        count, size = _sum(connection, table, condition)
        taken = taken._replace(files=taken.files - count, bytes=taken.bytes - size)
    return taken


def _subtract_items(taken: Taken, items: Sequence[Upload | File]) -> Taken:
    size = sum(item.size for item in items)
    return taken._replace(files=taken.files - len(items), bytes=taken.bytes - size)


def _sum(connection: Connection, table: Table, condition: Any) -> tuple[int, int]:
    """Return the number of rows and the sum of their bytes."""
    count, size = connection.execute(
        select(func.count(), func.coalesce(func.sum(table.c.size), 0))
        .select_from(table)
        .where(condition)
    ).one()
    return int(count), int(size)
