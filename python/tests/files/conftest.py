"""Sites whose people keep files: on SQLite and PostgreSQL, in a folder and in S3."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from files_site import Site, Visitor
from files_site import make_site as make_site_in
from sqlalchemy import Engine, create_engine

from flask_dovetail.server import database
from flask_dovetail.storage.given_engine import given_engine

from .seaweed import s3, s3_config, seaweed

__all__ = ["s3", "s3_config", "seaweed"]
MakeSite = Callable[..., Site]


@pytest.fixture
def make_site(tmp_path: Path, migrated: Path) -> Iterator[MakeSite]:
    """Makes sites on SQLite and the disk; `engine=` is one of the test's, the rest configures."""
    made: list[Callable[[], Engine]] = []

    def make(*, engine: Callable[[], Engine] | None = None, **options: Any) -> Site:
        folder = tmp_path / f"instance{len(made)}"
        folder.mkdir()
        if engine is None:
            shutil.copy(migrated, folder)
            options["DOVETAIL_DATABASE_URL"] = f"sqlite:///{folder}/{migrated.name}"
        site = make_site_in(folder, engine=engine, **options)
        made.append(site.files.engine)
        return site

    yield make
    for engine in made:
        given_engine(engine()).dispose()


@pytest.fixture
def site(make_site: MakeSite) -> Site:
    """A site on the defaults."""
    return make_site()


@pytest.fixture
def ada(site: Site) -> Visitor:
    return site.visitor("ada")


@pytest.fixture
def bob(site: Site) -> Visitor:
    return site.visitor("bob")


@pytest.fixture(params=["sqlite", "postgresql"])
def make_any_site(request: pytest.FixtureRequest, make_site: MakeSite) -> MakeSite:
    """Makes the same sites on each kind of database."""
    if request.param == "sqlite":
        return make_site
    engine = create_engine(request.getfixturevalue("postgres_url"), pool_size=20)
    database.upgrade(engine)

    def make(**options: Any) -> Site:
        return make_site(engine=lambda: engine, **options)

    return make
