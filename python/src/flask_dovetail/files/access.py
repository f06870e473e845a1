"""Decide whether a person may see a file, delete it and bring it back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..contract.problems import Forbidden, NotFound
from .files import log

if TYPE_CHECKING:
    from ..core.identity import Identity
    from .files import Files
    from .policy import File


def may_read(files: Files, file: File, identity: Identity | None) -> bool:
    """Return what the policy decides; without a policy, only the owner may read."""
    rule = files.policy(file.purpose).may_read
    if rule is not None:
        return rule(file, identity)
    return identity is not None and identity.subject == file.owner


def readable(files: Files, identity: Identity | None, file_id: str) -> File:
    """Return a file that `identity` may read.

    Raises:
        NotFound: there is no such file, or not for `identity`.
    """
    file = files.rows.find_file(file_id)
    if file is None or not may_read(files, file, identity):
        raise NotFound
    return file


def delete(files: Files, identity: Identity, file_id: str) -> None:
    """Hide a file from everybody.

    Its bytes are dropped when it can no longer be restored.

    Raises:
        NotFound: there is no such file, or `identity` may not read it.
        Forbidden: `identity` may read the file, but not delete it.
    """
    file = files.rows.find_file(file_id)
    if file is None:
        raise NotFound
    _demand_delete(files, file, identity)
    if not files.rows.delete_file(file.id, now=files.now()):
        raise NotFound
    log.info("file deleted", extra={"subject": identity.subject, "file": file.id})


def restore(files: Files, identity: Identity, file_id: str) -> File:
    """Undo a delete for a person who may delete the file.

    Raises:
        NotFound: the file was not deleted, or too long ago, or its room was needed; or
            `identity` may not know of it.
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
    rule = files.policy(file.purpose).may_delete
    allowed = rule(file, identity) if rule is not None else identity.subject == file.owner
    if allowed:
        return
    raise Forbidden if may_read(files, file, identity) else NotFound
