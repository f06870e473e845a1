"""The fixtures of S3: `conftest.py` takes them over for all tests of files."""

from __future__ import annotations

import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.append(str(Path(__file__).parents[1] / "support"))

from seaweed import Seaweed


@pytest.fixture(scope="session")
def seaweed() -> Iterator[Seaweed]:
    """One server per test worker. A test that stops it starts it again."""
    server = Seaweed()
    try:
        server.start()
        yield server
    finally:
        server.close()


@pytest.fixture
def s3_config(seaweed: Seaweed, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What makes an app keep files in the server, below a prefix of this test alone.

    The credentials are in the environment, where boto3 looks for them.
    """
    for name, value in seaweed.environment().items():
        monkeypatch.setenv(name, value)
    return {
        "DOVETAIL_FILES_STORE": "s3",
        "DOVETAIL_FILES_S3_ENDPOINT": seaweed.endpoint,
        "DOVETAIL_FILES_S3_BUCKET": seaweed.bucket,
        "DOVETAIL_FILES_S3_PREFIX": f"{uuid.uuid4().hex}/",
    }
