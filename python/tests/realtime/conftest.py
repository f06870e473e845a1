"""Sites whose people are notified: on real sockets, in both strategies, on every store."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, event

from support.databases import migrate
from support.realtime_site import MakeSite, RealtimeSite, Visitor, served


def engine_of(url: str) -> Callable[[], Engine]:
    """An engine of the app's own."""
    engine = create_engine(url)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", lambda raw, _: raw.execute("PRAGMA journal_mode = WAL"))
    return lambda: engine


@pytest.fixture
def make_site(tmp_path: Path, migrated: Path) -> Iterator[MakeSite]:
    """Makes sites, on SQLite unless they are configured otherwise.

    With `gives_engine=True` the app has an engine, which Dovetail is given, for sessions.
    """
    made: list[RealtimeSite] = []
    with ExitStack() as stack:

        def make(**config: Any) -> RealtimeSite:
            folder = tmp_path / f"instance{len(made)}"
            folder.mkdir()
            if "DOVETAIL_DATABASE_URL" not in config:
                config["DOVETAIL_DATABASE_URL"] = f"sqlite:///{shutil.copy(migrated, folder)}"
            if config.pop("gives_engine", False):
                config["engine"] = engine_of(config["DOVETAIL_DATABASE_URL"])
            site = stack.enter_context(served(folder, **config))
            made.append(site)
            return site

        yield make
    for site in made:
        site.engine().dispose()


@pytest.fixture
def site(make_site: MakeSite) -> RealtimeSite:
    """A site on the defaults."""
    return make_site()


@pytest.fixture
def ada(site: RealtimeSite) -> Visitor:
    return site.person("ada")


@pytest.fixture
def bob(site: RealtimeSite) -> Visitor:
    return site.person("bob")


@pytest.fixture(params=["session", "token"])
def make_either_site(request: pytest.FixtureRequest, make_site: MakeSite) -> MakeSite:
    """Makes the same sites in each strategy."""

    def make(**config: Any) -> RealtimeSite:
        return make_site(DOVETAIL_AUTH_STRATEGY=request.param, **config)

    return make


@pytest.fixture
def either_site(make_either_site: MakeSite) -> RealtimeSite:
    """The same site in each strategy."""
    return make_either_site()


@pytest.fixture(
    params=[
        pytest.param("session-sql", marks=pytest.mark.long),
        "session-valkey",
        "token-sql",
        pytest.param("token-valkey", marks=pytest.mark.long),
    ]
)
def kept_site(request: pytest.FixtureRequest, make_site: MakeSite) -> RealtimeSite:
    """The same site in each strategy, with its logins in each kind of store."""
    return make_site(**_kept(request))


@pytest.fixture(params=["session-valkey", "token-sql"])
def crossed_site(request: pytest.FixtureRequest, make_site: MakeSite) -> RealtimeSite:
    """The same site in each strategy and on each kind of store, but not in each pair of them."""
    return make_site(**_kept(request))


def _kept(request: pytest.FixtureRequest) -> dict[str, Any]:
    strategy, _, store = request.param.partition("-")
    config = {"DOVETAIL_AUTH_STRATEGY": strategy, "DOVETAIL_AUTH_SESSION_STORE": store}
    if store == "valkey":
        config["DOVETAIL_VALKEY_URL"] = request.getfixturevalue("valkey_url")
    return config


@pytest.fixture
def migrated_postgres_url(postgres_url: str) -> str:
    """A PostgreSQL database with our tables."""
    migrate(postgres_url)
    return postgres_url


@pytest.fixture(params=["sqlite", "postgresql"])
def make_any_site(request: pytest.FixtureRequest) -> MakeSite:
    """Makes the same sites on each kind of database."""
    if request.param == "sqlite":
        return request.getfixturevalue("make_site")  # type: ignore[no-any-return]
    url = request.getfixturevalue("migrated_postgres_url")  # first, so that it goes last
    make_site = request.getfixturevalue("make_site")

    def make(**config: Any) -> RealtimeSite:
        return make_site(DOVETAIL_DATABASE_URL=url, **config)  # type: ignore[no-any-return]

    return make


@pytest.fixture
def any_site(make_any_site: MakeSite) -> RealtimeSite:
    """The same site on each kind of database."""
    return make_any_site()
