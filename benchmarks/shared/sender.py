"""A client that costs little, in a process of its own: sends the same block over and over.

    python sender.py < {"port": …, "block": bytes, "ways": [[[path, bytes], …], …]}

Each way is a connection that sends its requests one after another; ways run at the same time. Says
as JSON which statuses came.
"""

from __future__ import annotations

import json
import socket
import sys
import threading


def send(port: int, block: memoryview, requests: list[tuple[str, int]], statuses: set[int]) -> None:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        for path, size in requests:
            head = f"PUT {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {size}\r\n\r\n"
            connection.sendall(head.encode())
            left = size
            while left:
                piece = block[:left]
                connection.sendall(piece)
                left -= len(piece)
            answer = b""
            while not answer.endswith(b"\r\n\r\n"):  # 204 has no body
                answer += connection.recv(65_536)
            statuses.add(int(answer.split()[1]))


def main() -> None:
    told = json.loads(sys.stdin.read())
    block, statuses = memoryview(bytes(told["block"])), set[int]()
    threads = [
        threading.Thread(target=send, args=(told["port"], block, way, statuses))
        for way in told["ways"]
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(json.dumps(sorted(statuses)))


main()
