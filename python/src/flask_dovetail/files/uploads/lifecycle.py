"""Take an upload from its announcement to the file, or to its end without one.

The row is written before the store's first call, and outlives everything in the store: a process
may be killed between any two lines, and the sweep finds what it left behind.
"""

from __future__ import annotations

import secrets
import uuid
from contextlib import suppress
from typing import TYPE_CHECKING

from ...contract.problems import (
    FileTooLarge,
    FileTypeNotAllowed,
    Forbidden,
    NotFound,
    UploadExpired,
    UploadIncomplete,
    ValidationFailed,
)
from ...contract.validation_errors import error_entry
from ...core.times import utc
from .. import models
from ..config import MAX_PARTS, MIB
from ..files import log
from ..free_space import drop_upload, raising_quota_exceeded, raising_storage_full, reserve
from ..policy import File, Upload
from ..quota import Limits
from ..rules import types
from ..stores.store import Incomplete, Missing, Ticket
from .verify import Unacceptable, verify

if TYPE_CHECKING:
    from ...core.identity import Identity, Login
    from ..files import Files
    from ..policy import FilePolicy

MAX_URLS = 100


def presign(files: Files, login: Login, identity: Identity, wanted: models.UploadIn) -> Upload:
    """Begin an upload.

    Raises:
        ValidationFailed: there is no such purpose.
        FileTooLarge, FileTypeNotAllowed, Forbidden: the policy refuses it.
        QuotaExceeded: there is no room in the quota.
        TooManyRequests: that person has begun too many within an hour.
        ServiceUnavailable: many deleted files have to be dropped first.
        StorageFull: the store is full.
        NotFound: it was called off while it began.
    """
    purpose = wanted.purpose or files.default_purpose
    policy = files.policies.get(purpose)
    if policy is None:
        detail = f"One of {', '.join(files.policies)}"
        raise ValidationFailed(errors=[error_entry("body", "purpose", code="enum", detail=detail)])
    now = files.now()
    upload = Upload(
        key=secrets.token_urlsafe(24),
        owner=login.subject,
        purpose=purpose,
        name=wanted.name,
        content_type=types.accepted_as(wanted.content_type, wanted.name, policy.types)
        or wanted.content_type,
        size=wanted.size,
        sha256=wanted.sha256,
        part_size=_part_size(wanted.size, files.settings.part_bytes),
        handle=None,
        fingerprint=wanted.fingerprint,
        created_at=now,
        expires_at=now + files.settings.upload_seconds,
    )
    _demand_allowed(policy, upload, identity)
    reserve(files, upload, policy)
    try:
        with raising_storage_full():
            handle = files.store.begin(upload)
        upload = upload._replace(handle=handle)
        if handle is not None:
            files.rows.set_handle(upload.key, handle)
    except BaseException:
        files.rows.end_upload(upload.key, now=now)
        with suppress(Exception):  # the store is out of reach: the sweep drops the rest
            drop_upload(files, upload)
        raise
    if not files.rows.is_open(upload.key):  # called off before the store had anything to drop
        drop_upload(files, upload)
        raise NotFound
    return upload


def find(files: Files, login: Login, key: str) -> Upload:
    """Return a person's own upload.

    Raises:
        NotFound: the upload has ended, or is somebody else's.
        UploadExpired: its time is over.
    """
    upload = files.rows.find_upload(key, login.subject)
    if upload is None:
        raise NotFound
    if files.now() >= upload.expires_at:
        raise UploadExpired
    return upload


def ticket(files: Files, login: Login, upload: Upload) -> models.Ticket:
    """Return the parts that have arrived, and addresses for the rest."""
    arrived = files.store.arrived(upload)
    there = set(arrived)
    missing = [n for n in range(1, upload.part_count + 1) if n not in there][:MAX_URLS]
    urls_expire_at = min(files.now() + files.settings.url_seconds, upload.expires_at)
    signed_for = Ticket(login.subject, login.id, urls_expire_at)
    parts = [models.Part.of(part) for part in files.store.part_urls(upload, missing, signed_for)]
    only = parts[0] if upload.part_count == 1 and parts else None
    return models.Ticket(
        key=upload.key,
        name=upload.name,
        content_type=upload.content_type,
        size=upload.size,
        purpose=upload.purpose,
        url=None if only is None else only.url,
        headers=None if only is None else only.headers,
        part_size=upload.part_size,
        part_count=upload.part_count,
        arrived=arrived,
        parts=parts,
        urls_expire_at=utc(urls_expire_at),
        expires_at=utc(upload.expires_at),
    )


