"""From one declaration follow relation, cookie, CORS, Origin check, sockets and connect-src."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import FrozenInstanceError
from typing import Any, NamedTuple

import pytest

from flask_dovetail.topology import Topology


class Case(NamedTuple):
    """A declaration and what has to follow from it."""

    declared: dict[str, Any]
    relation: str
    cookie: str
    cors: set[str]
    connect_src: str


def declared(
    api: str, *frontends: str, ssr: tuple[str, ...] = (), domain: str | None = None
) -> dict[str, Any]:
    return {
        "api_origin": api,
        "frontend_origins": frontends,
        "ssr_origins": ssr,
        "cookie_domain": domain,
    }


PLAIN = "sid; Path=/; SameSite=Lax"
HOST = "__Host-sid; Path=/; SameSite=Lax; Secure"
CROSS = "__Host-sid; Path=/; SameSite=None; Secure; Partitioned"

CASES = {
    "nothing declared": Case({}, "same-origin", PLAIN, set(), "'self'"),
    "one https origin": Case(declared("https://example.com"), "same-origin", HOST, set(), "'self'"),
    "the API listed as its own frontend": Case(
        declared("https://example.com", "https://EXAMPLE.com:443"),
        "same-origin",
        HOST,
        set(),
        "'self'",
    ),
    "two ports of localhost": Case(
        declared("http://localhost:5000", "http://localhost:5173"),
        "same-site",
        PLAIN,
        {"http://localhost:5173"},
        "'self' http://localhost:5000 ws://localhost:5000",
    ),
    "two ports of 127.0.0.1": Case(
        declared("http://127.0.0.1:5000", "http://127.0.0.1:5173"),
        "same-site",
        PLAIN,
        {"http://127.0.0.1:5173"},
        "'self' http://127.0.0.1:5000 ws://127.0.0.1:5000",
    ),
    "two ports of ::1": Case(
        declared("http://[::1]:5000", "http://[::1]:5173"),
        "same-site",
        PLAIN,
        {"http://[::1]:5173"},
        "'self' http://[::1]:5000 ws://[::1]:5000",
    ),
    "https on localhost": Case(
        declared("https://localhost:5000", "https://localhost:5173"),
        "same-site",
        HOST,
        {"https://localhost:5173"},
        "'self' https://localhost:5000 wss://localhost:5000",
    ),
    "localhost and 127.0.0.1 by https": Case(
        declared("https://localhost:5000", "https://127.0.0.1:5173"),
        "cross-site",
        CROSS,
        {"https://127.0.0.1:5173"},
        "'self' https://localhost:5000 wss://localhost:5000",
    ),
    "sibling hosts": Case(
        declared("https://api.example.com", "https://app.example.com"),
        "same-site",
        HOST,
        {"https://app.example.com"},
        "'self' https://api.example.com wss://api.example.com",
    ),
    "apex and subdomain": Case(
        declared("https://example.com", "https://www.example.com"),
        "same-site",
        HOST,
        {"https://www.example.com"},
        "'self' https://example.com wss://example.com",
    ),
    "sibling hosts under a two-label suffix": Case(
        declared("https://api.example.co.uk", "https://app.example.co.uk"),
        "same-site",
        HOST,
        {"https://app.example.co.uk"},
        "'self' https://api.example.co.uk wss://api.example.co.uk",
    ),
    "two owners under a two-label suffix": Case(
        declared("https://one.co.uk", "https://two.co.uk"),
        "cross-site",
        CROSS,
        {"https://two.co.uk"},
        "'self' https://one.co.uk wss://one.co.uk",
    ),
    "two tenants of a private suffix": Case(
        declared("https://one.github.io", "https://two.github.io"),
        "cross-site",
        CROSS,
        {"https://two.github.io"},
        "'self' https://one.github.io wss://one.github.io",
    ),
    "an exception rule of the list": Case(
        declared("https://api.www.ck", "https://app.www.ck"),
        "same-site",
        HOST,
        {"https://app.www.ck"},
        "'self' https://api.www.ck wss://api.www.ck",
    ),
    "a wildcard rule of the list": Case(
        declared("https://a.example.ck", "https://b.other.ck"),
        "cross-site",
        CROSS,
        {"https://b.other.ck"},
        "'self' https://a.example.ck wss://a.example.ck",
    ),
    "IDN siblings, one of them in Unicode": Case(
        declared("https://api.bücher.de", "https://app.xn--bcher-kva.de"),
        "same-site",
        HOST,
        {"https://app.xn--bcher-kva.de"},
        "'self' https://api.xn--bcher-kva.de wss://api.xn--bcher-kva.de",
    ),
    "an IDN suffix": Case(
        declared("https://one.個人.hk", "https://two.個人.hk"),
        "cross-site",
        CROSS,
        {"https://two.xn--gmqw5a.hk"},
        "'self' https://one.xn--gmqw5a.hk wss://one.xn--gmqw5a.hk",
    ),
    "another site": Case(
        declared("https://api.example.com", "https://example.org"),
        "cross-site",
        CROSS,
        {"https://example.org"},
        "'self' https://api.example.com wss://api.example.com",
    ),
    "the widest relation of several frontends": Case(
        declared(
            "https://api.example.com",
            "https://api.example.com",
            "https://app.example.com",
            "https://partner.org",
        ),
        "cross-site",
        CROSS,
        {"https://app.example.com", "https://partner.org"},
        "'self' https://api.example.com wss://api.example.com",
    ),
    "two addresses": Case(
        declared("https://10.0.0.1", "https://10.0.0.2"),
        "cross-site",
        CROSS,
        {"https://10.0.0.2"},
        "'self' https://10.0.0.1 wss://10.0.0.1",
    ),
    "private names by http": Case(
        declared("http://api.shop.internal:8000", "http://app.shop.internal"),
        "same-site",
        PLAIN,
        {"http://app.shop.internal"},
        "'self' http://api.shop.internal:8000 ws://api.shop.internal:8000",
    ),
    "a private address by http": Case(
        declared("http://192.168.1.5:5000"), "same-origin", PLAIN, set(), "'self'"
    ),
    "a compose service by http": Case(
        declared("http://web:5000"), "same-origin", PLAIN, set(), "'self'"
    ),
    "SSR on a sibling host": Case(
        declared("https://api.example.com", ssr=("https://www.example.com",)),
        "same-site",
        "__Secure-sid; Domain=example.com; Path=/; SameSite=Lax; Secure",
        {"https://www.example.com"},
        "'self' https://api.example.com wss://api.example.com",
    ),
    "SSR on a sibling host takes the narrowest Domain": Case(
        declared("https://api.eu.example.com", ssr=("https://www.eu.example.com",)),
        "same-site",
        "__Secure-sid; Domain=eu.example.com; Path=/; SameSite=Lax; Secure",
        {"https://www.eu.example.com"},
        "'self' https://api.eu.example.com wss://api.eu.example.com",
    ),
    "SSR below the API host": Case(
        declared("https://example.com", ssr=("https://www.example.com",)),
        "same-site",
        "__Secure-sid; Domain=example.com; Path=/; SameSite=Lax; Secure",
        {"https://www.example.com"},
        "'self' https://example.com wss://example.com",
    ),
    "SSR on the API host and a sibling": Case(
        declared(
            "https://api.example.com",
            ssr=("https://api.example.com:3000", "https://www.example.com"),
        ),
        "same-site",
        "__Secure-sid; Domain=example.com; Path=/; SameSite=Lax; Secure",
        {"https://api.example.com:3000", "https://www.example.com"},
        "'self' https://api.example.com wss://api.example.com",
    ),
    "SSR on another port of the API host": Case(
        declared("http://localhost:5000", ssr=("http://localhost:3000",)),
        "same-site",
        PLAIN,
        {"http://localhost:3000"},
        "'self' http://localhost:5000 ws://localhost:5000",
    ),
    "SSR that is also listed as a frontend": Case(
        declared(
            "https://api.example.com",
            "https://www.example.com",
            ssr=("https://www.example.com",),
        ),
        "same-site",
        "__Secure-sid; Domain=example.com; Path=/; SameSite=Lax; Secure",
        {"https://www.example.com"},
        "'self' https://api.example.com wss://api.example.com",
    ),
    "SSR on a sibling host and a frontend elsewhere": Case(
        declared(
            "https://api.example.com", "https://partner.org", ssr=("https://www.example.com",)
        ),
        "cross-site",
        "__Secure-sid; Domain=example.com; Path=/; SameSite=None; Secure; Partitioned",
        {"https://partner.org", "https://www.example.com"},
        "'self' https://api.example.com wss://api.example.com",
    ),
    "a Domain that was asked for": Case(
        declared("https://api.example.com", domain="example.com"),
        "same-origin",
        "__Secure-sid; Domain=example.com; Path=/; SameSite=Lax; Secure",
        set(),
        "'self'",
    ),
    "the API host itself as Domain": Case(
        declared("https://api.example.com", domain="API.example.com"),
        "same-origin",
        "__Secure-sid; Domain=api.example.com; Path=/; SameSite=Lax; Secure",
        set(),
        "'self'",
    ),
    "an IDN Domain": Case(
        declared("https://api.bücher.de", domain="bücher.de"),
        "same-origin",
        "__Secure-sid; Domain=xn--bcher-kva.de; Path=/; SameSite=Lax; Secure",
        set(),
        "'self'",
    ),
}


def shown(topology: Topology) -> str:
    cookie = topology.cookie("sid")
    assert cookie.httponly
    parts = [cookie.name]
    if cookie.domain:
        parts.append(f"Domain={cookie.domain}")
    parts += [f"Path={cookie.path}", f"SameSite={cookie.samesite}"]
    if cookie.secure:
        parts.append("Secure")
    if cookie.partitioned:
        parts.append("Partitioned")
    return "; ".join(parts)


@pytest.mark.parametrize("name", CASES)
def test_everything_follows_from_the_declaration(name: str) -> None:
    case = CASES[name]
    topology = Topology.of(**case.declared)
    assert topology.relation == case.relation
    assert shown(topology) == case.cookie
    assert topology.cors.origins == case.cors
    assert topology.cross_origin is bool(case.cors)
    assert topology.allowed_origins == case.cors | {str(topology.api_origin)}
    assert set(topology.socket_origins) == topology.allowed_origins
    assert " ".join(topology.connect_src) == case.connect_src


def test_a_cookie_with_a_path_of_its_own_is_held_to_being_secure_at_least() -> None:
    cookie = Topology.of(api_origin="https://example.com").cookie("rt", path="/auth")
    assert (cookie.name, cookie.path, cookie.secure) == ("__Secure-rt", "/auth", True)


def test_a_topology_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        Topology.of().cookie_domain = "example.com"  # type: ignore[misc]


def test_config_values_may_be_lists_or_text_from_the_environment() -> None:
    config = {
        "DOVETAIL_API_ORIGIN": "https://api.example.com",
        "DOVETAIL_FRONTEND_ORIGINS": "https://a.example.com, https://b.example.com",
        "DOVETAIL_SSR_ORIGINS": ["https://www.example.com"],
        "DOVETAIL_TRUSTED_PROXIES": "10.0.0.0/8, unix",
        "DOVETAIL_COOKIE_DOMAIN": "example.com",
    }
    assert Topology.from_config(config) == Topology.of(
        api_origin="https://api.example.com",
        frontend_origins=["https://a.example.com", "https://b.example.com"],
        ssr_origins=["https://www.example.com"],
        trusted_proxies=["10.0.0.0/8", "unix"],
        cookie_domain="example.com",
    )
    assert Topology.from_config({}) == Topology.of(api_origin="http://localhost:5000")


def test_the_public_suffix_list_is_not_loaded_while_hosts_are_equal() -> None:
    code = (
        "import sys\n"
        "from flask_dovetail.topology import Topology\n"
        "Topology.of(frontend_origins=['http://localhost:5173']).cookie('sid')\n"
        "print('publicsuffixlist' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize(
    ("topology", "expected"),
    [
        (
            Topology.of(),
            {
                "relation": "same-origin",
                "session cookie": "sid; HttpOnly; Path=/; SameSite=Lax",
                "CORS origins": "none",
                "trusted proxies": "none",
            },
        ),
        (
            Topology.of(
                api_origin="https://api.example.com",
                frontend_origins=["https://partner.org"],
                ssr_origins=["https://www.example.com"],
                trusted_proxies=["10.0.0.0/8", "unix"],
            ),
            {
                "frontend origins": "https://partner.org",
                "SSR origins": "https://www.example.com",
                "session cookie": "__Secure-sid; HttpOnly; Path=/; SameSite=None; "
                "Domain=example.com; Secure; Partitioned",
                "CORS origins": "https://partner.org, https://www.example.com",
                "connect-src": "'self' https://api.example.com wss://api.example.com",
                "trusted proxies": "10.0.0.0/8, unix",
            },
        ),
        (
            Topology.of(api_origin="http://192.168.0.2"),
            {"API origin": "http://192.168.0.2"},
        ),
        (
            Topology.of(api_origin="https://example.com"),
            {
                "session cookie": "__Host-sid; HttpOnly; Path=/; SameSite=Lax; Secure",
                "refresh cookie": "__Secure-rt; HttpOnly; Path=/auth; SameSite=Lax; Secure",
            },
        ),
    ],
)
def test_explain_says_every_fact_and_why(topology: Topology, expected: dict[str, str]) -> None:
    rows = topology.explain()
    values = {row.name: row.value for row in rows}
    assert expected.items() <= values.items()
    assert all(row.why for row in rows)
    assert len(values) == len(rows)


def test_explain_says_that_plain_http_is_readable_on_the_way() -> None:
    rows = {row.name: row for row in Topology.of(api_origin="http://192.168.0.2").explain()}
    assert "unencrypted" in rows["API origin"].why
