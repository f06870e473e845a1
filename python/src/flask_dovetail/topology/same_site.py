"""Decide what a browser counts as the same site, and as a public name.

By the Public Suffix List (publicsuffix.org), never by counting dots. The list is read only when two
hosts differ: an app whose frontend shares its host never pays for it.
"""

from __future__ import annotations

import ipaddress
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList

    from .origin import Origin


def same_site(one: Origin, other: Origin) -> bool:
    """Return whether two origins are schemeful same-site (HTML Living Standard 7.1.1).

    Ports do not matter: http://localhost:5000 and http://localhost:5173 are one site.
    """
    if one.scheme != other.scheme:
        return False
    if one.host == other.host:
        return True
    if one.is_address or other.is_address:
        return False
    registrable = registrable_domain(one.host)
    return registrable is not None and registrable == registrable_domain(other.host)


def registrable_domain(host: str) -> str | None:
    """Return the public suffix plus one label, or None if `host` has no such part."""
    return _list().privatesuffix(host)


def is_public_name(origin: Origin) -> bool:
    """Return whether the internet at large can reach the host.

    That is a global address, or a name under a delegated top-level domain; `localhost`, `intranet`
    and `nas.local` are not.
    """
    if origin.is_address:
        return ipaddress.ip_address(origin.host).is_global
    if origin.is_loopback or "." not in origin.host:
        return False
    return _list().publicsuffix(origin.host, accept_unknown=False) is not None


@cache
def _list() -> PublicSuffixList:
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList()
