"""The routes of uploads and files; `downloads` sends contents, and `stores.local` receives parts.

Somebody else's upload or file is answered as one that is not there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID  # noqa: TC003 - read by @operation

from flask import request

from ..contract import Cursor, Page, operation
from ..contract.problems import (
    ChecksumMismatch,
    FileRejected,
    FileTooLarge,
    FileTypeMismatch,
    FileTypeNotAllowed,
    Forbidden,
    NotFound,
    PartSizeMismatch,
    QuotaExceeded,
    ServiceUnavailable,
    StorageFull,
    TooManyRequests,
    UploadExpired,
    UploadIncomplete,
)
from ..core import state
from ..core.own_routes import OwnBlueprint
from . import access, models
from .downloads import links
from .files import Files
from .uploads import lifecycle

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..contract import Problem
    from ..core.identity import Authority, Identity, Login
    from .policy import File

TAGS = ["files"]
BY_AGE = Cursor(tuple[int, str])
MAX_COMMIT_BYTES = 2 * 1024 * 1024
"""10 000 checksums take less; the app's own body limit would often cut them off."""


def blueprint(authority: Authority, problems: Sequence[type[Problem]]) -> OwnBlueprint:
    """Return the routes of a person's own files.

    Args:
        problems: what the application's policies raise.
    """
    routes = OwnBlueprint("dovetail_files", __name__)
    allowed = [FileTooLarge, FileTypeNotAllowed, Forbidden, QuotaExceeded]
    stored = [ServiceUnavailable, StorageFull]

    @routes.before_request
    def let_commits_be_long() -> None:
        if request.endpoint == f"{routes.name}.{commit_upload.__name__}":
            request.max_content_length = MAX_COMMIT_BYTES

    @routes.post("/files/upload/presign")
    @authority.signed_in
    @operation(
        returns={201: models.Ticket},
        problems=[*allowed, *stored, NotFound, TooManyRequests, *problems],
        tags=TAGS,
    )
    def presign_upload(body: models.UploadIn) -> models.Ticket:
        """Begin an upload: signed addresses to `PUT` its parts to."""
        files, login, identity = _load_caller()
        upload = lifecycle.presign(files, login, identity, body)
        return lifecycle.ticket(files, login, upload)

    @routes.get("/files/upload")
    @authority.signed_in
    @operation(tags=TAGS)
    def list_uploads(query: models.UploadQuery) -> models.Uploads:
        """One's own unfinished uploads, newest first; at most 100."""
        files, login, _ = _load_caller()
        unfinished = files.rows.list_uploads(
            login.subject, fingerprint=query.fingerprint, now=files.now()
        )
        return models.Uploads(items=[models.Upload.of(upload) for upload in unfinished])

    @routes.get("/files/upload/<string(length=32):key>")
    @authority.signed_in
    @operation(problems=[NotFound, UploadExpired, ServiceUnavailable], tags=TAGS)
    def get_upload(key: str) -> models.Ticket:
        """What has arrived of an upload, and fresh addresses for the rest."""
        files, login, _ = _load_caller()
        return lifecycle.ticket(files, login, lifecycle.find(files, login, key))

    @routes.delete("/files/upload/<string(length=32):key>")
    @authority.signed_in
    @operation(problems=[ServiceUnavailable], tags=TAGS)
    def abort_upload(key: str) -> None:
        """Call an upload off, and drop what has arrived. No error where it has gone already."""
        files, login, _ = _load_caller()
        lifecycle.abort(files, login, key)

    @routes.post("/files/upload/commit")
    @authority.signed_in
    @operation(
        problems=[
            *allowed,
            *stored,
            ChecksumMismatch,
            FileRejected,
            FileTypeMismatch,
            NotFound,
            PartSizeMismatch,
            UploadExpired,
            UploadIncomplete,
            *problems,
        ],
        tags=TAGS,
    )
    def commit_upload(body: models.CommitIn) -> models.File:
        """Make a file of an upload that has arrived whole. Committing again gives the same file."""
        files, login, identity = _load_caller()
        return _describe(files, lifecycle.commit(files, login, identity, body), login, identity)

    @routes.get("/files")
    @authority.signed_in
    @operation(tags=TAGS)
    def list_files(query: models.FilesQuery) -> Page[models.File]:
        """One's own files, newest first."""
        files, login, identity = _load_caller()
        rows = files.rows.list_files(
            login.subject,
            purpose=query.purpose,
            after=BY_AGE.decode(query.cursor),
            limit=query.limit + 1,
        )
        more, rows = len(rows) > query.limit, rows[: query.limit]
        return Page(
            items=[_describe(files, file, login, identity) for file in rows],
            next_cursor=BY_AGE.encode((rows[-1].created_at, rows[-1].id)) if more else None,
        )

    @routes.get("/files/<uuid:file_id>")
    @authority.signed_in
    @operation(problems=[NotFound, *problems], tags=TAGS)
    def get_file(file_id: UUID) -> models.File:
        """A file that one may read."""
        files, login, identity = _load_caller()
        return _describe(files, access.readable(files, identity, str(file_id)), login, identity)

    @routes.delete("/files/<uuid:file_id>")
    @authority.signed_in
    @operation(problems=[Forbidden, NotFound, *problems], tags=TAGS)
    def delete_file(file_id: UUID) -> None:
        """Take a file out of everybody's sight. For a while it can be restored."""
        files, _, identity = _load_caller()
        access.delete(files, identity, str(file_id))

    @routes.post("/files/<uuid:file_id>/restore")
    @authority.signed_in
    @operation(problems=[Forbidden, NotFound, *problems], tags=TAGS)
    def restore_file(file_id: UUID) -> models.File:
        """Bring back a file that was deleted a moment ago."""
        files, login, identity = _load_caller()
        return _describe(files, access.restore(files, identity, str(file_id)), login, identity)

    return routes


def _load_caller() -> tuple[Files, Login, Identity]:
    files = state.get(Files)
    login, identity = files.authority.current_login(), files.authority.current_identity()
    assert login is not None
    assert identity is not None
    return files, login, identity


def _describe(files: Files, file: File, login: Login, identity: Identity) -> models.File:
    """Describe a file to the caller.

    A caller who may know of a file may still not read it: then the address is not signed for them.
    """
    link = links.link(files, file, login if access.may_read(files, file, identity) else None)
    return models.File.of(file, url=link.url, expires_at=link.expires_at)
