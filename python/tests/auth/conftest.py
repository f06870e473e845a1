"""Sites on each kind of store and in each strategy, and the stores of their logins."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flask_dovetail.auth.logins.sql import SqlLogins
from support.auth_site import AuthSite, Browser, MakeSite, auth_sites
from support.databases import migrate
from support.login_stores import Store, open_store


@pytest.fixture
def make_site(tmp_path: Path, migrated: Path) -> Iterator[MakeSite]:
    """Makes sites; `engine=` is an engine of the test's, the rest is configuration."""
    with auth_sites(tmp_path, migrated) as make:
        yield make


@pytest.fixture
def site(make_site: MakeSite) -> AuthSite:
    """A site on the defaults: logins in SQLite, in the instance folder."""
    return make_site()


@pytest.fixture
def browser(site: AuthSite) -> Browser:
    return site.browser()


@pytest.fixture(params=["sql", "valkey"])
def any_site(request: pytest.FixtureRequest, make_site: MakeSite) -> AuthSite:
    """The same site on each kind of store."""
    return make_site(**_kept_in(request.param, request))


def _kept_in(store: str, request: pytest.FixtureRequest) -> dict[str, Any]:
    if store == "sql":
        return {}
    url = request.getfixturevalue("valkey_url")
    return {"DOVETAIL_AUTH_SESSION_STORE": "valkey", "DOVETAIL_VALKEY_URL": url}


@pytest.fixture(params=["session-sql", "session-valkey", "token-sql", "token-valkey"])
def either_site(request: pytest.FixtureRequest, make_site: MakeSite) -> AuthSite:
    """The same site in each strategy, on each kind of store; an ended login ends at once."""
    strategy, _, store = request.param.partition("-")
    return make_site(
        DOVETAIL_AUTH_STRATEGY=strategy,
        DOVETAIL_AUTH_REVOCATION="immediate",
        **_kept_in(store, request),
    )


@pytest.fixture(params=["sql", "valkey"])
def any_token_site(request: pytest.FixtureRequest, make_site: MakeSite) -> AuthSite:
    """A site in the token strategy, on each kind of store."""
    return make_site(DOVETAIL_AUTH_STRATEGY="token", **_kept_in(request.param, request))


@pytest.fixture(params=["sqlite", "postgresql", "valkey"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """Every store there is, each empty."""
    if request.param == "valkey":
        url = request.getfixturevalue("valkey_url")
    elif request.param == "postgresql":
        url = request.getfixturevalue("postgres_url")
    else:
        url = f"sqlite:///{tmp_path}/logins.sqlite3"
    if request.param != "valkey":
        migrate(url)
    logins = open_store(request.param, url)
    yield Store(logins, request.param, url)
    if isinstance(logins, SqlLogins):
        logins._bound().dispose()
