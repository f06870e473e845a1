"""`Topology`: the checked declaration and what is derived from it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from ..core import settings
from ..core.errors import ConfigurationError
from . import cookies
from .config import API_ORIGIN, FRONTEND_ORIGINS, SSR_ORIGINS, TRUSTED_HOSTS, TopologySettings
from .explain import Row, rows
from .origin import Origin, is_loopback, parse_host
from .same_site import is_public_name, same_site
from .trusted_proxies import TrustedProxies

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .cookies import CookieAttributes

Relation = Literal["same-origin", "same-site", "cross-site"]


@dataclass(frozen=True)
class CorsPolicy:
    """The pages that may read answers across origins.

    Always with credentials, never a wildcard.

    Attributes:
        origins: serialised, exact; empty when every page shares the API's origin.
    """

    origins: frozenset[str]


@dataclass(frozen=True)
class Topology:
    """The declaration of where the halves live; `of` and `from_config` refuse unsafe ones.

    Attributes:
        api_origin: the Flask half, as the browser sees it.
        frontend_origins: pages that call it from a browser; never empty.
        ssr_origins: servers that render with the visitor's cookie; their pages are frontends too.
        trusted_proxies: the proxies whose `X-Forwarded-*` is believed.
        cookie_domain: Domain of the cookies; None makes them host-only.
        relation: the widest one between the API and any page.
        trusted_hosts: hosts that `Host` may name besides those of the origins; `*` is any.
    """

    api_origin: Origin
    frontend_origins: tuple[Origin, ...]
    ssr_origins: tuple[Origin, ...]
    trusted_proxies: TrustedProxies
    cookie_domain: str | None
    relation: Relation
    trusted_hosts: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls,
        *,
        api_origin: str = "http://localhost:5000",
        frontend_origins: Iterable[str] = (),
        ssr_origins: Iterable[str] = (),
        trusted_proxies: Iterable[str] = (),
        cookie_domain: str | None = None,
        trusted_hosts: Iterable[str] = (),
    ) -> Topology:
        """Check a declaration.

        Args:
            api_origin: `scheme://host[:port]`.
            frontend_origins: if empty, the API's own origin.
            ssr_origins: see the class.
            trusted_proxies: CIDR strings, addresses, or `unix`.
            cookie_domain: None derives it: no Domain unless SSR on a sibling host needs one.
            trusted_hosts: names or addresses without port, or `*`.

        Raises:
            ConfigurationError: the combination cannot be safe or cannot work.
        """
        api = Origin.parse(api_origin, key=API_ORIGIN)
        frontends = _parse_all(frontend_origins, FRONTEND_ORIGINS) or (api,)
        ssr = _parse_all(ssr_origins, SSR_ORIGINS)
        _check_schemes(api, frontends, FRONTEND_ORIGINS)
        _check_schemes(api, ssr, SSR_ORIGINS)
        _check_renderers(api, ssr)
        relation = _widest(api, frontends + ssr)
        _check_cross_site(api, frontends, relation)
        if cookie_domain is None:
            domain = cookies.derive_domain(api, ssr)
        else:
            domain = cookies.check_domain(cookie_domain, api, ssr)
        proxies = TrustedProxies.parse(trusted_proxies)
        hosts = frozenset(
            host if host == "*" else parse_host(host, key=TRUSTED_HOSTS) for host in trusted_hosts
        )
        return cls(api, frontends, ssr, proxies, domain, relation, hosts)

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Topology:
        """Read the `DOVETAIL_*` keys of `app.config`; see `of`."""
        topology_settings = settings.read(TopologySettings, config)
        return cls.of(
            api_origin=topology_settings.api_origin,
            frontend_origins=topology_settings.frontend_origins,
            ssr_origins=topology_settings.ssr_origins,
            trusted_proxies=topology_settings.trusted_proxies,
            cookie_domain=topology_settings.cookie_domain,
            trusted_hosts=topology_settings.trusted_hosts,
        )

    @cached_property
    def allowed_origins(self) -> frozenset[str]:
        """Every origin from which a request that changes something may come, serialised."""
        return frozenset(map(str, (self.api_origin, *self.frontend_origins, *self.ssr_origins)))

    @cached_property
    def known_hosts(self) -> frozenset[str]:
        """The hosts that `Host` may name, besides this machine's own names."""
        origins = (self.api_origin, *self.frontend_origins, *self.ssr_origins)
        return self.trusted_hosts | {origin.host for origin in origins}

    def knows_host(self, host: str) -> bool:
        """Return whether `Host` may name this host.

        `host` is in lower case, an IPv6 address in brackets, without a port. This machine's own
        names (`localhost`, 127.0.0.0/8, `[::1]`) are always known: they lead nobody else astray.
        """
        bare = host.removeprefix("[").removesuffix("]")
        return bare in self.known_hosts or "*" in self.known_hosts or is_loopback(bare)

    @cached_property
    def cors(self) -> CorsPolicy:
        """The pages that may read answers across origins."""
        return CorsPolicy(self.allowed_origins - {str(self.api_origin)})

    @cached_property
    def cross_origin(self) -> bool:
        """Whether any page lives at another origin than the API."""
        return self.relation != "same-origin"

    @cached_property
    def socket_origins(self) -> tuple[str, ...]:
        """Origins whose sockets are accepted, sorted."""
        return tuple(sorted(self.allowed_origins))

    @cached_property
    def connect_src(self) -> tuple[str, ...]:
        """CSP `connect-src`: the page itself and, across origins, the API and its sockets."""
        if not self.cross_origin:
            return ("'self'",)
        sockets = "wss" if self.api_origin.secure else "ws"
        return ("'self'", str(self.api_origin), f"{sockets}://{self.api_origin.authority}")

    def cookie(self, name: str, *, path: str = "/") -> CookieAttributes:
        """Return the attributes of the cookie `name`; a path gives up `__Host-`."""
        return cookies.derive_attributes(
            name,
            path=path,
            secure=self.api_origin.secure,
            domain=self.cookie_domain,
            cross_site=self.relation == "cross-site",
        )

    def explain(self, *, routes_prefix: str = "") -> list[Row]:
        """Return the derived facts and their reasons, for `flask dovetail topology`.

        Args:
            routes_prefix: the path that Dovetail's own routes have been moved below.
        """
        return rows(self, routes_prefix=routes_prefix)


