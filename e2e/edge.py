"""A real nginx in front of processes of the starter: the one that we ship, without TLS.

    python e2e/edge.py PORT WEB_PORT SOCKET_PORT SOCKET_PORT

Says `ready`, and ends with its standard input.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
SHIPPED = ROOT / "starter" / "deploy" / "realtime" / "nginx.conf"
OF_TLS = re.compile(r"^ *(?:listen|http2|server_name|ssl_\w+) .*\n", re.MULTILINE)

sys.path.append(str(ROOT / "python" / "tests"))


def main(port: int, *ports: int) -> None:
    from support.nginx import Nginx

    text = OF_TLS.sub("", SHIPPED.read_text("utf-8"))
    for said, here in zip((5000, 5001, 5002), ports, strict=True):
        text = text.replace(f"127.0.0.1:{said}", f"127.0.0.1:{here}")
    http, server = text.split("\nserver {")
    with Nginx(http=http, server=server.rstrip().removesuffix("}"), port=port):
        print("ready", flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
