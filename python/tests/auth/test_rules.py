"""The rules of logins: tables and properties."""

from __future__ import annotations

import base64
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flask_dovetail.auth.logins.rules import (
    device,
    digest,
    is_live,
    is_secret,
    printable,
    touch_is_due,
)
from flask_dovetail.auth.rates import account_key, parse_rate
from flask_dovetail.auth.request.rules import (
    cookie_values,
    cookies_below,
    csrf_key,
    csrf_matches,
    csrf_token,
    origin_is_allowed,
)

NOW = 1_800_000_000
KEY = csrf_key("a key that is long enough to be one")
SECRETS = st.binary(min_size=32, max_size=32).map(
    lambda raw: base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
)


@pytest.mark.parametrize(
    ("seen_ago", "expires_in", "live"),
    [
        (0, 1000, True),
        (3600, 1000, True),
        (3630, 1000, True),  # within the clock skew of 30 s
        (3631, 1000, False),
        (0, -30, True),
        (0, -31, False),
        (-30, 1000, True),  # seen by a worker whose clock is ahead
    ],
)
def test_a_login_is_live_until_a_limit_is_past_by_every_clock(
    seen_ago: int, expires_in: int, live: bool
) -> None:
    told = is_live(
        last_seen_at=NOW - seen_ago, expires_at=NOW + expires_in, now=NOW, idle_seconds=3600
    )
    assert told is live


@given(
    seen=st.integers(0, 10**6),
    life=st.integers(1, 10**6),
    idle=st.integers(1, 10**6),
    now=st.integers(0, 3 * 10**6),
    skew=st.integers(-30, 30),
)
def test_a_login_never_revives_and_no_skew_ends_one_early(
    seen: int, life: int, idle: int, now: int, skew: int
) -> None:
    def live(at: int) -> bool:
        return is_live(last_seen_at=seen, expires_at=life, now=at, idle_seconds=idle)

    if live(now + 1):
        assert live(now)
    if now <= life and now <= seen + idle:
        assert live(now + skew)


@given(seen=st.integers(0, 10**6), now=st.integers(0, 10**6), every=st.integers(0, 10**4))
def test_touching_never_goes_back_and_is_throttled(seen: int, now: int, every: int) -> None:
    due = touch_is_due(last_seen_at=seen, now=now, touch_seconds=every)
    assert due is (now > seen and now - seen >= every)


@pytest.mark.parametrize(
    ("written", "rate"),
    [
        ("10/5 minutes", (10, 300)),
        ("100/hour", (100, 3600)),
        ("1 / 2 Days", (1, 172_800)),
        ("5/second", (5, 1)),
        ("0/minute", None),
        ("10/0 minutes", None),
        ("ten per minute", None),
        ("", None),
    ],
)
def test_rates_are_read_as_written(written: str, rate: tuple[int, int] | None) -> None:
    assert parse_rate(written) == rate


@pytest.mark.parametrize(
    ("header", "values"),
    [
        (None, set()),
        ("", set()),
        ("sid=one", {"one"}),
        ("a=b; sid=one; c=d", {"one"}),
        ("sid=one;sid=one", {"one"}),
        ("sid=one; sid=two", {"one", "two"}),
        ("__Host-sid=other; sidecar=x; xsid=y", set()),
        ("sid", {""}),
        ("sid=a=b", {"a=b"}),
        (" \tsid\t = one \t", {"one"}),
        *((f"{blank}sid=planted", set()) for blank in "\x0b\x0c\x1c\x1f\x85\xa0"),
    ],
)
def test_every_value_of_a_cookie_is_seen(header: str | None, values: set[str]) -> None:
    assert cookie_values(header, "sid") == values


@given(st.text(max_size=300), SECRETS)
def test_a_cookie_is_found_whatever_stands_beside_it(noise: str, secret: str) -> None:
    header = f"{noise.replace('sid', '')}; sid={secret}"
    assert secret in cookie_values(header, "sid")


@given(SECRETS)
def test_our_secrets_have_the_form_of_secrets(secret: str) -> None:
    assert is_secret(secret)


@pytest.mark.parametrize("value", ["", "short", "x" * 42, "x" * 44, "x" * 42 + "\n", "é" * 43])
def test_other_values_do_not(value: str) -> None:
    assert not is_secret(value)


ALLOWED = frozenset({"https://app.example.com", "https://api.example.com"})


