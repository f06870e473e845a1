"""Derive cookie attributes from the topology (RFC 6265bis, CHIPS)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..core import wire
from ..core.errors import ConfigurationError
from .config import COOKIE_DOMAIN, SSR_ORIGINS
from .origin import Origin, is_address, parse_host
from .same_site import registrable_domain

_HOST_PREFIX: str = wire.HEADERS["host_prefix"]
_SECURE_PREFIX: str = wire.HEADERS["secure_prefix"]


@dataclass(frozen=True)
class CookieAttributes:
    """The attributes of one cookie, and the name that it is read by.

    Attributes:
        name: over https with `__Host-`, or with `__Secure-` if a Domain or a path forbids that
            (RFC 6265bis 4.1.3, ASVS 3.3.1).
        domain: None makes a host-only cookie.
        samesite: "Lax", or "None" when a frontend is on another site.
        partitioned: kept apart per top-level site (CHIPS); only cross-site.
    """

    name: str
    domain: str | None
    path: str
    secure: bool
    httponly: bool
    samesite: Literal["Lax", "None"]
    partitioned: bool

    def path_below(self, prefix: str) -> str:
        """Return the path of the cookie of an app that is mounted below `prefix`.

        A cookie of the root belongs to the whole host: `__Host-` demands that.
        """
        return "/" if self.path == "/" else prefix + self.path


def derive_attributes(
    name: str, *, path: str, secure: bool, domain: str | None, cross_site: bool
) -> CookieAttributes:
    """Return the attributes of the cookie `name` for one topology."""
    host_only = domain is None and path == "/"
    prefix = (_HOST_PREFIX if host_only else _SECURE_PREFIX) if secure else ""
    return CookieAttributes(
        name=prefix + name,
        domain=domain,
        path=path,
        secure=secure,
        httponly=True,
        samesite="None" if cross_site else "Lax",
        partitioned=cross_site,
    )


def check_domain(text: str, api: Origin, ssr: tuple[Origin, ...]) -> str:
    """Return the declared Domain attribute, after checking it.

    Raises:
        ConfigurationError: a browser would drop the cookie, or a renderer would not see it.
    """
    if text.startswith("."):
        raise _refused(f"is {text!r}, with a leading dot", f"Write {text.lstrip('.')}.")
    domain = parse_host(text, key=COOKIE_DOMAIN)
    if is_address(domain):
        raise _refused(
            f"is the IP address {domain}, which cookies cannot have as Domain",
            "Leave it unset: the cookie then belongs to the API host alone.",
        )
    if not _covers(domain, api.host):
        raise _refused(
            f"is {domain!r}, which is no parent of the API host {api.host!r}: browsers drop it",
            "Name a domain that the API host ends in, or leave it unset.",
        )
    if registrable_domain(domain) is None:
        raise _refused(
            f"is {domain!r}, a public suffix that strangers share: browsers drop such a cookie",
            "Name a domain of your own below it, or leave it unset.",
        )
    for origin in ssr:
        if not _covers(domain, origin.host):
            raise _refused(
                f"is {domain!r}, which does not cover the SSR host {origin.host!r}",
                f"Name a parent of both hosts, or take {origin} out of {SSR_ORIGINS}.",
            )
    return domain


def derive_domain(api: Origin, ssr: tuple[Origin, ...]) -> str | None:
    """Return the narrowest Domain that reaches every SSR host, or None if all share the API's host.

    The SSR origins are of the API's site, so the common part is never a public suffix.
    """
    labels = api.host.split(".")
    for origin in ssr:
        if origin.host != api.host:
            labels = _common_end(labels, origin.host.split("."))
    common = ".".join(labels)
    return None if all(origin.host == api.host for origin in ssr) else common


def _common_end(one: list[str], other: list[str]) -> list[str]:
    common: list[str] = []
    for left, right in zip(reversed(one), reversed(other), strict=False):
        if left != right:
            break
        common.insert(0, left)
    return common


def _covers(domain: str, host: str) -> bool:
    return host == domain or host.endswith("." + domain)


def _refused(fact: str, cure: str) -> ConfigurationError:
    return ConfigurationError(f"{COOKIE_DOMAIN} {fact}.", key=COOKIE_DOMAIN, cure=cure)
