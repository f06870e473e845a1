"""What an address is good for: the server refuses everything else that is done with it."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlsplit

import botocore.auth
import pytest
import requests

from flask_dovetail.files.policy import File
from support.s3_bucket import NOW, PART_BYTES, Bucket, open_s3, send
from support.seaweed import Seaweed


def code(answer: requests.Response) -> str:
    """What the server's refusal says."""
    return answer.text.partition("<Code>")[2].partition("</Code>")[0]


def test_a_whole_file_is_taken_with_the_length_that_was_announced(s3: Bucket) -> None:
    upload = s3.begin(5)
    assert send(s3.address(upload), b"hello").status_code == 200
    assert s3.store.arrived(upload) == [1]


@pytest.mark.parametrize("content", [b"", b"hell", b"hello!", b"hello" * 1000])
@pytest.mark.parametrize("size", [5, PART_BYTES + 5])
def test_another_length_is_refused(s3: Bucket, size: int, content: bytes) -> None:
    """As a whole, and as the last part of more."""
    upload = s3.begin(size)
    answer = send(s3.address(upload, upload.part_count), content)
    assert (answer.status_code, code(answer)) == (403, "SignatureDoesNotMatch")
    assert s3.store.arrived(upload) == []


def test_a_body_without_a_length_is_refused(s3: Bucket) -> None:
    """It might have no end."""

    def pieces() -> Iterator[bytes]:
        yield b"he"
        yield b"llo"

    upload = s3.begin(5)
    assert send(s3.address(upload), pieces()).status_code == 403
    assert s3.store.arrived(upload) == []


@pytest.mark.parametrize("content_type", ["text/html", "image/png; charset=utf-8", ""])
def test_another_type_of_a_file_of_no_bytes_is_refused(s3: Bucket, content_type: str) -> None:
    upload = s3.begin(0)
    answer = send(s3.address(upload), b"", **{"Content-Type": content_type})
    assert (answer.status_code, code(answer)) == (403, "SignatureDoesNotMatch")
    assert s3.store.arrived(upload) == []


@pytest.mark.parametrize("size", [5, PART_BYTES + 5])
def test_the_type_of_a_file_is_the_announced_one(s3: Bucket, size: int) -> None:
    """Whatever its parts were sent as."""
    upload = s3.begin(size, content_type="video/mp4")
    for number in range(1, upload.part_count + 1):
        content = b"a" * upload.part_length(number)
        send(s3.address(upload, number), content, **{"Content-Type": "text/html"})
    s3.store.assemble(upload)
    where = {"Bucket": s3.server.bucket, "Key": f"{s3.prefix}files/{upload.key}"}
    assert s3.server.client().head_object(**where)["ContentType"] == "video/mp4"


def test_another_key_is_refused(s3: Bucket) -> None:
    mine, other = s3.begin(5), s3.begin(5)
    part = s3.address(mine)
    answer = send(part._replace(url=part.url.replace(mine.key, other.key)), b"hello")
    assert (answer.status_code, code(answer)) == (403, "SignatureDoesNotMatch")
    assert s3.store.arrived(other) == []


def test_the_number_and_the_upload_of_a_part_cannot_be_changed(s3: Bucket) -> None:
    mine, other = s3.begin(2 * PART_BYTES + 5), s3.begin(2 * PART_BYTES + 5)
    part, content = s3.address(mine, 1), b"a" * PART_BYTES
    assert mine.handle is not None
    assert other.handle is not None
    for url in (
        part.url.replace("partNumber=1", "partNumber=2"),
        part.url.replace(mine.handle, other.handle),
        part.url.replace(mine.key, other.key),
    ):
        assert url != part.url
        assert send(part._replace(url=url), content).status_code == 403
    assert s3.store.arrived(mine) == s3.store.arrived(other) == []


def test_the_part_of_another_upload_is_none_of_this(s3: Bucket) -> None:
    """An address that was signed for an upload which is at another key."""
    mine, other = s3.begin(PART_BYTES + 5), s3.begin(PART_BYTES + 5)
    answer = send(s3.address(mine._replace(handle=other.handle), 2), b"hello")
    assert (answer.status_code, code(answer)) == (404, "NoSuchUpload")
    assert s3.store.arrived(mine) == s3.store.arrived(other) == []


@pytest.mark.parametrize("size", [5, PART_BYTES + 5])
def test_an_altered_signature_is_refused(s3: Bucket, size: int) -> None:
    upload = s3.begin(size)
    part = s3.address(upload, upload.part_count)
    altered = part.url[:-1] + ("0" if part.url[-1] != "0" else "1")
    assert "X-Amz-Signature" in part.url.rpartition("&")[2]
    assert send(part._replace(url=altered), b"hello").status_code == 403
    longer = part.url.replace("X-Amz-Expires=600", "X-Amz-Expires=6000")
    assert longer != part.url
    assert send(part._replace(url=longer), b"hello").status_code == 403
    assert s3.store.arrived(upload) == []


