"""The S3-compatible store: browsers talk to it through addresses that we sign.

Every file is a multipart upload at `files/`, even one of a single part: once it is completed or
aborted, no address signed for it takes another byte, so nothing can fill the bucket uncounted by a
row. An empty file has nothing to assemble, so it is put as it is: its address takes only a body of
length 0.
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
from .answers import Changed, translating

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import datetime

    from ...config import FileSettings
    from ...policy import File, Upload
    from ..store import Ticket


class S3Store:
    """A bucket; nothing is opened, and boto3 is not imported, before the first use.

    Safe for threads, not for forks: connections are not shared.

    Args:
        settings: the settings `s3_*`.
        clock: Unix seconds; decides when tickets expire.

    Raises:
        MissingExtraError: boto3 is not installed.
    """

    def __init__(self, settings: FileSettings, *, clock: Callable[[], float] = time.time) -> None:
        if find_spec("boto3") is None:
            raise MissingExtraError("DOVETAIL_FILES_STORE", extra="s3")
        self.settings = settings
        self.bucket: str | None = settings.s3_bucket
        self._prefix = settings.s3_prefix
        self._clock = clock
        self.client = cache(partial(_client, settings, settings.s3_endpoint))
        public = settings.s3_public_endpoint
        self._public_client = cache(partial(_client, settings, public)) if public else self.client

    @cached_property
    def origin(self) -> str:
        """The origin that browsers talk to.

        Needs no credentials and sends no request.
        """
        from .client import make

        endpoint = self.settings.s3_public_endpoint or self.settings.s3_endpoint
        client = make(self.settings, endpoint=endpoint, signed=False)
        address = urlsplit(client.generate_presigned_url("head_bucket", {"Bucket": self.bucket}))
        return f"{address.scheme}://{address.netloc}"

    def ping(self) -> None:
        """Check that the bucket is reachable.

        Raises:
            ClientError: the bucket does not exist, or is not ours.
        """
        self.client().head_bucket(Bucket=self.bucket)

    def begin(self, upload: Upload) -> str | None:
        """See `Store.begin`."""
        if not upload.size:
            return None
        with translating():
            begun = self.client().create_multipart_upload(
                **self._at_files(upload.key), ContentType=upload.content_type
            )
        return str(begun["UploadId"])

    def part_urls(self, upload: Upload, numbers: Collection[int], ticket: Ticket) -> list[PartUrl]:
        """See `Store.part_urls`."""
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
        """See `Store.arrived`."""
        parts = self._parts(upload)
        if parts is not None:
            return sorted(parts)
        return list(_numbers(upload)) if self._is_assembled(upload) else []

    def assemble(self, upload: Upload) -> None:
        """See `Store.assemble`."""
        if upload.size:
            self._complete(upload)
        elif not self._is_assembled(upload):
            raise Incomplete((1,))

    def _complete(self, upload: Upload) -> None:
        parts = self._parts(upload) or {}
        if missing := [number for number in _numbers(upload) if number not in parts]:
            if self._is_assembled(upload):  # during assembly, some stores list no parts
                return
            raise Incomplete(missing)
        listed = [{"PartNumber": n, "ETag": etag} for n, etag in sorted(parts.items())]
        try:
            with translating():
                self.client().complete_multipart_upload(
                    **self._at_files(upload.key),
                    UploadId=upload.handle,
                    MultipartUpload={"Parts": listed},
                )
        except (Missing, Changed):
            if not self._is_assembled(upload):  # another process may have assembled it
                raise Incomplete(_numbers(upload)) from None

    def clean_up(self, upload: Upload) -> None:
        """Do nothing: a completed upload leaves nothing behind."""

    def discard(self, upload: Upload) -> None:
        """See `Store.discard`."""
        with translating():
            for handle in self._handles(upload):
                with suppress(Missing):
                    self._abort(upload.key, handle)
        self.delete(upload.key)

    def _handles(self, upload: Upload) -> set[str]:
        """Return the row's handle, and those whose `begin` was cut off before that."""
        handles = {upload.handle} if upload.handle else set()
        wanted = self._at_files(upload.key)
        pages = self.client().get_paginator("list_multipart_uploads")
        for page in pages.paginate(Bucket=self.bucket, Prefix=wanted["Key"]):
            for listed in page.get("Uploads", ()):
                if listed["Key"] == wanted["Key"]:
                    handles.add(listed["UploadId"])
        return handles

    def size(self, key: str) -> int:
        """See `Store.size`."""
        head = self._head(self._at_files(key))
        if head is None:
            raise Missing
        return int(head["ContentLength"])

    def open(self, key: str, start: int = 0, stop: int | None = None) -> BinaryIO:
        """See `Store.open`."""
        from .reader import BUFFER_BYTES, Reader

        size = self.size(key)
        end = size if stop is None else min(stop, size)

        def fetch(offset: int) -> Any:
            with translating():
                answer = self.client().get_object(
                    **self._at_files(key), Range=f"bytes={start + offset}-{end - 1}"
                )
            return answer["Body"]

        return BufferedReader(Reader(max(0, end - start), fetch), BUFFER_BYTES)

    def save(self, key: str, content: BinaryIO, content_type: str) -> int:
        """See `Store.save`."""
        return saving.save(self.client(), self._at_files(key), content, content_type)

    def delete(self, key: str) -> None:
        """See `Store.delete`."""
        self._delete(self._at_files(key))

    def path(self, key: str) -> None:  # noqa: ARG002 - no object lies on this machine's disk
        """Return None: no object is on this machine's disk."""
        return

    def link(self, file: File, *, disposition: str, content_type: str, seconds: int) -> str | None:
        """See `Store.link`."""
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
        """Return number and ETag of each part of the right size, or None if there is no upload.

        Of a part that was sent twice, the later one counts, compared by whole seconds.
        """
        if upload.handle is None:
            return None
        pages = self.client().get_paginator("list_parts")
        found: dict[int, tuple[datetime, str]] = {}
        try:
            with translating():
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
            with translating():
                head: dict[str, Any] = self.client().head_object(**where)
        except Missing:
            return None
        return head

    def _delete(self, where: dict[str, Any]) -> None:
        with translating():
            self.client().delete_object(**where)

    def _abort(self, key: str, handle: str) -> None:
        with translating():
            self.client().abort_multipart_upload(**self._at_files(key), UploadId=handle)


def _client(settings: FileSettings, endpoint: str | None) -> Any:
    from .client import make

    return make(settings, endpoint=endpoint)


def _numbers(upload: Upload) -> range:
    return range(1, upload.part_count + 1)
