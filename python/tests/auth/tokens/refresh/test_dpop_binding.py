"""A family is bound in the step that rotates it: on SQLite, PostgreSQL and Valkey alike."""

from __future__ import annotations

import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from flask_dovetail.auth.logins.store import Family
from flask_dovetail.auth.tokens.refresh.families import Families, Refreshed
from flask_dovetail.auth.tokens.refresh.rules import RefreshToken, handle_hash
from flask_dovetail.contract.problems import InvalidDpopProof
from flask_dovetail.core.identity import Login

DAY = 86400
NOW = int(time.time())


@pytest.fixture
def families(store: Any) -> Families:
    return Families(lambda: store.logins, keys=(b"a key",), grace_seconds=10, idle_seconds=7 * DAY)


def begun(families: Families, bound_key: str | None = None) -> RefreshToken:
    login = Login(
        str(uuid.uuid4()), "ada", NOW, NOW, NOW + 14 * DAY, 'a "browser" é\n', "192.0.2.7"
    )
    return families.begin(login, bound_key=bound_key)


def kept(store: Any, token: RefreshToken) -> Family:
    found: Family | None = store.logins.find_family(handle_hash(token.handle))
    assert found is not None
    return found


class Proving:
    """Proves to have one key; refuses for families that are bound to another."""

    def __init__(self, key: str | None) -> None:
        self.key = key

    def __call__(self, family: Family) -> str | None:
        if family.bound_key not in (None, self.key):
            raise InvalidDpopProof
        return self.key


def test_the_rotation_binds_and_changes_nothing_else(store: Any, families: Families) -> None:
    token = begun(families)
    before = kept(store, token)
    outcome = families.refresh(token, now=NOW, prove=Proving("thumbprint"))
    assert isinstance(outcome, Refreshed)
    after = kept(store, token)
    assert after.bound_key == "thumbprint"
    assert after.login == before.login
    assert after.refresh_hash != before.refresh_hash
    assert len(after.rotations) == 1
    [listed] = store.logins.of_subject("ada")
    assert listed == before.login
    again = families.refresh(outcome.token, now=NOW + 5, prove=Proving("thumbprint"))
    assert isinstance(again, Refreshed)
    assert kept(store, token).bound_key == "thumbprint"
    assert len(kept(store, token).rotations) == 2
    assert store.logins.end("ada", before.login.id)
    assert store.logins.find_family(handle_hash(token.handle)) is None


def test_a_bound_family_is_never_bound_again(store: Any, families: Families) -> None:
    token = begun(families, "thumbprint")
    with pytest.raises(InvalidDpopProof):
        families.refresh(token, now=NOW, prove=Proving("another"))
    for prove in (None, lambda _: "another"):  # where DPoP is off; and whatever is proven
        outcome = families.refresh(token, now=NOW, prove=prove)
        assert isinstance(outcome, Refreshed)
        token = outcome.token
        assert kept(store, token).bound_key == "thumbprint"


def test_a_swap_that_was_lost_binds_nothing(store: Any, families: Families) -> None:
    token = begun(families)
    stale = kept(store, token)
    families.refresh(token, now=NOW)
    assert not store.logins.advance(
        stale,
        handle_hash(token.handle),
        refresh_hash="0" * 64,
        kept=(),
        key="k",
        now=NOW,
        bind="thumbprint",
    )
    assert kept(store, token).bound_key is None


def test_key_is_checked_before_the_token(store: Any, families: Families) -> None:
    """A token that would end the family does not, where the key is not proven."""
    token = begun(families, "thumbprint")
    forged = token._replace(secret="A" * 43)
    with pytest.raises(InvalidDpopProof):
        families.refresh(forged, now=NOW, prove=Proving(None))
    assert isinstance(families.refresh(token, now=NOW, prove=Proving("thumbprint")), Refreshed)


def test_of_two_keys_that_race_one_binds_and_the_other_is_refused(
    store: Any, families: Families
) -> None:
    """Never both, never neither; and who presents no key is served or refused, never ended."""
    for _ in range(10):
        token = begun(families)
        ready = threading.Barrier(4)

        def run(
            key: str | None, token: RefreshToken = token, ready: threading.Barrier = ready
        ) -> str:
            ready.wait()
            try:
                outcome = families.refresh(token, now=NOW, prove=Proving(key))
            except InvalidDpopProof:
                return "refused"
            assert isinstance(outcome, Refreshed), outcome
            return outcome.token.secret

        with ThreadPoolExecutor(4) as pool:
            one, other, *without = pool.map(run, ["one", "other", None, None])
        bound = kept(store, token).bound_key
        got = {answer for answer in (one, other, *without) if answer != "refused"}
        assert len(got) == 1
        if bound == "one":
            assert one != "refused"
            assert other == "refused"
        elif bound == "other":
            assert other != "refused"
            assert one == "refused"
        else:  # the swap went to one without a key, and both keys came within the window
            assert "refused" not in (one, other, *without)
        assert len(kept(store, token).rotations) == 1