@pytest.mark.parametrize("size", [5, PART_BYTES + 5])
def test_an_expired_address_is_refused(
    s3: Bucket, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Signed an hour ago, for ten minutes."""
    upload = s3.begin(size)
    an_hour_ago = datetime.datetime.now(datetime.UTC) - datetime.timedelta(hours=1)
    with monkeypatch.context() as then:
        then.setattr(botocore.auth, "get_current_datetime", lambda **_: an_hour_ago)
        part = s3.address(upload, upload.part_count)
    assert an_hour_ago.strftime("%Y%m%dT%H%M%SZ") in part.url
    assert send(part, b"hello").status_code == 403
    assert s3.store.arrived(upload) == []


def test_an_address_lives_as_long_as_the_ticket_says(s3: Bucket) -> None:
    assert "X-Amz-Expires=77&" in s3.address(s3.begin(5), seconds=77).url


def test_no_address_asks_for_a_header_that_a_browser_does_not_send(s3: Bucket) -> None:
    """boto3 would sign a checksum of its own accord."""
    for upload in (s3.begin(5), s3.begin(PART_BYTES + 5)):
        url = s3.address(upload, upload.part_count).url
        assert "checksum" not in url.lower()
        signed = url.partition("X-Amz-SignedHeaders=")[2].partition("&")[0].split("%3B")
        assert set(signed) <= {"host", "content-length", "content-type"}


def test_browsers_are_sent_to_the_public_endpoint(
    seaweed: Seaweed, s3_config: dict[str, Any]
) -> None:
    """While the app itself asks the other one."""
    public = seaweed.endpoint.replace("127.0.0.1", "localhost")
    s3 = Bucket(s3_config | {"DOVETAIL_FILES_S3_PUBLIC_ENDPOINT": public}, seaweed)
    assert s3.store.origin == public
    upload = s3.begin(5)
    assert s3.address(upload).url.startswith(f"{public}/")
    s3.send(upload, b"hello")
    s3.store.assemble(upload)
    assert link(s3, upload.key).startswith(f"{public}/")
    assert requests.get(link(s3, upload.key), timeout=30).content == b"hello"
    assert s3.store.client().meta.endpoint_url == seaweed.endpoint


def test_amazon_is_addressed_in_the_region_of_the_bucket(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Not in its oldest one, whose redirects browsers refuse to follow with a preflight."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "its secret")
    store = open_s3(
        {
            "DOVETAIL_FILES_STORE": "s3",
            "DOVETAIL_FILES_S3_BUCKET": "our-files",
            "DOVETAIL_FILES_S3_REGION": "eu-central-1",
        }
    )
    assert store.origin == "https://our-files.s3.eu-central-1.amazonaws.com"
    file = File("1", "key", "ada", "file", "a", "image/png", 5, None, NOW)
    url = store.link(file, disposition="inline", content_type="image/png", seconds=60)
    assert url is not None
    assert url.startswith(f"{store.origin}/files/key?")


def link(s3: Bucket, key: str, **options: Any) -> str:
    file = File("1", key, "ada", "file", "a", "image/png", 5, None, NOW)
    asked = {"disposition": "inline", "content_type": "image/png", "seconds": 60, **options}
    url = s3.store.link(file, **asked)
    assert url is not None
    return url


def test_a_link_gives_the_bytes_with_the_headers_it_was_made_for(s3: Bucket) -> None:
    upload = s3.sent(b"hello")
    s3.store.assemble(upload)
    disposition = f"attachment; filename=\"a.png\"; filename*=UTF-8''{quote('한국어 🦉.png')}"
    kind = "application/octet-stream"
    url = link(s3, upload.key, disposition=disposition, content_type=kind)
    answer = requests.get(url, timeout=30)
    assert answer.content == b"hello"
    assert answer.headers["Content-Disposition"] == disposition
    assert answer.headers["Content-Type"] == kind
    part = requests.get(url, headers={"Range": "bytes=1-2"}, timeout=30)
    assert (part.status_code, part.content) == (206, b"el")


def test_a_link_is_for_that_file_and_those_headers_alone(s3: Bucket) -> None:
    one, other = s3.sent(b"hello"), s3.sent(b"other")
    for upload in (one, other):
        s3.store.assemble(upload)
    url = link(s3, one.key)
    for altered in (
        url.replace(one.key, other.key),
        url.replace("inline", "attachment"),
        url.replace("image%2Fpng", "text%2Fhtml"),
        urlsplit(url)._replace(query="").geturl(),
    ):
        assert altered != url
        assert requests.get(altered, timeout=30).status_code == 403
    assert requests.put(url, data=b"other", timeout=30).status_code == 403
    assert requests.delete(url, timeout=30).status_code == 403
    assert s3.read(one.key) == b"hello"
