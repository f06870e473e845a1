"""Origins are kept exactly as a browser sends them, or refused with key and cure."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flask_dovetail.core.errors import ConfigurationError
from flask_dovetail.topology import Origin

KEY = "DOVETAIL_FRONTEND_ORIGINS"


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("https://app.example.com", "https://app.example.com"),
        ("HTTPS://App.Example.COM", "https://app.example.com"),
        ("https://app.example.com:443", "https://app.example.com"),
        ("https://app.example.com:0443", "https://app.example.com"),
        ("http://app.test:80", "http://app.test"),
        ("https://app.example.com:80", "https://app.example.com:80"),
        ("http://localhost:443", "http://localhost:443"),
        ("http://localhost:5173", "http://localhost:5173"),
        ("http://127.0.0.1:5000", "http://127.0.0.1:5000"),
        ("http://[::1]:5000", "http://[::1]:5000"),
        ("http://[0:0:0:0:0:0:0:1]:80", "http://[::1]"),
        ("https://[2001:DB8:0:0::1]", "https://[2001:db8::1]"),
        ("https://[::ffff:192.0.2.1]", "https://[::ffff:c000:201]"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        ("https://BÜCHER.example:8443", "https://xn--bcher-kva.example:8443"),
        ("https://한국.kr", "https://xn--3e0b707e.kr"),
        ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example"),
        ("https://例え。jp", "https://xn--r8jz45g.jp"),
        ("http://web_app:8000", "http://web_app:8000"),
        ("http://\uff11\uff12\uff17.0.0.1", "http://127.0.0.1"),
    ],
)
def test_an_origin_is_serialised_as_a_browser_would(given: str, sent: str) -> None:
    assert str(Origin.parse(given, key=KEY)) == sent


@pytest.mark.parametrize(
    "given",
    [
        "",
        "null",
        "*",
        "https://*",
        "https://*.example.com",
        "https://app.*.com",
        "http://localhost:*",
        "example.com",
        "//example.com",
        "https:example.com",
        "https:/example.com",
        "https://",
        "https://:443",
        "https://app.example.com/",
        "https://app.example.com/app",
        "https://app.example.com?x=1",
        "https://app.example.com#top",
        "https://app.example.com\\x",
        "https://user@app.example.com",
        "https://user:hunter2@app.example.com",
        "https://app.example.com, https://b.example.com",
        " https://app.example.com",
        "https://app.example.com\n",
        "https://app.example.com\x00",
        "https://app example.com",
        "https://app.example.com.",
        "https://app..example.com",
        "https://.example.com",
        "https://app.example.com:",
        "https://app.example.com:0",
        "https://app.example.com:65536",
        "https://app.example.com:99999",
        "https://app.example.com:https",
        "https://app.example.com:\uff14\uff14\uff13",
        "https://app.example.com:1:2",
        "https://ex%61mple.com",
        "https://127.1",
        "https://0x7f000001",
        "https://2130706433",
        "https://127.0.0.256",
        "https://127.0.0.01",
        "https://example.1",
        "https://[::1",
        "https://::1",
        "https://[fe80::1%25eth0]",
        "https://[fe80::1%eth0]",
        "https://[v7.1]",
        "https://faß.example",
        "https://" + "a" * 64 + ".example",
        "https://" + "a." * 130 + "example",
        "ftp://example.com",
        "ws://example.com",
        "file:///etc/passwd",
        "capacitor://localhost",
        "javascript:alert(1)",
        "data:text/html,x",
    ],
)
def test_inexact_origin_is_refused_with_key_and_cure(given: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        Origin.parse(given, key=KEY)
    assert refused.value.key == KEY
    assert KEY in refused.value.fact
    assert refused.value.cure.endswith(".")


@pytest.mark.parametrize(
    "given", ["https://user:hunter2@a.example", "https:user:hunter2@a.example"]
)
def test_a_password_in_a_refused_origin_is_not_repeated(given: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        Origin.parse(given, key=KEY)
    assert "hunter2" not in str(refused.value)


def test_the_cure_for_a_trailing_slash_is_the_exact_value_to_write() -> None:
    with pytest.raises(ConfigurationError, match=r"write https://app\.example\.com\."):
        Origin.parse("https://app.example.com/", key=KEY)


@pytest.mark.parametrize(
    ("origin", "loopback"),
    [
        ("http://localhost", True),
        ("http://app.localhost", True),
        ("http://127.9.9.9", True),
        ("http://[::1]", True),
        ("http://notlocalhost", False),
        ("http://localhost.example.com", False),
        ("http://10.0.0.1", False),
    ],
)
def test_loopback_hosts_are_told_from_others(origin: str, loopback: bool) -> None:
    assert Origin.parse(origin, key=KEY).is_loopback is loopback


LABELS = st.from_regex(r"[a-zA-Z]([a-zA-Z0-9-]{0,10}[a-zA-Z])?", fullmatch=True)
HOSTS = st.lists(LABELS, min_size=1, max_size=4).map(".".join) | st.ip_addresses(v=4).map(str)
ORIGINS = st.builds(
    lambda scheme, host, port: f"{scheme}://{host}" + (f":{port}" if port else ""),
    st.sampled_from(["http", "https", "HTTPS"]),
    HOSTS | st.ip_addresses(v=6).map(lambda address: f"[{address}]"),
    st.none() | st.integers(1, 65535),
)


@given(ORIGINS)
def test_serialising_and_parsing_again_changes_nothing(text: str) -> None:
    origin = Origin.parse(text, key=KEY)
    assert Origin.parse(str(origin), key=KEY) == origin
    assert str(origin) == str(origin).lower()


@given(st.text() | st.text(alphabet="htps:/*@[].:0123456789abc\\?#% \n"))
def test_any_text_is_either_an_exact_origin_or_a_configuration_error(text: str) -> None:
    try:
        origin = Origin.parse(text, key=KEY)
    except ConfigurationError:
        return
    assert "*" not in str(origin)
    assert str(origin).isascii()
    assert not set(str(origin)) & set(" \n\r\t@?#\\%,")
