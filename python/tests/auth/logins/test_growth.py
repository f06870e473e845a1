"""A person who keeps signing in makes no store grow beyond twice the live logins."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from valkey import Valkey

from flask_dovetail.auth.logins.store import KeptLogin
from support.databases import migrate
from support.growth import grow, in_sql, in_valkey
from support.login_stores import NOW, advance, kept, kept_family, open_store

pytestmark = pytest.mark.long


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_rows_stay_within_twice_the_live_ones(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if kind == "sqlite":
        url = f"sqlite:///{tmp_path}/logins.sqlite3"
    else:
        url = request.getfixturevalue("postgres_url")
    migrate(url)
    with in_sql(url) as store:
        counts = list(grow(store, sign_ins=25_000, people=1000, per_second=2))
    assert counts[-1].sign_ins == 25_000
    assert max(count.kept / count.live for count in counts) <= 2


@pytest.mark.parametrize("store", ["sqlite", "postgresql"], indirect=True)
def test_processes_that_sweep_at_once_forget_each_login_once(store: Any) -> None:
    for _ in range(300):
        kept(store.logins, expires_at=NOW - 100)
    kept(store.logins)

    def sweep(_: int) -> int:
        logins = open_store(store.kind, store.url)
        total = 0
        while forgotten := logins.sweep(now=NOW, limit=10):
            total += forgotten
        logins._bound().dispose()
        return total

    with ThreadPoolExecutor(3) as pool:
        assert sum(pool.map(sweep, range(3))) == 300
    assert len(store.logins.of_subject("ada")) == 1


def test_entries_of_indexes_stay_within_twice_the_live_ones(valkey_url: str) -> None:
    with in_valkey(valkey_url) as store:
        counts = list(grow(store, sign_ins=10_000, people=25, per_second=1))
    assert counts[-1].sign_ins == 10_000
    assert max(count.kept / count.live for count in counts) <= 2


@pytest.fixture
def client(valkey_url: str) -> Any:
    with Valkey.from_url(valkey_url) as client:
        yield client


def entries(client: Any, subject: str = "ada") -> int:
    return int(client.hlen(f"dovetail:logins:{subject}"))


@pytest.mark.parametrize("store", ["valkey"], indirect=True)
@pytest.mark.parametrize("how", ["sign in", "touch", "refresh", "list", "end all"])
def test_whatever_a_person_does_drops_what_has_expired(store: Any, client: Any, how: str) -> None:
    """Each of them has to: a person may do only that for two weeks."""
    if how == "refresh":
        family, token_hash = kept_family(store.logins)
        dead(client)
        assert advance(store.logins, family, token_hash)
    else:
        login, token_hash = kept(store.logins)
        dead(client)
        if how == "sign in":
            kept(store.logins)
        elif how == "touch":
            assert store.logins.touch(login, token_hash, now=NOW + 60)
        elif how == "list":
            store.logins.of_subject("ada")
        else:
            store.logins.end_all("ada", keep=KeptLogin(login.id, None))
    assert entries(client) == {"sign in": 2}.get(how, 1)


def dead(client: Any) -> None:
    """Twenty entries more, of logins whose keys have expired."""
    client.hset("dovetail:logins:ada", mapping={f"id{n}": f"hash{n}" for n in range(20)})


@pytest.mark.parametrize("store", ["valkey"], indirect=True)
def test_one_sign_in_looks_at_so_many_entries_and_no_more(store: Any, client: Any) -> None:
    client.hset("dovetail:logins:ada", mapping={f"id{n}": f"hash{n}" for n in range(10_000)})
    kept(store.logins)
    assert 10_001 - 32 <= entries(client) < 10_001


@pytest.mark.parametrize("store", ["valkey"], indirect=True)
@pytest.mark.parametrize("family", [False, True])
def test_an_index_lives_as_long_as_the_login_that_lives_longest(
    store: Any, client: Any, family: bool
) -> None:
    """Not shorter: an access token asks it whether its login still lives."""
    longest = 7 * 86_400 if family else 3600
    if family:
        kept_family(store.logins)
    kept(store.logins, expires_at=NOW + 100)
    login, token_hash = kept(store.logins)
    assert longest < client.ttl("dovetail:logins:ada") <= longest + 30
    client.expire("dovetail:logins:ada", 10)
    client.expire(f"dovetail:login:{token_hash}", 10)
    store.logins.touch(login, token_hash, now=NOW + 60)
    assert client.ttl("dovetail:logins:ada") >= client.ttl(f"dovetail:login:{token_hash}") > 3600
