"""Writing an object from the server's side."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, BinaryIO

from ...config import MIB
from .answers import translated

if TYPE_CHECKING:
    from collections.abc import Mapping

PART_BYTES = 8 * MIB


def save(client: Any, where: Mapping[str, Any], content: BinaryIO, content_type: str) -> int:
    """All of `content` or nothing, with at most one part in memory. Returns its size."""
    first = _read(content)
    if len(first) < PART_BYTES:
        with translated():
            client.put_object(**where, Body=first, ContentType=content_type)
        return len(first)
    with translated():
        begun = client.create_multipart_upload(**where, ContentType=content_type)
    upload = {**where, "UploadId": begun["UploadId"]}
    try:
        return _save_parts(client, upload, first, content)
    except BaseException:
        with suppress(Exception):  # the first failure is told; `discard` finds what is left
            client.abort_multipart_upload(**upload)
        raise


def _save_parts(client: Any, upload: Mapping[str, Any], piece: bytes, content: BinaryIO) -> int:
    parts: list[dict[str, Any]] = []
    size = 0
    with translated():
        while piece:
            number = len(parts) + 1
            sent = client.upload_part(**upload, PartNumber=number, Body=piece)
            parts.append({"PartNumber": number, "ETag": sent["ETag"]})
            size += len(piece)
            piece = _read(content)
        client.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
    return size


def _read(content: BinaryIO) -> bytes:
    """One part; a smaller one at the end only."""
    pieces, left = [], PART_BYTES
    while left and (piece := content.read(left)):
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)
