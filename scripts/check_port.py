"""Exit with one line when a port on this machine is not free. Usage: check_port.py PORT VARIABLE"""

from __future__ import annotations

import socket
import sys


def in_use(port: int) -> bool:
    """Whether somebody listens there, on IPv4 or IPv6, or we may not."""
    for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        with socket.socket(family) as probe:
            probe.settimeout(1)
            if probe.connect_ex((host, port)) == 0:
                return True
    return False


if __name__ == "__main__":
    number, variable = sys.argv[1:]
    if not number.isdecimal() or not 1 <= int(number) <= 65535:
        sys.exit(f"make: {variable}={number} is not a port: choose a number from 1 to 65535.")
    if in_use(int(number)):
        sys.exit(
            f"make: port {number} is in use: stop what listens there, "
            f"or choose another one, as in {variable}={int(number) % 65535 + 1} make run"
        )
