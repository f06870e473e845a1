"""A client of small reads at a steady rate, in a process of its own.

    python reader.py < {"port": …, "path": …, "cookie": …, "per_second": …, "seconds": …}

Each read is due at its own moment, whether those before it have been answered or not, and is timed
from that moment: a server that stalls does not stop the clock. Says as JSON the milliseconds of
each read.
"""

from __future__ import annotations

import json
import queue
import socket
import sys
import threading
import time
from contextlib import ExitStack
from typing import Any

CONNECTIONS = 32


def read(told: dict[str, Any], due: queue.SimpleQueue[float | None], took: list[float]) -> None:
    head = f"GET {told['path']} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {told['cookie']}\r\n\r\n"
    request = head.encode()
    with ExitStack() as stack:
        connection = None
        while (moment := due.get()) is not None:
            if connection is None:  # not before: a server may keep a thread for it
                address = ("127.0.0.1", told["port"])
                connection = stack.enter_context(socket.create_connection(address))
            connection.sendall(request)
            answer = b""
            while not answer.endswith(b"}\n"):
                answer += connection.recv(65_536)
            assert answer.startswith(b"HTTP/1.1 200 "), answer[:100]
            took.append((time.perf_counter() - moment) * 1000)


def main() -> None:
    told = json.loads(sys.stdin.read())
    due: queue.SimpleQueue[float | None] = queue.SimpleQueue()
    took: list[float] = []
    threads = [threading.Thread(target=read, args=(told, due, took)) for _ in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    began = time.perf_counter()
    for index in range(int(told["per_second"] * told["seconds"])):
        moment = began + index / told["per_second"]
        time.sleep(max(0, moment - time.perf_counter()))
        due.put(moment)
    for _ in threads:
        due.put(None)
    for thread in threads:
        thread.join()
    print(json.dumps(took))


main()
