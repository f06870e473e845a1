"""Explain a topology in rows that a person can check: `flask dovetail topology`."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from ..core import wire

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .cookies import CookieAttributes
    from .origin import Origin
    from .trusted_proxies import TrustedProxies


class Policy(Protocol):
    """The pages that may read answers across origins."""

    @property
    def origins(self) -> frozenset[str]:
        """See `CorsPolicy.origins`."""


class Derived(Protocol):
    """The facts that the rows are made of; `Topology` has them."""

    @property
    def api_origin(self) -> Origin:
        """See `Topology.api_origin`."""

    @property
    def frontend_origins(self) -> tuple[Origin, ...]:
        """See `Topology.frontend_origins`."""

    @property
    def ssr_origins(self) -> tuple[Origin, ...]:
        """See `Topology.ssr_origins`."""

    @property
    def trusted_proxies(self) -> TrustedProxies:
        """See `Topology.trusted_proxies`."""

    @property
    def trusted_hosts(self) -> frozenset[str]:
        """See `Topology.trusted_hosts`."""

    @property
    def relation(self) -> str:
        """See `Topology.relation`."""

    @property
    def cookie_domain(self) -> str | None:
        """See `Topology.cookie_domain`."""

    @property
    def cors(self) -> Policy:
        """See `Topology.cors`."""

    @property
    def cross_origin(self) -> bool:
        """See `Topology.cross_origin`."""

    @property
    def allowed_origins(self) -> frozenset[str]:
        """See `Topology.allowed_origins`."""

    @property
    def socket_origins(self) -> tuple[str, ...]:
        """See `Topology.socket_origins`."""

    @property
    def connect_src(self) -> tuple[str, ...]:
        """See `Topology.connect_src`."""

    def cookie(self, name: str, *, path: str = "/") -> CookieAttributes:
        """See `Topology.cookie`."""


class Row(NamedTuple):
    """One derived fact."""

    name: str
    value: str
    why: str


def rows(topology: Derived, *, routes_prefix: str = "") -> list[Row]:
    """Return the rows in reading order: the declaration, then everything that follows."""
    refresh_path = routes_prefix + wire.HEADERS["refresh_path"]
    refresh = topology.cookie(wire.HEADERS["refresh_cookie"], path=refresh_path)
    return [
        Row("API origin", str(topology.api_origin), _why_scheme(topology)),
        Row("frontend origins", _list(topology.frontend_origins), "pages that call the API"),
        Row("SSR origins", _list(topology.ssr_origins), "servers that render with the cookie"),
        Row("relation", topology.relation, _WHY_RELATION[topology.relation]),
        Row("session cookie", _cookie(_session(topology)), _why_cookie(topology)),
        Row("refresh cookie", _cookie(refresh), f"for {refresh.path} alone: __Host- forbids it"),
        Row("CORS origins", _list(sorted(topology.cors.origins)), _why_cors(topology)),
        Row("Origin check", _list(sorted(topology.allowed_origins)), "who may change something"),
        Row("CSRF token", _csrf(topology), "for every change that carries one of these cookies"),
        Row("socket origins", _list(topology.socket_origins), "the same as the Origin check"),
        Row("connect-src", " ".join(topology.connect_src), "what pages may connect to"),
        Row("trusted hosts", _list(sorted(topology.trusted_hosts)), "besides those of the origins"),
        Row("trusted proxies", str(topology.trusted_proxies) or "none", _why_proxies(topology)),
    ]


_WHY_RELATION = {
    "same-origin": "every page has the API's scheme, host and port",
    "same-site": "a page has another host or port, but the same registrable domain",
    "cross-site": "a page has another registrable domain (Public Suffix List)",
}


def _list(values: Iterable[object]) -> str:
    return ", ".join(map(str, values)) or "none"


def _csrf(topology: Derived) -> str:
    cookies = [topology.cookie(wire.HEADERS[key]).name for key in ("session_cookie", "csrf_cookie")]
    return f"{wire.HEADERS['csrf']}, bound to {' or '.join(cookies)}"


def _session(topology: Derived) -> CookieAttributes:
    return topology.cookie(wire.HEADERS["session_cookie"])


def _cookie(cookie: CookieAttributes) -> str:
    parts = [cookie.name, "HttpOnly", f"Path={cookie.path}", f"SameSite={cookie.samesite}"]
    if cookie.domain:
        parts.append(f"Domain={cookie.domain}")
    if cookie.secure:
        parts.append("Secure")
    if cookie.partitioned:
        parts.append("Partitioned")
    return "; ".join(parts)


def _why_scheme(topology: Derived) -> str:
    if topology.api_origin.secure:
        return "https: cookies are Secure"
    if topology.api_origin.is_loopback:
        return "http on this machine: for development"
    return "http on a private network: cookies travel unencrypted"


def _why_cookie(topology: Derived) -> str:
    if topology.cookie_domain:
        return f"every host under {topology.cookie_domain} receives it, which __Host- forbids"
    if topology.api_origin.secure:
        return "host-only and Secure, so the __Host- prefix guards it"
    return "host-only; __Host- would need https"


def _why_cors(topology: Derived) -> str:
    return "exact, with credentials" if topology.cross_origin else "every page is same-origin"


def _why_proxies(topology: Derived) -> str:
    if topology.trusted_proxies:
        return "their X-Forwarded-* is believed, nobody else's"
    return "X-Forwarded-* is ignored"
