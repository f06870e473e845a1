"""Password checks take much memory each: so many at once, a queue, and 503 beyond."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

from flask_dovetail import ConfigurationError, password_checks
from support.auth_site import AuthSite, MakeSite

KEYS = {
    name: f"DOVETAIL_AUTH_PASSWORD_CHECKS_{name}" for name in ("MAX", "WAITING_MAX", "WAIT_SECONDS")
}


@contextmanager
def held(site: AuthSite, number: int = 1) -> Iterator[None]:
    """So many checks are running, until the end of the block."""
    let_go = threading.Event()
    running = threading.Barrier(number + 1)

    def check() -> None:
        with site.app.app_context(), password_checks():
            running.wait(10)
            assert let_go.wait(10)

    with ThreadPoolExecutor(number) as pool:
        checks = [pool.submit(check) for _ in range(number)]
        running.wait(10)
        try:
            yield
        finally:
            let_go.set()
            for each in checks:
                each.result()


def wait_for_waiting(site: AuthSite, number: int) -> None:
    """Return when so many checks wait for their turn."""
    deadline = time.monotonic() + 10
    while sum(map(len, site.authority().password_checks._lines.values())) < number:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def assert_refused(answer: Any) -> None:
    assert (answer.status_code, answer.json["code"]) == (503, "SERVICE_UNAVAILABLE")
    assert int(answer.headers["Retry-After"]) >= 1


@pytest.mark.limit("DOVETAIL_AUTH_PASSWORD_CHECKS_MAX")
@pytest.mark.parametrize("strategy", ["session", "token"])
def test_no_more_than_the_maximum_are_checked_at_once(make_site: MakeSite, strategy: str) -> None:
    """Twenty-four sign-ins at once: all succeed, two at a time."""
    site = make_site(
        DOVETAIL_AUTH_STRATEGY=strategy, DOVETAIL_AUTH_LOGIN_LIMIT_PER_ACCOUNT="99/day"
    )
    lock, running, most = threading.Lock(), 0, 0

    def check() -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.005)
        with lock:
            running -= 1

    site.after_reading = check
    with ThreadPoolExecutor(24) as pool:
        answers = [pool.submit(lambda: site.browser().sign_in()) for _ in range(24)]
    assert [each.result().status_code for each in answers] == [200] * 24
    assert most == 2


@pytest.mark.limit("DOVETAIL_AUTH_PASSWORD_CHECKS_WAITING_MAX")
def test_a_full_queue_refuses_at_once(make_site: MakeSite) -> None:
    site = make_site(**{KEYS["MAX"]: 2, KEYS["WAITING_MAX"]: 0})
    with held(site, 2):
        assert_refused(site.browser().sign_in())
        assert site.app.test_client().get("/auth/session").status_code == 200
    assert site.browser().sign_in().status_code == 200


@pytest.mark.limit("DOVETAIL_AUTH_PASSWORD_CHECKS_WAIT_SECONDS")
def test_a_wait_ends(make_site: MakeSite) -> None:
    site = make_site(**{KEYS["MAX"]: 1, KEYS["WAIT_SECONDS"]: 0})
    with held(site):
        assert_refused(site.browser().sign_in())
    assert site.browser().sign_in().status_code == 200


def test_a_refused_attempt_does_not_count(make_site: MakeSite) -> None:
    """It has checked no password: whoever comes at a busy moment is not locked out later."""
    site = make_site(
        **{KEYS["MAX"]: 1, KEYS["WAITING_MAX"]: 0},
        DOVETAIL_AUTH_LOGIN_LIMIT_PER_ACCOUNT="2/hour",
        DOVETAIL_AUTH_LOGIN_LIMIT_PER_ADDRESS="2/hour",
    )
    with held(site):
        for _ in range(5):
            assert_refused(site.browser().sign_in())
    assert site.asked == []
    assert site.browser().sign_in(password="wrong").status_code == 401
    assert site.browser().sign_in().status_code == 200


def test_attempts_that_wait_at_once_are_still_counted(make_site: MakeSite) -> None:
    """All of them have found the account below its limit before the first one counted."""
    site = make_site(**{KEYS["MAX"]: 1}, DOVETAIL_AUTH_LOGIN_LIMIT_PER_ACCOUNT="3/hour")
    browsers = [site.browser() for _ in range(10)]
    for browser in browsers:
        browser.fetch_token()
    with ThreadPoolExecutor(10) as pool, held(site):
        answers = [pool.submit(each.sign_in, password="wrong") for each in browsers]
        wait_for_waiting(site, 10)
    assert sorted(each.result().status_code for each in answers) == [401] * 3 + [429] * 7
    assert len(site.asked) == 3


@pytest.mark.parametrize("strategy", ["session", "token"])
def test_one_address_that_fills_the_queue_keeps_no_other_out(
    make_site: MakeSite, strategy: str
) -> None:
    """Wrong passwords for random emails reach no limit of an account, and the queue is full."""
    site = make_site(
        **{KEYS["MAX"]: 1, KEYS["WAITING_MAX"]: 6},
        DOVETAIL_AUTH_STRATEGY=strategy,
        DOVETAIL_AUTH_LOGIN_LIMIT_PER_ADDRESS="99/hour",
    )
    greedy = [site.browser() for _ in range(7)]
    honest = site.browser()
    for number, browser in enumerate(greedy):
        browser.client.environ_base["REMOTE_ADDR"] = f"2001:db8::{number}"
        browser.fetch_token()
    honest.client.environ_base["REMOTE_ADDR"] = "192.0.2.1"
    honest.fetch_token()
    with ThreadPoolExecutor(8) as pool, held(site):
        refused = [
            pool.submit(each.sign_in, f"nobody{number}", "wrong")
            for number, each in enumerate(greedy[:6])
        ]
        wait_for_waiting(site, 6)
        assert_refused(greedy[6].sign_in("nobody", "wrong"))
        welcome = pool.submit(honest.sign_in)
        while not any(each.done() for each in refused):
            time.sleep(0.01)
        wait_for_waiting(site, 6)
    assert sorted(each.result().status_code for each in refused) == [401] * 5 + [503]
    assert welcome.result().status_code == 200
    assert site.asked.index("ada@example.com") == 1  # the addresses take turns


def test_a_limited_address_takes_no_room(make_site: MakeSite) -> None:
    """It is refused before it could wait where others wait."""
    site = make_site(
        **{KEYS["MAX"]: 1, KEYS["WAITING_MAX"]: 0}, DOVETAIL_AUTH_LOGIN_LIMIT_PER_ADDRESS="1/hour"
    )
    site.browser().sign_in(password="wrong")
    with held(site):
        answer = site.browser().sign_in()
    assert (answer.status_code, answer.json["code"]) == (429, "TOO_MANY_REQUESTS")


def test_a_check_within_a_check_does_not_wait_for_itself(make_site: MakeSite) -> None:
    """An app that puts its hashing behind the bound may call it in `authenticate`, too."""
    site = make_site(**{KEYS["MAX"]: 1, KEYS["WAITING_MAX"]: 0})

    def check() -> None:
        with password_checks():
            pass

    site.after_reading = check
    assert site.browser().sign_in().status_code == 200
    with held(site):
        assert_refused(site.browser().sign_in())


def test_a_failed_check_gives_its_room_back(make_site: MakeSite) -> None:
    site = make_site(**{KEYS["MAX"]: 1, KEYS["WAITING_MAX"]: 0})
    for _ in range(3):
        assert site.browser().sign_in(password="wrong").status_code == 401
    with site.app.app_context():
        for _ in range(2):
            with pytest.raises(KeyError), password_checks():
                raise KeyError
    assert site.browser().sign_in().status_code == 200


@pytest.mark.parametrize(
    ("name", "value"),
    [("MAX", 0), ("WAITING_MAX", -1), ("WAIT_SECONDS", -1), ("WAIT_SECONDS", 10**10)],
)
def test_a_bound_that_cannot_work_is_refused(make_site: MakeSite, name: str, value: int) -> None:
    """With these values nobody could sign in, or the system could not wait so long."""
    with pytest.raises(ConfigurationError, match=f"is {value}") as refused:
        make_site(**{KEYS[name]: value})
    assert refused.value.key == KEYS[name]


def test_the_document_says_503(site: AuthSite) -> None:
    login = site.app.test_client().get("/openapi.json").json["paths"]["/auth/login"]["post"]
    assert "503" in login["responses"]
