"""A real nginx in front of processes of the starter, with the text of docs/realtime-processes.md.

    python e2e/edge.py PORT WEB_PORT SOCKET_PORT SOCKET_PORT

Says `ready`, and ends with its standard input.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.append(str(ROOT / "python" / "tests" / "support"))


def main(port: int, web: int, *sockets: int) -> None:
    from nginx import Nginx, documented_processes

    text = documented_processes(web=web, sockets=sockets)
    with Nginx(**text, port=port):
        print("ready", flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
