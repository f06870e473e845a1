"""The configuration keys of the topology."""

from __future__ import annotations

from dataclasses import dataclass

from ..core.settings import setting

API_ORIGIN = "DOVETAIL_API_ORIGIN"
FRONTEND_ORIGINS = "DOVETAIL_FRONTEND_ORIGINS"
SSR_ORIGINS = "DOVETAIL_SSR_ORIGINS"
TRUSTED_PROXIES = "DOVETAIL_TRUSTED_PROXIES"
TRUSTED_HOSTS = "DOVETAIL_TRUSTED_HOSTS"
COOKIE_DOMAIN = "DOVETAIL_COOKIE_DOMAIN"


@dataclass(frozen=True)
class TopologySettings:
    """Where the halves live, as the browser sees them."""

    api_origin: str = setting(
        API_ORIGIN,
        default="http://localhost:5000",
        doc="Origin of the Flask half, as the browser sees it: scheme, host, port.",
    )
    frontend_origins: tuple[str, ...] = setting(
        FRONTEND_ORIGINS,
        default=(),
        shown="the API origin",
        doc="Origins of the pages that call the API from a browser.",
    )
    ssr_origins: tuple[str, ...] = setting(
        SSR_ORIGINS,
        default=(),
        doc="Origins whose server renders pages with the visitor's cookie. Same site as the API.",
    )
    trusted_proxies: tuple[str, ...] = setting(
        TRUSTED_PROXIES,
        default=(),
        doc="Networks (CIDR) of the proxies whose X-Forwarded-* is believed; `unix` for a socket.",
    )
    trusted_hosts: tuple[str, ...] = setting(
        TRUSTED_HOSTS,
        default=(),
        doc="Host names without port that requests may name in `Host`, besides those of the "
        "origins above and of this machine; `*` for any. Other hosts are answered 400 "
        "`HOST_NOT_ALLOWED`.",
    )
    cookie_domain: str | None = setting(
        COOKIE_DOMAIN,
        default=None,
        shown="derived: none, unless SSR on a sibling host needs one",
        doc="Domain attribute of the cookies. `__Secure-` then takes the place of `__Host-`.",
    )