def _parse_all(texts: Iterable[str], key: str) -> tuple[Origin, ...]:
    origins: list[Origin] = []
    for text in texts:
        origin = Origin.parse(text, key=key)
        if origin in origins:
            raise ConfigurationError(
                f"{key} contains {origin} twice.", key=key, cure="List every origin once."
            )
        origins.append(origin)
    return tuple(origins)


def _check_schemes(api: Origin, pages: tuple[Origin, ...], key: str) -> None:
    for page in pages:
        if page.scheme != api.scheme:
            raise ConfigurationError(
                f"{page} and the API {api} differ in scheme: browsers block or unlink the two, and "
                "the http one can be rewritten on its way.",
                key=key,
                cure=f"Serve both by https. In development, let the dev server proxy to {api} "
                "or run the API locally.",
            )
    if not api.secure:
        for origin in (api, *pages):
            if is_public_name(origin):
                raise ConfigurationError(
                    f"{origin} is a public host without HTTPS: anyone on the way reads the login.",
                    key=API_ORIGIN if origin == api else key,
                    cure="Use https. http is for localhost, private addresses and private names.",
                )


def _check_renderers(api: Origin, ssr: tuple[Origin, ...]) -> None:
    for origin in ssr:
        if not same_site(api, origin):
            raise ConfigurationError(
                f"{origin} is on another site than the API {api}, so no cookie can reach its "
                "renderer.",
                key=SSR_ORIGINS,
                cure="Move both under one registrable domain, or list it in "
                f"{FRONTEND_ORIGINS} alone and render without the login.",
            )


def _check_cross_site(api: Origin, frontends: tuple[Origin, ...], relation: Relation) -> None:
    if relation == "cross-site" and not api.secure:
        other = next(page for page in frontends if not same_site(api, page))
        raise ConfigurationError(
            f"{other} is on another site than the API {api}, and cookies cross sites only by HTTPS "
            "(SameSite=None needs Secure).",
            key=FRONTEND_ORIGINS,
            cure="Use https for both, or one host for both: in development localhost with two "
            "ports.",
        )


def _widest(api: Origin, pages: tuple[Origin, ...]) -> Relation:
    if all(page == api for page in pages):
        return "same-origin"
    return "same-site" if all(same_site(api, page) for page in pages) else "cross-site"