@pytest.mark.parametrize(
    ("origin", "fetch_site", "allowed"),
    [
        ("https://app.example.com", None, True),
        ("https://app.example.com", "cross-site", True),
        (None, None, True),
        (None, "same-origin", True),
        (None, "same-site", True),
        (None, "none", True),
        (None, "cross-site", False),
        ("null", None, False),
        ("", None, False),
        ("https://evil.example", None, False),
        ("https://app.example.com.evil.example", None, False),
        ("https://evilapp.example.com", None, False),
        ("http://app.example.com", None, False),
        ("https://app.example.com:8443", None, False),
        ("https://app.example.com/", None, False),
        ("https://app.example.com,https://evil.example", None, False),
        ("HTTPS://APP.EXAMPLE.COM", None, False),
    ],
)
def test_an_origin_is_allowed_exactly_or_not_at_all(
    origin: str | None, fetch_site: str | None, allowed: bool
) -> None:
    assert origin_is_allowed(origin, fetch_site, ALLOWED) is allowed


@given(SECRETS, SECRETS, st.sampled_from(["sid", "csrf"]))
def test_a_csrf_token_fits_its_own_cookie_and_no_other(one: str, other: str, kind: str) -> None:
    token = csrf_token(KEY, kind, one)
    assert csrf_matches([KEY], kind, one, token)
    assert csrf_matches([csrf_key("newer key, first"), KEY], kind, one, token)
    if one != other:
        assert not csrf_matches([KEY], kind, other, token)
    assert not csrf_matches([KEY], "csrf" if kind == "sid" else "sid", one, token)
    assert not csrf_matches([csrf_key("another key")], kind, one, token)


@given(st.text(max_size=200))
def test_no_text_is_too_odd_to_be_compared(presented: str) -> None:
    assert not csrf_matches([KEY], "sid", "x" * 43, presented)


@given(SECRETS)
def test_stored_hash_does_not_contain_the_session_id(secret: str) -> None:
    kept = digest(secret)
    assert len(kept) == 64
    assert secret not in kept


@pytest.mark.parametrize(
    "spellings",
    [
        ("Ada@Example.com", " ada@example.com ", "\uff41da@example.com"),
        ("STRASSE@example.com", "straße@example.com"),
    ],
)
def test_spellings_of_one_account_are_counted_together(spellings: tuple[str, ...]) -> None:
    assert len({account_key(each) for each in spellings}) == 1


@given(st.text(max_size=400), st.integers(0, 256))
def test_kept_text_is_printable_and_short(text: str, limit: int) -> None:
    kept = printable(text, limit)
    assert len(kept) <= limit
    assert kept.isprintable()


CHROME = "Mozilla/5.0 ({}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/149.0.0.0 Safari/537.36"


@pytest.mark.parametrize(
    ("user_agent", "label"),
    [
        (CHROME.format("Macintosh; Intel Mac OS X 10_15_7"), "Chrome on macOS"),
        (CHROME.format("Windows NT 10.0; Win64; x64") + " Edg/149.0.0.0", "Edge on Windows"),
        (CHROME.format("X11; Linux x86_64"), "Chrome on Linux"),
        (CHROME.format("Linux; Android 14; K"), "Chrome on Android"),
        (CHROME.format("X11; CrOS x86_64 14541.0.0"), "Chrome on ChromeOS"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1",
            "Safari on iPhone",
        ),
        (
            "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
            "Firefox on Linux",
        ),
        ("curl/8.9.1", "curl"),
        ("something else", ""),
        ("", ""),
    ],
)
def test_a_device_is_named_for_people(user_agent: str, label: str) -> None:
    assert device(user_agent) == label


@given(st.text(alphabet="ab=; \t\x85", max_size=60))
def test_cookies_below_a_prefix_are_those_that_each_name_has(header: str) -> None:
    below = cookies_below(header, "a")
    assert below == {name: cookie_values(header, name) for name in below}
    names = {part.partition("=")[0].strip(" \t") for part in header.split(";")}
    assert below.keys() == {name for name in names if name.startswith("a")}


def test_many_cookies_below_a_prefix_are_read_in_one_pass() -> None:
    """A name that is looked for in the whole header again would take half a minute here."""
    header = ";".join(f"idp-{number}=x" for number in range(20_000))
    began = time.perf_counter()
    assert len(cookies_below(header, "idp-")) == 20_000
    assert time.perf_counter() - began < 2
