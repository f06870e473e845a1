"""A provider that is down or hangs holds up one thread, and that one not for long."""

from __future__ import annotations

import logging
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import pytest

from flask_dovetail.auth.providers import client as client_module
from flask_dovetail.auth.providers.metadata import Metadata, MetadataCache, ProviderFault
from support.provider_site import (
    IdentityProvider,
    MakeSite,
    ProviderSite,
    query_of,
    set_client_clock,
)

THREADS = 8
WAIT_SECONDS = 5.0


@pytest.fixture
def site(make_site: MakeSite) -> ProviderSite:
    """One strategy is enough: no login is begun."""
    return make_site()


def starts_at_once(site: ProviderSite) -> list[str]:
    """Where visitors who begin at the same moment are sent."""
    barrier = Barrier(THREADS)

    def start(_: int) -> str:
        browser = site.browser()
        barrier.wait()
        return browser.start().location

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(start, range(THREADS)))


def test_visitors_who_come_first_at_once_wait_for_one_discovery(
    site: ProviderSite, idp: IdentityProvider
) -> None:
    idp.control(delay_seconds={"discovery": 0.3})
    assert all("/authorize?" in location for location in starts_at_once(site))
    assert idp.asked() == {"discovery": 1}


def test_visitors_of_a_provider_that_hangs_wait_for_one_discovery_together(
    site: ProviderSite, idp: IdentityProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.browser().start("other")  # what is imported first is none of the wait
    monkeypatch.setattr(client_module, "TIMEOUT_SECONDS", 0.5)
    idp.control(delay_seconds={"discovery": 3})
    began = time.monotonic()
    problems = [query_of(location)["problem"] for location in starts_at_once(site)]
    assert problems == ["PROVIDER_FAILED"] * THREADS
    assert time.monotonic() - began < 2
    assert idp.asked() == {"discovery": 1}


def test_a_failure_is_remembered_for_five_seconds(
    site: ProviderSite, idp: IdentityProvider
) -> None:
    now = time.monotonic()
    set_client_clock(site, now)
    idp.control(status={"discovery": 500})
    browser = site.browser()
    for seconds, asked in ((0, 1), (4.9, 1), (5, 2), (9.9, 2)):
        set_client_clock(site, now + seconds)
        assert query_of(browser.start().location)["problem"] == "PROVIDER_FAILED"
        assert idp.asked() == {"discovery": asked}
    idp.control()
    set_client_clock(site, now + 10)
    assert "/authorize?" in browser.start().location


def test_old_metadata_serve_while_they_cannot_be_read_again(
    site: ProviderSite, idp: IdentityProvider, caplog: pytest.LogCaptureFixture
) -> None:
    site.browser().sign_in(idp)
    late = time.monotonic() + 3600
    set_client_clock(site, late)
    idp.control(status={"discovery": 500})
    for person in ("ada", "ada"):
        browser = site.browser()
        browser.sign_in(idp, person)
        assert browser.who() == "account-1"
    assert idp.asked()["discovery"] == 1
    old = [record for record in caplog.records if record.message == "provider metadata is old"]
    assert [(r.levelno, r.provider, r.reason) for r in old] == [  # type: ignore[attr-defined]
        (logging.WARNING, "starter", "discovery: HTTPError 500")
    ]
    idp.control()
    set_client_clock(site, late + 5)
    site.browser().start()
    site.browser().start()
    assert idp.asked() == {"discovery": 1}


METADATA = Metadata("https://id.example/a", "https://id.example/t", None, None, (), "", False)


class Asked:
    """A provider that answers when it is told to, and a clock that is moved by hand."""

    def __init__(self, *, wait_seconds: float = 60) -> None:
        self.now = 0.0
        self.times = 0
        self.fails = False
        self.begun = Event()
        self.answers = Event()
        self.answers.set()
        self.kept = MetadataCache(
            "starter", self._ask, clock=lambda: self.now, wait_seconds=wait_seconds
        )

    def hang(self) -> None:
        self.begun.clear()
        self.answers.clear()

    def _ask(self) -> Metadata:
        self.times += 1
        self.begun.set()
        assert self.answers.wait(WAIT_SECONDS)
        if self.fails:
            raise ProviderFault("down")
        return METADATA


def test_nobody_waits_for_a_reading_again_who_has_old_metadata() -> None:
    asked = Asked()
    asked.kept.get()
    asked.now = 3600
    asked.hang()
    with ThreadPoolExecutor(1) as pool:
        again = pool.submit(asked.kept.get)
        assert asked.begun.wait(WAIT_SECONDS)
        assert asked.kept.get() == METADATA
        assert not again.done()
        asked.answers.set()
    assert asked.times == 2


def test_nobody_waits_for_a_second_attempt_either() -> None:
    asked = Asked()
    asked.fails = True
    with pytest.raises(ProviderFault):
        asked.kept.get()
    asked.now = 5
    asked.fails = False
    asked.hang()
    with ThreadPoolExecutor(1) as pool:
        again = pool.submit(asked.kept.get)
        assert asked.begun.wait(WAIT_SECONDS)
        with pytest.raises(ProviderFault, match="down"):
            asked.kept.get()
        assert not again.done()
        asked.answers.set()
        assert again.result() == METADATA
    assert asked.kept.get() == METADATA
    assert asked.times == 2


def test_a_first_discovery_without_end_holds_up_nobody_else_for_ever() -> None:
    asked = Asked(wait_seconds=0.05)
    asked.hang()
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(asked.kept.get)
        assert asked.begun.wait(WAIT_SECONDS)
        with pytest.raises(ProviderFault, match="another thread"):
            asked.kept.get()
        asked.answers.set()
        assert first.result() == METADATA
