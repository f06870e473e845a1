"""Two real providers, and sites whose people sign in with them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from support.databases import migrate
from support.provider_site import Browser, IdentityProvider, MakeSite, ProviderSite, provider_sites


@pytest.fixture(scope="session")
def both_providers() -> Iterator[tuple[IdentityProvider, IdentityProvider]]:
    both = IdentityProvider(), IdentityProvider()
    yield both
    for each in both:
        each.close()


@pytest.fixture
def idp(both_providers: tuple[IdentityProvider, IdentityProvider]) -> IdentityProvider:
    """The provider `starter`, in order."""
    both_providers[0].control()
    return both_providers[0]


@pytest.fixture
def other_idp(both_providers: tuple[IdentityProvider, IdentityProvider]) -> IdentityProvider:
    """The provider `other`: another issuer with the same people and subjects."""
    both_providers[1].control()
    return both_providers[1]


@pytest.fixture
def make_site(
    tmp_path: Path, migrated: Path, idp: IdentityProvider, other_idp: IdentityProvider
) -> Iterator[MakeSite]:
    """Makes sites; `engine=` is a test's own, `newcomers=False` is one without newcomers."""
    with provider_sites(tmp_path, migrated, idp, other_idp) as make:
        yield make


@pytest.fixture(params=["session", "token"])
def site(request: pytest.FixtureRequest, make_site: MakeSite) -> ProviderSite:
    """The same site in each strategy."""
    return make_site(DOVETAIL_AUTH_STRATEGY=request.param)


@pytest.fixture
def browser(site: ProviderSite) -> Browser:
    return site.browser()


@pytest.fixture(params=["sqlite", "postgresql"])
def any_engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An empty database of each kind, with the tables."""
    from sqlalchemy import create_engine

    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_url")
    else:
        url = f"sqlite:///{tmp_path}/connections.sqlite3"
    migrate(url)
    engine = create_engine(url, pool_size=20)
    yield engine
    engine.dispose()
