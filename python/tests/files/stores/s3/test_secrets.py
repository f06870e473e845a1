"""Who reads the logs, or an error, learns nothing that opens the store."""

from __future__ import annotations

import io
import logging
import re
import traceback
from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError

from flask_dovetail.files.policy import File
from flask_dovetail.storage.outage_errors import is_outage
from support.s3_bucket import NOW, PART_BYTES, Bucket, open_s3
from support.seaweed import Seaweed

# 64 hexadecimal digits, after which whoever sees them may do what was signed
SIGNATURE = re.compile(r"(?i)Signature=|^Signature:", re.MULTILINE)
TOKEN = "a-session-token-that-is-long-enough-to-be-looked-for"


@pytest.fixture
def everything(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """All that any library logs, as when somebody hunts for an error."""
    with caplog.at_level(logging.DEBUG), caplog.at_level(logging.DEBUG, logger="botocore"):
        yield caplog


def file(key: str) -> File:
    return File("1", key, "ada", "file", "a.png", "image/png", 5, None, NOW)


def test_no_log_has_a_secret_or_a_signature(
    s3: Bucket, everything: pytest.LogCaptureFixture
) -> None:
    """Even at DEBUG, where boto3 writes both, and with whatever else it has to say."""
    for content in (b"hello", b"a" * PART_BYTES + b"hello"):
        upload = s3.begin(len(content))
        with everything.at_level(logging.INFO, logger="urllib3"):  # of the browser of this test
            s3.send(upload, content)
        s3.store.assemble(upload)
        s3.store.clean_up(upload)
        assert s3.read(upload.key) == content
        assert s3.store.link(
            file(upload.key), disposition="inline", content_type="image/png", seconds=60
        )
        s3.store.discard(upload)
    assert any(record.name.startswith("botocore") for record in everything.records)
    assert_harmless(everything.text, s3.server)


def test_a_session_token_is_not_logged(
    s3: Bucket, everything: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It goes with every request, where credentials are lent for hours."""
    upload = s3.begin(5)
    monkeypatch.setenv("AWS_SESSION_TOKEN", TOKEN)
    s3.reopen()
    with pytest.raises(ClientError) as refused:
        s3.store.save("key", io.BytesIO(b"hello"), "image/png")
    assert TOKEN in s3.address(upload).url
    assert TOKEN not in everything.text + "".join(traceback.format_exception(refused.value))


def test_no_error_has_a_secret_or_a_signature(s3: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a store that is away, refuses, or does not know us."""
    said = []
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x" * 40)
    s3.reopen()
    with pytest.raises(ClientError, match="SignatureDoesNotMatch") as refused:
        s3.store.save("key", io.BytesIO(b"hello"), "image/png")
    said.append(refused.value)
    away = open_s3(s3.config | {"DOVETAIL_FILES_S3_ENDPOINT": "http://127.0.0.1:1"})
    with pytest.raises(Exception, match="Could not connect") as outage:
        away.size("key")
    assert is_outage(outage.value)
    said.append(outage.value)
    text = "".join(line for error in said for line in traceback.format_exception(error))
    assert_harmless(text + repr(s3.store), s3.server)


def assert_harmless(text: str, server: Seaweed) -> None:
    assert server.secret_key not in text
    assert "x" * 40 not in text
    assert SIGNATURE.search(text) is None
