"""By what to count the requests of one client."""

from __future__ import annotations

import ipaddress


def address_key(address: str | None) -> str:
    """What to count attempts by: an IPv4 address, or an IPv6 /64, which is one customer.

        limiter.hit(rate, "sign-up", address_key(request.remote_addr))

    An IPv4 address in IPv6 form (`::ffff:192.0.2.1`) is the IPv4 address. What is no address, such
    as that of a Unix socket, is `"unknown"`: all of those are counted together.
    """
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((int(parsed), 64), strict=False))
    return str(parsed)
