"""The keys by which the connections, requests and attempts of one client are counted. Pure."""

from __future__ import annotations

import ipaddress


def address_key(address: str | None) -> str:
    """Return the key to count attempts by: an IPv4 address, or an IPv6 /64, which is one customer.

        limiter.hit(rate, "sign-up", address_key(request.remote_addr))

    An IPv4 address in IPv6 form (`::ffff:192.0.2.1`) counts as the IPv4 address. A text that is not
    an address, such as that of a Unix socket, is `"unknown"`: all of those are counted together.
    """
    return client_network(address or "") or "unknown"


def client_network(address: str) -> str | None:
    """Return an IPv4 address as it is, and the /64 network of an IPv6 address.

    None: it is not an address, such as that of a Unix socket.
    """
    parsed = _parse(address)
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((int(parsed), 64), strict=False))
    return None if parsed is None else str(parsed)


def is_loopback(address: str) -> bool:
    """Return whether the address is this machine's own."""
    parsed = _parse(address)
    return parsed is not None and parsed.is_loopback


def _parse(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Return the address without its zone, and as IPv4 if it is one in IPv6 form; else None."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return None
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return mapped or parsed
