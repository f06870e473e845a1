"""What a client is counted by where each client has a share."""

from __future__ import annotations

import ipaddress


def client_network(address: str) -> str | None:
    """Return an IPv4 address as it is, and the /64 network of an IPv6 address: one customer's.

    None: it is no address, such as that of a Unix socket.
    """
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return None
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((int(parsed), 64), strict=False))


def is_loopback(address: str) -> bool:
    """Whether it is this machine's own."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return (mapped or parsed).is_loopback
