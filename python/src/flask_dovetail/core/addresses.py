"""By what to count the connections, requests and attempts of one client. Pure."""

from __future__ import annotations

import ipaddress


def address_key(address: str | None) -> str:
    """What to count attempts by: an IPv4 address, or an IPv6 /64, which is one customer.

        limiter.hit(rate, "sign-up", address_key(request.remote_addr))

    An IPv4 address in IPv6 form (`::ffff:192.0.2.1`) is the IPv4 address. What is no address, such
    as that of a Unix socket, is `"unknown"`: all of those are counted together.
    """
    return client_network(address or "") or "unknown"


def client_network(address: str) -> str | None:
    """Return an IPv4 address as it is, and the /64 network of an IPv6 address.

    None: it is no address, such as that of a Unix socket.
    """
    parsed = _parsed(address)
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((int(parsed), 64), strict=False))
    return None if parsed is None else str(parsed)


def is_loopback(address: str) -> bool:
    """Whether it is this machine's own."""
    parsed = _parsed(address)
    return parsed is not None and parsed.is_loopback


def _parsed(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address without its zone; as IPv4 where it is one in IPv6 form."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return None
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return mapped or parsed
