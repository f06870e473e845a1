"""A real nginx in front of the starter.

    python e2e/edge.py PORT WEB_PORT SOCKET_PORT SOCKET_PORT
    python e2e/edge.py PORT APP_PORT

With several processes, it is the one that we ship, without TLS. With one, it is the one of
`docs/topology.md` for an app below a path.

Says `ready`, and ends with its standard input.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
SHIPPED = ROOT / "starter" / "deploy" / "realtime" / "nginx.conf"
PAGE = ROOT / "docs" / "topology.md"
DOCUMENTED = re.compile(r"^```nginx\n(.*?)^```$", re.DOTALL | re.MULTILINE)
OF_TLS = re.compile(r"^ *(?:listen|http2|server_name|ssl_\w+) .*\n", re.MULTILINE)

sys.path.append(str(ROOT / "python" / "tests"))


def shipped() -> tuple[str, str]:
    """Return what stands in the `http` and in the `server` block."""
    http, server = OF_TLS.sub("", SHIPPED.read_text("utf-8")).split("\nserver {")
    return http, server.rstrip().removesuffix("}")


def documented() -> str:
    """Return what stands in the `server` block."""
    found = DOCUMENTED.search(PAGE.read_text("utf-8"))
    assert found is not None
    return found[1]


def main(port: int, *ports: int) -> None:
    from support.nginx import Nginx

    http, server = shipped() if len(ports) > 1 else ("", documented())
    for said, here in zip((5000, 5001, 5002), ports, strict=False):
        http, server = (
            text.replace(f"127.0.0.1:{said}", f"127.0.0.1:{here}") for text in (http, server)
        )
    with Nginx(http=http, server=server, port=port):
        print("ready", flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
