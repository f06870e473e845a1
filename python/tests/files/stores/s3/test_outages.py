"""The S3 server goes away, at the worst moments, and comes back."""

from __future__ import annotations

import http.client
import io
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from botocore.exceptions import ClientError, ConnectionClosedError

from flask_dovetail.files.policy import Upload
from flask_dovetail.files.stores.s3 import client as s3_client
from flask_dovetail.files.stores.s3.reader import Reader
from flask_dovetail.files.stores.store import NoSpace
from flask_dovetail.storage.outage_errors import is_outage
from support.s3_bucket import PART_BYTES, Bucket, open_s3, send

A = b"a" * PART_BYTES


@contextmanager
def stopped(s3: Bucket) -> Iterator[None]:
    s3.server.stop()
    try:
        yield
    finally:
        s3.server.start()


def outage(do: Callable[[], object]) -> BaseException:
    """What `do` says of the server that is not there."""
    with pytest.raises(Exception) as said:  # noqa: PT011 - what it is, is the question
        do()
    assert is_outage(said.value), repr(said.value)
    return said.value


def test_every_call_during_an_outage_reports_it(
    s3: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same calls work after the outage, on the connections that are open."""
    store, single, parts = s3.store, s3.sent(b"hello"), s3.sent(A + b"hello")
    with stopped(s3), monkeypatch.context() as hasty:
        hasty.setattr(s3_client, "ATTEMPTS", 1)  # boto3 waits before another one
        asked = open_s3(s3.config)
        for upload in (single, parts):
            outage(lambda upload=upload: asked.arrived(upload))
            outage(lambda upload=upload: asked.assemble(upload))
            outage(lambda upload=upload: asked.discard(upload))
        outage(lambda: asked.begin(parts))
        outage(lambda: asked.size("key"))
        outage(lambda: asked.open("key"))
        outage(lambda: asked.save("key", io.BytesIO(b"hello"), "image/png"))
        outage(lambda: asked.save("key", io.BytesIO(A * 2), "image/png"))
        outage(lambda: asked.delete("key"))
        outage(lambda: store.size("key"))
        assert s3.address(single).url  # which nobody is asked for
    for upload in (single, parts):
        store.assemble(upload)
        store.clean_up(upload)
        assert store.size(upload.key) == upload.size
    assert s3.kept() == {f"files/{single.key}", f"files/{parts.key}"}


def test_parts_from_before_an_outage_count_after_it(s3: Bucket) -> None:
    upload = s3.begin(PART_BYTES + 5)
    s3.put(upload, 1, A)
    address = s3.address(upload, 2)
    with stopped(s3), pytest.raises(requests.ConnectionError):
        send(address, b"hello")
    assert s3.store.arrived(upload) == [1]
    assert send(address, b"hello").status_code == 200
    s3.store.assemble(upload)
    assert s3.read(upload.key) == A + b"hello"


@pytest.mark.parametrize("size", [PART_BYTES, PART_BYTES + 5])
def test_half_a_part_has_not_arrived(s3: Bucket, size: int) -> None:
    """The browser cuts it off, or the server ends."""
    upload = s3.begin(size)
    with half_sent(s3, upload):
        pass
    assert s3.store.arrived(upload) == []
    with half_sent(s3, upload), stopped(s3):
        pass
    assert s3.store.arrived(upload) == []
    s3.send(upload, A + b"hello"[: size - PART_BYTES])
    s3.store.assemble(upload)
    assert s3.store.size(upload.key) == size


@contextmanager
def half_sent(s3: Bucket, upload: Upload) -> Iterator[None]:
    """The first part is on its way, and cut off at the end."""
    part = s3.address(upload)
    address = urlsplit(part.url)
    connection = http.client.HTTPConnection(address.netloc, timeout=30)
    connection.putrequest("PUT", f"{address.path}?{address.query}")
    for name, value in {**part.headers, "Content-Length": str(part.size)}.items():
        connection.putheader(name, value)
    connection.endheaders(A[: PART_BYTES // 2])
    try:
        yield
    finally:
        connection.close()


@pytest.mark.parametrize("content", [b"hello", A + b"hello"], ids=["whole", "in parts"])
def test_a_commit_that_is_cut_off_is_made_again(s3: Bucket, content: bytes) -> None:
    """Before the server did it, and after it did, when nobody heard its answer."""
    operation = "CompleteMultipartUpload"
    before = s3.sent(content)
    s3.before(operation, s3.server.stop)
    outage(lambda: s3.store.assemble(before))
    s3.server.start()
    s3.reopen()
    s3.store.assemble(before)
    assert s3.read(before.key) == content

    after = s3.sent(content)
    deafen(s3, operation)
    outage(lambda: s3.store.assemble(after))
    s3.reopen()
    s3.store.assemble(after)
    assert s3.read(after.key) == content


def deafen(s3: Bucket, operation: str) -> None:
    """Lose the server's answer to that."""

    def lose(**_: Any) -> None:
        raise ConnectionClosedError(endpoint_url="the store")

    s3.store.client().meta.events.register(f"after-call.s3.{operation}", lose)


def test_a_server_that_ends_while_it_is_read_is_an_outage(s3: Bucket) -> None:
    """Not the end of the file."""
    size = 24 * 1024 * 1024
    s3.store.save("large", io.BytesIO(bytes(size)), "image/png")
    with s3.store.open("large") as content:
        content.read(1)
        with stopped(s3):

            def read_on() -> None:
                while content.read(1024 * 1024):
                    pass

            outage(read_on)
            assert content.tell() < size


def test_a_store_that_sends_less_than_there_is_does_not_end_a_file_early() -> None:
    with Reader(10, lambda offset: io.BytesIO(b"hello")) as content:
        assert content.read(10) == b"hello"
        with pytest.raises(EOFError):
            content.read(10)


def test_a_store_that_never_answers_is_an_outage(
    s3_config: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """After so many seconds; here, fractions of one."""
    monkeypatch.setattr(s3_client, "ANSWER_TIMEOUT_SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        endpoint = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        store = open_s3(s3_config | {"DOVETAIL_FILES_S3_ENDPOINT": endpoint})
        outage(lambda: store.size("key"))


def refusal(status: int, code: str) -> ClientError:
    answer = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "PutObject")


@pytest.mark.parametrize(
    ("status", "code"), [(500, "InternalError"), (503, "SlowDown"), (502, "502"), (504, "504")]
)
def test_a_store_that_fails_on_its_side_is_an_outage(status: int, code: str) -> None:
    assert is_outage(refusal(status, code))


@pytest.mark.parametrize(
    ("status", "code"),
    [(403, "AccessDenied"), (403, "InvalidAccessKeyId"), (404, "NoSuchBucket"), (400, "Malformed")],
)
def test_errors_of_the_request_are_not_outages(status: int, code: str) -> None:
    assert not is_outage(refusal(status, code))


def test_a_bucket_that_is_not_there_is_a_mistake_and_not_a_missing_file(
    s3_config: dict[str, Any],
) -> None:
    """Where the server says so."""
    store = open_s3(s3_config | {"DOVETAIL_FILES_S3_BUCKET": "another"})
    with pytest.raises(ClientError) as refused:
        store.save("key", io.BytesIO(b"hello"), "image/png")
    assert not is_outage(refused.value)


def test_a_store_that_is_full_says_so(s3: Bucket) -> None:
    def full() -> None:
        raise refusal(507, "InsufficientStorage")

    s3.before("PutObject", full)
    with pytest.raises(NoSpace):
        s3.store.save("key", io.BytesIO(b"hello"), "image/png")
