"""What an S3-compatible store refuses, in our words."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from ..store import Missing, NoSpace

if TYPE_CHECKING:
    from collections.abc import Iterator


class Changed(Exception):  # noqa: N818 - says what is
    """The store has other bytes there by now than those that were meant."""


@contextmanager
def translated() -> Iterator[None]:
    """
    Raises:
        Missing: there is no such object, or no such multipart upload.
        Changed: a condition does not hold.
        NoSpace: the store is full.
        ClientError: every other refusal.
    """
    from botocore.exceptions import ClientError

    try:
        yield
    except ClientError as refusal:
        code = refusal.response["Error"].get("Code")
        if code in ("NoSuchKey", "NoSuchUpload", "404"):  # HEAD has no body, and so no code
            raise Missing from None
        if code in ("PreconditionFailed", "ConditionalRequestConflict", "InvalidPart"):
            raise Changed from None
        if refusal.response["ResponseMetadata"]["HTTPStatusCode"] == 507:
            raise NoSpace from None
        raise
