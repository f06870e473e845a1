"""What cannot be safe or cannot work is refused: the fact, the exact key, the cure."""

from __future__ import annotations

from typing import Any

import pytest

from flask_dovetail.core.errors import ConfigurationError
from flask_dovetail.topology import Topology

API, FRONTEND, SSR, PROXIES, DOMAIN = (
    "DOVETAIL_API_ORIGIN",
    "DOVETAIL_FRONTEND_ORIGINS",
    "DOVETAIL_SSR_ORIGINS",
    "DOVETAIL_TRUSTED_PROXIES",
    "DOVETAIL_COOKIE_DOMAIN",
)
EXAMPLE = {"api_origin": "https://api.example.com"}

REFUSED: dict[str, tuple[dict[str, Any], str, str]] = {
    "wildcard API": ({"api_origin": "*"}, API, "wildcard"),
    "API with a path": ({"api_origin": "https://example.com/api"}, API, "path"),
    "wildcard frontend": (EXAMPLE | {"frontend_origins": ["*"]}, FRONTEND, "wildcard"),
    "wildcard subdomains": (
        EXAMPLE | {"frontend_origins": ["https://*.example.com"]},
        FRONTEND,
        "wildcard",
    ),
    "null frontend": (EXAMPLE | {"frontend_origins": ["null"]}, FRONTEND, "null"),
    "null SSR": (EXAMPLE | {"ssr_origins": ["null"]}, SSR, "null"),
    "frontend with a slash": (
        EXAMPLE | {"frontend_origins": ["https://app.example.com/"]},
        FRONTEND,
        "trailing slash",
    ),
    "a frontend twice": (
        EXAMPLE | {"frontend_origins": ["https://app.example.com", "https://APP.example.com:443"]},
        FRONTEND,
        "twice",
    ),
    "an SSR origin twice": (
        EXAMPLE | {"ssr_origins": ["https://www.example.com", "https://www.example.com"]},
        SSR,
        "twice",
    ),
    "http frontend, https API": (
        EXAMPLE | {"frontend_origins": ["http://app.example.com"]},
        FRONTEND,
        "differ in scheme",
    ),
    "http localhost frontend, https API": (
        EXAMPLE | {"frontend_origins": ["http://localhost:5173"]},
        FRONTEND,
        "differ in scheme",
    ),
    "https frontend, http API": (
        {"api_origin": "http://localhost:5000", "frontend_origins": ["https://localhost:5173"]},
        FRONTEND,
        "differ in scheme",
    ),
    "http SSR, https API": (
        EXAMPLE | {"ssr_origins": ["http://www.example.com"]},
        SSR,
        "differ in scheme",
    ),
    "cross-site without HTTPS": (
        {"api_origin": "http://localhost:5000", "frontend_origins": ["http://127.0.0.1:5173"]},
        FRONTEND,
        "SameSite=None needs Secure",
    ),
    "subdomains of localhost without HTTPS": (
        {
            "api_origin": "http://api.localhost:5000",
            "frontend_origins": ["http://app.localhost:5173"],
        },
        FRONTEND,
        "SameSite=None needs Secure",
    ),
    "two private addresses without HTTPS": (
        {"api_origin": "http://10.0.0.1", "frontend_origins": ["http://10.0.0.2"]},
        FRONTEND,
        "SameSite=None needs Secure",
    ),
    "public name without HTTPS": ({"api_origin": "http://example.com"}, API, "without HTTPS"),
    "public address without HTTPS": ({"api_origin": "http://8.8.8.8"}, API, "without HTTPS"),
    "public IPv6 address without HTTPS": (
        {"api_origin": "http://[2606:4700::1]"},
        API,
        "without HTTPS",
    ),
    "public frontend without HTTPS": (
        {"api_origin": "http://localhost:5000", "frontend_origins": ["http://example.com"]},
        FRONTEND,
        "without HTTPS",
    ),
    "SSR on another site": (
        EXAMPLE | {"ssr_origins": ["https://www.example.org"]},
        SSR,
        "another site",
    ),
    "SSR of another tenant": (
        {"api_origin": "https://one.github.io", "ssr_origins": ["https://two.github.io"]},
        SSR,
        "another site",
    ),
    "SSR on another address": (
        {"api_origin": "https://10.0.0.1", "ssr_origins": ["https://10.0.0.2"]},
        SSR,
        "another site",
    ),
    "Domain with a leading dot": (EXAMPLE | {"cookie_domain": ".example.com"}, DOMAIN, "dot"),
    "Domain of somebody else": (EXAMPLE | {"cookie_domain": "example.org"}, DOMAIN, "no parent"),
    "Domain that only ends alike": (EXAMPLE | {"cookie_domain": "ple.com"}, DOMAIN, "no parent"),
    "Domain below the API host": (
        EXAMPLE | {"cookie_domain": "v1.api.example.com"},
        DOMAIN,
        "no parent",
    ),
    "Domain is a top-level domain": (EXAMPLE | {"cookie_domain": "com"}, DOMAIN, "public suffix"),
    "Domain is a two-label suffix": (
        {"api_origin": "https://api.example.co.uk", "cookie_domain": "co.uk"},
        DOMAIN,
        "public suffix",
    ),
    "Domain is a private suffix": (
        {"api_origin": "https://me.github.io", "cookie_domain": "github.io"},
        DOMAIN,
        "public suffix",
    ),
    "Domain is an IDN suffix": (
        {"api_origin": "https://one.個人.hk", "cookie_domain": "個人.hk"},
        DOMAIN,
        "public suffix",
    ),
    "Domain localhost": (
        {"api_origin": "http://localhost:5000", "cookie_domain": "localhost"},
        DOMAIN,
        "public suffix",
    ),
    "Domain is an address": (
        {"api_origin": "https://127.0.0.1", "cookie_domain": "127.0.0.1"},
        DOMAIN,
        "IP address",
    ),
    "Domain is an IPv6 address": (
        {"api_origin": "https://[::1]", "cookie_domain": "[::1]"},
        DOMAIN,
        "IP address",
    ),
    "Domain with a port": (EXAMPLE | {"cookie_domain": "example.com:443"}, DOMAIN, "no host name"),
    "empty Domain": (EXAMPLE | {"cookie_domain": ""}, DOMAIN, "no host name"),
    "Domain that leaves the renderer out": (
        EXAMPLE | {"cookie_domain": "api.example.com", "ssr_origins": ["https://www.example.com"]},
        DOMAIN,
        "does not cover",
    ),
    "no network": ({"trusted_proxies": ["nginx"]}, PROXIES, "no network"),
    "a network with host bits": ({"trusted_proxies": ["10.0.0.1/8"]}, PROXIES, "10.0.0.1/8"),
    "a prefix too long": ({"trusted_proxies": ["10.0.0.0/33"]}, PROXIES, "no network"),
    "everybody, IPv4": ({"trusted_proxies": ["0.0.0.0/0"]}, PROXIES, "everybody"),
    "everybody, IPv6": ({"trusted_proxies": ["::/0"]}, PROXIES, "everybody"),
    "everybody, by asterisk": ({"trusted_proxies": ["*"]}, PROXIES, "no network"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_unsafe_or_unworkable_topology_is_refused(name: str) -> None:
    declared, key, fact = REFUSED[name]
    with pytest.raises(ConfigurationError) as refused:
        Topology.of(**declared)
    assert refused.value.key == key
    assert fact in refused.value.fact
    assert refused.value.cure


@pytest.mark.parametrize(
    "key", [API, FRONTEND, SSR, PROXIES, DOMAIN], ids=lambda key: key.removeprefix("DOVETAIL_")
)
def test_a_value_of_the_wrong_type_names_its_key(key: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        Topology.from_config({key: object()})
    assert refused.value.key == key
