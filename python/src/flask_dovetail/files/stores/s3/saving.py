"""Write an object from the server's side."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, BinaryIO

from ...config import MIB
from .answers import translating

if TYPE_CHECKING:
    from collections.abc import Mapping

PART_BYTES = 8 * MIB


def save(client: Any, where: Mapping[str, Any], content: BinaryIO, content_type: str) -> int:
    """Store all of `content` or nothing, and return its size.

    At most one part is in memory at a time.
    """
    first = _read(content)
    if len(first) < PART_BYTES:
        with translating():
            client.put_object(**where, Body=first, ContentType=content_type)
        return len(first)
    with translating():
        begun = client.create_multipart_upload(**where, ContentType=content_type)
    upload = {**where, "UploadId": begun["UploadId"]}
    try:
        return _save_parts(client, upload, first, content)
    except BaseException:
        with suppress(Exception):  # the first failure is raised; `discard` finds the rest
            client.abort_multipart_upload(**upload)
        raise


def _save_parts(client: Any, upload: Mapping[str, Any], piece: bytes, content: BinaryIO) -> int:
    parts: list[dict[str, Any]] = []
    size = 0
    with translating():
        while piece:
            number = len(parts) + 1
            sent = client.upload_part(**upload, PartNumber=number, Body=piece)
            parts.append({"PartNumber": number, "ETag": sent["ETag"]})
            size += len(piece)
            piece = _read(content)
        client.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
    return size


def _read(content: BinaryIO) -> bytes:
    """Read one part; only the last one may be smaller."""
    pieces, left = [], PART_BYTES
    while left and (piece := content.read(left)):
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)
