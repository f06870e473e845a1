"""Sites whose people keep files: on SQLite and PostgreSQL, in a folder and in S3."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from sqlalchemy import Engine, create_engine

from flask_dovetail.storage.given_engine import given_engine
from support.databases import migrate
from support.files_site import FilesSite, MakeSite, Visitor, make_files_site
from support.s3_bucket import Bucket
from support.seaweed import Seaweed


@pytest.fixture
def make_site(tmp_path: Path, migrated: Path) -> Iterator[MakeSite]:
    """Makes sites on SQLite and the disk; `engine=` is one of the test's, the rest configures."""
    made: list[Callable[[], Engine]] = []

    def make(*, engine: Callable[[], Engine] | None = None, **options: Any) -> FilesSite:
        folder = tmp_path / f"instance{len(made)}"
        folder.mkdir()
        if engine is None:
            shutil.copy(migrated, folder)
            options["DOVETAIL_DATABASE_URL"] = f"sqlite:///{folder}/{migrated.name}"
        site = make_files_site(folder, engine=engine, **options)
        made.append(site.files.engine)
        return site

    yield make
    for engine in made:
        given_engine(engine()).dispose()


@pytest.fixture
def site(make_site: MakeSite) -> FilesSite:
    """A site on the defaults."""
    return make_site()


@pytest.fixture
def ada(site: FilesSite) -> Visitor:
    return site.visitor("ada")


@pytest.fixture
def bob(site: FilesSite) -> Visitor:
    return site.visitor("bob")


@pytest.fixture(params=["sqlite", "postgresql"])
def make_any_site(request: pytest.FixtureRequest, make_site: MakeSite) -> MakeSite:
    """Makes the same sites on each kind of database."""
    if request.param == "sqlite":
        return make_site
    url = request.getfixturevalue("postgres_url")
    migrate(url)
    engine = create_engine(url, pool_size=20)

    def make(**options: Any) -> FilesSite:
        return make_site(engine=lambda: engine, **options)

    return make


@pytest.fixture(scope="session", autouse=True)
def boto3_reads_its_files_once() -> Iterator[None]:
    """Every site makes clients of its own, each of which would read all that boto3 knows of S3."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.session, "create_loader", cache(botocore.session.create_loader))
        yield


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


@pytest.fixture
def s3(seaweed: Seaweed, s3_config: dict[str, Any]) -> Bucket:
    """The store on an empty prefix, and what is needed to look behind it."""
    return Bucket(s3_config, seaweed)