def abort(files: Files, login: Login, key: str) -> None:
    """Call an upload off.

    It is no error if it has ended already, in whatever way.
    """
    upload = files.rows.find_upload(key, login.subject)
    if upload is not None:
        end(files, upload)


def end(files: Files, upload: Upload) -> None:
    """End an upload without a file and drop its bytes, unless it has become a file."""
    if files.rows.end_upload(upload.key, now=files.now()):
        drop_upload(files, upload)


def commit(files: Files, login: Login, identity: Identity, sent: models.CommitIn) -> File:
    """Make a file of an upload.

    Committing again, at once or after a crash, returns the same file.

    Raises:
        NotFound: it was called off, or is somebody else's.
        UploadExpired: its time is over.
        FileTooLarge, FileTypeNotAllowed, Forbidden, QuotaExceeded: the policy refuses it now.
        ValidationFailed: a checksum names no part, or a part that another one names.
        UploadIncomplete: parts are missing; `missing` tells which.
        PartSizeMismatch, ChecksumMismatch, FileTypeMismatch, FileRejected: the bytes are
            not those that were announced, or not wanted. The upload has ended.
    """
    upload = files.rows.find_upload(sent.key, login.subject)
    if upload is None:
        return _file_made_of(files, login, sent.key)
    if files.now() >= upload.expires_at:
        raise UploadExpired
    policy = files.policies.get(upload.purpose)
    if policy is None:
        raise Forbidden
    _demand_allowed(policy, upload, identity)
    sums = _sums(upload, sent)
    file_id = str(uuid.uuid4())
    try:
        with raising_storage_full():
            file = verify(files, policy, upload, sums, file_id=file_id)
    except Unacceptable as refused:
        end(files, upload)
        log_fields = {
            "subject": upload.owner,
            "purpose": upload.purpose,
            "code": refused.problem.code,
        }
        log.info("upload refused", extra=log_fields)
        raise refused.problem from None
    except (Incomplete, Missing) as lacking:
        if files.rows.find_upload(sent.key, login.subject) is None:
            return _file_made_of(files, login, sent.key)  # it ended during the check
        missing = lacking.numbers if isinstance(lacking, Incomplete) else ()
        raise UploadIncomplete(missing=list(missing)) from None
    with raising_quota_exceeded():
        published = files.rows.publish(upload, file, Limits.of(policy, files.settings))
    if not published:
        if files.rows.file_of_upload(upload.key) is None:
            drop_upload(files, upload)  # we assembled it after it was called off
        return _file_made_of(files, login, sent.key)
    files.store.clean_up(upload)
    log_fields = {"subject": file.owner, "purpose": file.purpose, "file": file.id}
    log.info("file committed", extra={**log_fields, "size": file.size})
    return file


def _file_made_of(files: Files, login: Login, key: str) -> File:
    file = files.rows.file_of_upload(key)
    if file is None or file.owner != login.subject or file.deleted_at is not None:
        raise NotFound
    return file


def _demand_allowed(policy: FilePolicy, upload: Upload, identity: Identity) -> None:
    if upload.size > policy.max_bytes:
        raise FileTooLarge(max_bytes=policy.max_bytes)
    if not types.is_allowed(upload.content_type, policy.types):
        raise FileTypeNotAllowed(types=list(policy.types))
    if policy.may_upload is not None and not policy.may_upload(upload, identity):
        raise Forbidden


def _sums(upload: Upload, sent: models.CommitIn) -> dict[int, str]:
    sums: dict[int, str] = {}
    errors = []
    for index, part in enumerate(sent.parts or ()):
        if part.number > upload.part_count or part.number in sums:
            detail = f"1 to {upload.part_count}, each once"
            location = ("body", "parts", index, "number")
            errors.append(error_entry(*location, code="part_number", detail=detail))
        sums[part.number] = part.sha256
    if errors:
        raise ValidationFailed(errors=errors[:50])
    return sums


def _part_size(size: int, wanted: int) -> int:
    """Return `wanted`, or more whole MiB if that would make too many parts."""
    least = -(-size // MAX_PARTS)
    return wanted if least <= wanted else -(-least // MIB) * MIB
