"""Who may see a file, delete it and bring it back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..contract.errors import Forbidden, NotFound
from .service import log

if TYPE_CHECKING:
    from ..auth.identity import Identity
    from .policy import File
    from .service import Files


def may_read(files: Files, file: File, identity: Identity | None) -> bool:
    """What the policy says; without one, its owner may."""
    asked = files.policy(file.purpose).may_read
    if asked is not None:
        return asked(file, identity)
    return identity is not None and identity.subject == file.owner


def readable(files: Files, identity: Identity | None, file_id: str) -> File:
    """
    Raises:
        NotFound: there is no such file, or not for `identity`.
    """
    file = files.rows.find_file(file_id)
    if file is None or not may_read(files, file, identity):
        raise NotFound
    return file


def delete(files: Files, identity: Identity, file_id: str) -> None:
    """Take it out of everybody's sight. Its bytes go when it can no longer be restored.

    Raises:
        NotFound: there is no such file, or not for `identity`.
        Forbidden: one that `identity` may read, but not delete.
    """
    file = files.rows.find_file(file_id)
    if file is None:
        raise NotFound
    _demand_delete(files, file, identity)
    if not files.rows.delete_file(file.id, now=files.now()):
        raise NotFound
    log.info("file deleted", extra={"subject": identity.subject, "file": file.id})


def restore(files: Files, identity: Identity, file_id: str) -> File:
    """Undo a delete, for who may delete.

    Raises:
        NotFound: it was not deleted, or too long ago, or its room was needed; or it is not for
            `identity` to know of.
        Forbidden: see `delete`.
    """
    file = files.rows.find_deleted(file_id, since=files.now() - files.settings.restore_seconds)
    if file is None:
        raise NotFound
    _demand_delete(files, file, identity)
    if not files.rows.restore_file(file):
        raise NotFound
    log.info("file restored", extra={"subject": identity.subject, "file": file.id})
    return file._replace(deleted_at=None)


def _demand_delete(files: Files, file: File, identity: Identity) -> None:
    asked = files.policy(file.purpose).may_delete
    allowed = asked(file, identity) if asked is not None else identity.subject == file.owner
    if allowed:
        return
    raise Forbidden if may_read(files, file, identity) else NotFound
