"""Decide which peers are our proxies, so that their `X-Forwarded-*` is believed."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..core.addresses import client_network, is_loopback
from ..core.errors import ConfigurationError
from .config import TRUSTED_PROXIES

if TYPE_CHECKING:
    from collections.abc import Iterable

UNIX = "unix"

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True)
class TrustedProxies:
    """The trusted networks and, with `unix`, every peer on a Unix socket; falsy when empty."""

    networks: tuple[Network, ...] = ()
    unix: bool = False

    @classmethod
    def parse(cls, texts: Iterable[str]) -> TrustedProxies:
        """Parse CIDR strings, single addresses and the word `unix`.

        Raises:
            ConfigurationError: an entry is no network, has host bits set, or means
                everybody (prefix length 0).
        """
        wanted = tuple(texts)
        networks = tuple(_network(text) for text in wanted if text != UNIX)
        return cls(networks, UNIX in wanted)

    def trusts(self, peer: str) -> bool:
        """Return whether `peer` (an IP address; "" or `unix:...` for a Unix socket) is trusted."""
        if not peer or peer.startswith("unix:"):
            return self.unix
        try:
            address = ipaddress.ip_address(peer)
        except ValueError:
            return False
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped  # a dual-stack socket reports IPv4 peers this way
        return any(address in network for network in self.networks)

    def share_of(self, peer: str) -> str | None:
        """Return the address that `peer` counts for if each client has a share; None if none.

        A trusted proxy is not counted: everybody comes through it. Without a declared proxy,
        neither is this machine: it is a developer, or a proxy or tunnel that nobody has declared.
        """
        if self.trusts(peer) or (not self and is_loopback(peer)):
            return None
        return client_network(peer)

    def __bool__(self) -> bool:
        return bool(self.networks) or self.unix

    def __str__(self) -> str:
        return ", ".join([*map(str, self.networks), *([UNIX] if self.unix else [])])


def _network(text: str) -> Network:
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise _refused(
            f"contains {text!r}, which is no network",
            "Write networks as 10.0.0.0/8 or 2001:db8::/32, addresses as 10.0.0.7, or unix.",
        ) from None
    if network.prefixlen == 0:
        raise _refused(
            f"contains {text}, everybody: any client could then claim any address",
            "Name the network that your proxies are in.",
        )
    if "/" in text and ipaddress.ip_address(text.partition("/")[0]) != network.network_address:
        raise _refused(
            f"contains {text}, an address inside a network", f"Write {network}, or the address."
        )
    return network


def _refused(fact: str, cure: str) -> ConfigurationError:
    return ConfigurationError(f"{TRUSTED_PROXIES} {fact}.", key=TRUSTED_PROXIES, cure=cure)
