"""The S3-compatible store: browsers talk to it by addresses that we sign.

Every file is a multipart upload at `files/`, also one of a single part: once it is completed or
aborted, no address that was signed for it takes a byte any more, so nothing can fill the bucket
that no row counts. A file of no bytes has nothing to put together, and is put as it is: its address
takes a body of length 0 and no other.
"""

from __future__ import annotations

import time
from contextlib import suppress
from functools import cache, cached_property, partial
from importlib.util import find_spec
from io import BufferedReader
from typing import TYPE_CHECKING, Any, BinaryIO
from urllib.parse import urlsplit

from ....core.errors import MissingExtraError
from ..store import Incomplete, Missing, PartUrl
from . import saving
from .answers import Changed, translated

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import datetime

    from ...config import FileSettings
    from ...policy import File, Upload
    from ..store import Ticket


class S3Store:
    """A bucket. Nothing is opened, and boto3 not imported, before the first use.

    Safe for threads, not for forks: connections are not shared.

    Args:
        settings: those of `s3_*`.
        clock: Unix seconds; what the expiry of tickets is told by.

    Raises:
        MissingExtraError: boto3 is not installed.
    """

    def __init__(self, settings: FileSettings, *, clock: Callable[[], float] = time.time) -> None:
        if find_spec("boto3") is None:
            raise MissingExtraError("DOVETAIL_FILES_STORE", extra="s3")
        self.settings = settings
        self.bucket = settings.s3_bucket
        self._prefix = settings.s3_prefix
        self._clock = clock
        self.client = cache(partial(_client, settings, settings.s3_endpoint))
        public = settings.s3_public_endpoint
        self._public_client = cache(partial(_client, settings, public)) if public else self.client

    @cached_property
    def origin(self) -> str:
        """The origin that browsers talk to. Needs no credentials, and asks nobody."""
        from .client import make

        endpoint = self.settings.s3_public_endpoint or self.settings.s3_endpoint
        client = make(self.settings, endpoint=endpoint, signed=False)
        address = urlsplit(client.generate_presigned_url("head_bucket", {"Bucket": self.bucket}))
        return f"{address.scheme}://{address.netloc}"

    def ping(self) -> None:
        """Ask for the bucket.

        Raises:
            ClientError: it is not there, or not ours.
        """
        self.client().head_bucket(Bucket=self.bucket)

    def begin(self, upload: Upload) -> str | None:
        if not upload.size:
            return None
        with translated():
            begun = self.client().create_multipart_upload(
                **self._at_files(upload.key), ContentType=upload.content_type
            )
        return str(begun["UploadId"])

    def part_urls(self, upload: Upload, numbers: Collection[int], ticket: Ticket) -> list[PartUrl]:
        if upload.size and upload.handle is None:
            return []  # `begin` has not returned yet
        seconds = max(1, int(ticket.expires_at - self._clock()))
        return [self._part_url(upload, number, seconds) for number in numbers]

    def _part_url(self, upload: Upload, number: int, seconds: int) -> PartUrl:
        size = upload.part_length(number)
        if not upload.size:
            operation = "put_object"
            headers = {"Content-Type": upload.content_type}
            signed = {**self._at_files(upload.key), "ContentType": upload.content_type}
        else:
            operation, headers = "upload_part", {}
            signed = {
                **self._at_files(upload.key),
                "UploadId": upload.handle,
                "PartNumber": number,
            }
        url = self._public_client().generate_presigned_url(
            operation, {**signed, "ContentLength": size}, ExpiresIn=seconds
        )
        return PartUrl(number, size, url, headers)

    def arrived(self, upload: Upload) -> list[int]:
        parts = self._parts(upload)
        if parts is not None:
            return sorted(parts)
        return list(_numbers(upload)) if self._is_assembled(upload) else []

    def assemble(self, upload: Upload) -> None:
        if upload.size:
            self._complete(upload)
        elif not self._is_assembled(upload):
            raise Incomplete((1,))

    def _complete(self, upload: Upload) -> None:
        parts = self._parts(upload) or {}
        if missing := [number for number in _numbers(upload) if number not in parts]:
            if self._is_assembled(upload):  # while that is on its way, some stores list no parts
                return
            raise Incomplete(missing)
        listed = [{"PartNumber": n, "ETag": etag} for n, etag in sorted(parts.items())]
        try:
            with translated():
                self.client().complete_multipart_upload(
                    **self._at_files(upload.key),
                    UploadId=upload.handle,
                    MultipartUpload={"Parts": listed},
                )
        except (Missing, Changed):
            if not self._is_assembled(upload):  # by somebody else, meanwhile
                raise Incomplete(_numbers(upload)) from None

    def finished(self, upload: Upload) -> None:
        """Nothing: a completed upload has left nothing behind."""

    def discard(self, upload: Upload) -> None:
        with translated():
            for handle in self._handles(upload):
                with suppress(Missing):
                    self._abort(upload.key, handle)
        self.delete(upload.key)

    def _handles(self, upload: Upload) -> set[str]:
        """That of the row, and those whose `begin` was cut off before it could be written there."""
        found = {upload.handle} if upload.handle else set()
        wanted = self._at_files(upload.key)
        pages = self.client().get_paginator("list_multipart_uploads")
        for page in pages.paginate(Bucket=self.bucket, Prefix=wanted["Key"]):
            for listed in page.get("Uploads", ()):
                if listed["Key"] == wanted["Key"]:
                    found.add(listed["UploadId"])
        return found

    def size(self, key: str) -> int:
        found = self._head(self._at_files(key))
        if found is None:
            raise Missing
        return int(found["ContentLength"])

    def open(self, key: str, start: int = 0, stop: int | None = None) -> BinaryIO:
        from .reader import BUFFER_BYTES, Reader

        size = self.size(key)
        end = size if stop is None else min(stop, size)

        def fetch(offset: int) -> Any:
            with translated():
                answer = self.client().get_object(
                    **self._at_files(key), Range=f"bytes={start + offset}-{end - 1}"
                )
            return answer["Body"]

        return BufferedReader(Reader(max(0, end - start), fetch), BUFFER_BYTES)

    def save(self, key: str, content: BinaryIO, content_type: str) -> int:
        return saving.save(self.client(), self._at_files(key), content, content_type)

    def delete(self, key: str) -> None:
        self._delete(self._at_files(key))

    def path(self, key: str) -> None:  # noqa: ARG002 - no object lies on this machine's disk
        return None

    def link(self, file: File, *, disposition: str, content_type: str, seconds: int) -> str | None:
        address: str = self._public_client().generate_presigned_url(
            "get_object",
            {
                **self._at_files(file.key),
                "ResponseContentDisposition": disposition,
                "ResponseContentType": content_type,
            },
            ExpiresIn=seconds,
        )
        return address

    def _at_files(self, key: str) -> dict[str, Any]:
        return {"Bucket": self.bucket, "Key": f"{self._prefix}files/{key}"}

    def _is_assembled(self, upload: Upload) -> bool:
        whole = self._head(self._at_files(upload.key))
        return whole is not None and whole["ContentLength"] == upload.size

    def _parts(self, upload: Upload) -> dict[int, str] | None:
        """The number and the ETag of each part that has the right size; None: no such upload.

        Of a part that was sent twice it is the later one, told by whole seconds.
        """
        if upload.handle is None:
            return None
        pages = self.client().get_paginator("list_parts")
        found: dict[int, tuple[datetime, str]] = {}
        try:
            with translated():
                for page in pages.paginate(**self._at_files(upload.key), UploadId=upload.handle):
                    for part in page.get("Parts", ()):
                        number, size = part["PartNumber"], part["Size"]
                        if number in _numbers(upload) and size == upload.part_length(number):
                            # SeaweedFS lists each sending of a part, in any order.
                            sent = part["LastModified"], part["ETag"]
                            found[number] = max(sent, found.get(number, sent))
        except Missing:
            return None
        return {number: etag for number, (_, etag) in found.items()}

    def _head(self, where: dict[str, Any]) -> dict[str, Any] | None:
        try:
            with translated():
                found: dict[str, Any] = self.client().head_object(**where)
        except Missing:
            return None
        return found

    def _delete(self, where: dict[str, Any]) -> None:
        with translated():
            self.client().delete_object(**where)

    def _abort(self, key: str, handle: str) -> None:
        with translated():
            self.client().abort_multipart_upload(**self._at_files(key), UploadId=handle)


def _client(settings: FileSettings, endpoint: str | None) -> Any:
    from .client import make

    return make(settings, endpoint=endpoint)


def _numbers(upload: Upload) -> range:
    return range(1, upload.part_count + 1)
