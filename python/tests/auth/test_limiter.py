"""How often a password may be tried, counted in memory and in Valkey alike."""

from __future__ import annotations

import logging
import time
from typing import Any

import pytest

from flask_dovetail.auth.limiter import LoginLimiter
from flask_dovetail.auth.rates import Rate
from support.auth_site import AuthSite, MakeSite


@pytest.fixture(params=["memory", "valkey"])
def site(request: pytest.FixtureRequest, make_site: MakeSite) -> AuthSite:
    config: dict[str, Any] = {
        "DOVETAIL_AUTH_LOGIN_LIMIT_PER_ACCOUNT": "3/5 minutes",
        "DOVETAIL_AUTH_LOGIN_LIMIT_PER_ADDRESS": "8/5 minutes",
    }
    if request.param == "valkey":
        config["DOVETAIL_VALKEY_URL"] = request.getfixturevalue("valkey_url")
    return make_site(**config)


def attempt(
    site: AuthSite, email: str = "ada", *, good: bool = False, address: str = "192.0.2.1"
) -> Any:
    browser = site.browser()
    where = {"REMOTE_ADDR": address}
    if good:
        return browser.sign_in(email, environ_base=where)
    return browser.sign_in(email, "wrong", environ_base=where)


@pytest.mark.limit("DOVETAIL_AUTH_LOGIN_LIMIT_PER_ACCOUNT")
def test_attempts_on_one_account_are_limited_wherever_they_come_from(site: AuthSite) -> None:
    for number in range(3):
        assert attempt(site, address=f"192.0.2.{number}").status_code == 401
    answer = attempt(site, good=True, address="198.51.100.1")
    assert answer.status_code == 429
    assert answer.json["code"] == "TOO_MANY_REQUESTS"
    assert 1 <= int(answer.headers["Retry-After"]) <= 300
    assert attempt(site, "bob", good=True).status_code == 200


def test_a_limited_attempt_is_not_checked(site: AuthSite) -> None:
    for _ in range(6):
        attempt(site)
    assert len(site.asked) == 3


def test_a_success_starts_the_accounts_count_again(site: AuthSite) -> None:
    for _ in range(2):
        assert attempt(site).status_code == 401
        assert attempt(site).status_code == 401
        assert attempt(site, good=True).status_code == 200


@pytest.mark.limit("DOVETAIL_AUTH_LOGIN_LIMIT_PER_ADDRESS")
def test_attempts_from_one_address_are_limited_whatever_the_account(site: AuthSite) -> None:
    for number in range(8):
        assert attempt(site, f"nobody{number}").status_code == 401
    assert attempt(site, good=True).status_code == 429
    assert attempt(site, good=True, address="192.0.2.2").status_code == 200


def test_a_refused_address_locks_nobody_out(site: AuthSite) -> None:
    for number in range(8):
        assert attempt(site, f"nobody{number}").status_code == 401
    for _ in range(3):
        assert attempt(site, "ada").status_code == 429
    assert attempt(site, "ada", good=True, address="192.0.2.2").status_code == 200


def test_attempt_that_its_address_refuses_counts_for_no_account() -> None:
    """Attempts of one moment pass the question before the count together."""
    limiter = LoginLimiter(
        per_account=Rate(2, 300), per_address=Rate(1, 300), valkey=None, key=b"key"
    )
    assert limiter.attempt("nobody", "192.0.2.1") is None
    for _ in range(3):
        assert limiter.attempt("ada", "192.0.2.1") is not None
    assert limiter.attempt("ada", "192.0.2.2") is None


def test_old_attempts_are_forgotten_in_memory() -> None:
    """Otherwise attempts with ever new emails would fill the process."""
    limiter = LoginLimiter(
        per_account=Rate(3, 1), per_address=Rate(1000, 1), valkey=None, key=b"key"
    )
    for number in range(500):
        assert limiter.attempt(f"nobody{number}", "192.0.2.1") is None
    kept: Any = [count.limiter.storage for count in limiter._open().values()]
    time.sleep(1.1)
    limiter.attempt("ada", "192.0.2.1")
    assert [len(storage._windows) for storage in kept] == [1, 1]


def test_many_new_emails_do_not_evict_addresses() -> None:
    limiter = LoginLimiter(
        per_account=Rate(3, 60), per_address=Rate(5, 60), valkey=None, key=b"key"
    )
    accounts: Any = limiter._open()["account"].limiter.storage
    accounts._max_keys = 2
    for number in range(5):
        assert limiter.attempt(f"nobody{number}", "192.0.2.1") is None
    assert limiter.attempt("another", "192.0.2.1") is not None


def test_spellings_of_one_account_share_its_limit(site: AuthSite) -> None:
    for email in ("ada", "ADA", "\uff21da"):
        assert attempt(site, email).status_code == 401
    assert attempt(site, "aDa").status_code == 429


def test_an_unknown_account_is_limited_like_a_known_one(site: AuthSite) -> None:
    known = [attempt(site, "ada").status_code for _ in range(4)]
    unknown = [attempt(site, "nobody", address="192.0.2.3").status_code for _ in range(4)]
    assert known == unknown == [401, 401, 401, 429]


def test_reading_a_session_and_logging_out_are_not_limited(site: AuthSite) -> None:
    browser = site.browser()
    browser.sign_in()
    for _ in range(20):
        assert browser.get("/api/me").status_code == 200
        assert browser.post("/auth/logout-others").status_code == 200


def test_counts_in_valkey_reveal_no_email_or_address(make_site: MakeSite, valkey_url: str) -> None:
    from valkey import Valkey

    site = make_site(DOVETAIL_VALKEY_URL=valkey_url)
    attempt(site, address="192.0.2.77")
    with Valkey.from_url(valkey_url) as client:
        keys = b" ".join(client.keys())
    assert keys
    assert b"ada" not in keys
    assert b"192.0.2.77" not in keys


def test_workers_that_share_valkey_share_the_count(make_site: MakeSite, valkey_url: str) -> None:
    workers = [make_site(DOVETAIL_VALKEY_URL=valkey_url) for _ in range(2)]
    for number in range(10):
        assert attempt(workers[number % 2]).status_code == 401
    assert attempt(workers[0]).status_code == 429


def test_no_log_line_names_the_account_or_the_password(
    site: AuthSite, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "flask_dovetail.auth")
    for _ in range(4):
        attempt(site)
    attempt(site, "bob", good=True)
    told = [record for record in caplog.records if record.name == "flask_dovetail.auth"]
    assert [record.getMessage() for record in told] == [
        *["login refused"] * 4,
        "login began",
    ]
    everything = " ".join(str(vars(record)) for record in told)
    assert "example.com" not in everything
    assert "wrong" not in everything
