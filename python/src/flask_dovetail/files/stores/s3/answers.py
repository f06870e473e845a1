"""Translate the errors of an S3-compatible store."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from ..store import Missing, NoSpace

if TYPE_CHECKING:
    from collections.abc import Iterator


class Changed(Exception):  # noqa: N818 - says what is
    """Raised when the store holds other bytes than the intended ones."""


@contextmanager
def translating() -> Iterator[None]:
    """Raise the package's own exceptions in place of S3's error codes.

    Raises:
        Missing: there is no such object, or no such multipart upload.
        Changed: a condition of the request does not hold.
        NoSpace: the store is full.
        ClientError: every other refusal.
    """
    from botocore.exceptions import ClientError

    try:
        yield
    except ClientError as refusal:
        code = refusal.response["Error"].get("Code")
        if code in ("NoSuchKey", "NoSuchUpload", "404"):  # HEAD has no body, so no code either
            raise Missing from None
        if code in ("PreconditionFailed", "ConditionalRequestConflict", "InvalidPart"):
            raise Changed from None
        if refusal.response["ResponseMetadata"]["HTTPStatusCode"] == 507:
            raise NoSpace from None
        raise
