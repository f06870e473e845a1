"""A WebSocket as a hostile client would write one: every byte is the test's."""

from __future__ import annotations

import base64
import json
import os
import socket
import struct
import time
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import urlsplit

WAIT_SECONDS = 10
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
PATH = "/socket.io/?EIO=4&transport=websocket"


class ClosedError(Exception):
    """The server has closed the connection.

    Attributes:
        code: of its close frame; None: it broke off.
    """

    def __init__(self, code: int | None) -> None:
        super().__init__(code)
        self.code = code


class Frame(NamedTuple):
    opcode: int
    data: bytes


def frame(opcode: int, data: bytes, *, final: bool = True, masked: bool = True) -> bytes:
    """As RFC 6455 section 5.2 writes it; the mask is zeros."""
    size = len(data)
    if size < 126:
        length, more = size, b""
    elif size < 65_536:
        length, more = 126, struct.pack("!H", size)
    else:
        length, more = 127, struct.pack("!Q", size)
    head = bytes((opcode | (0x80 if final else 0), length | (0x80 if masked else 0)))
    return head + more + (bytes(4) if masked else b"") + data


def event_frame(event: str, *data: Any, namespace: str = "/live", ack: int | None = None) -> bytes:
    """The packet of an event, as a frame."""
    number = "" if ack is None else str(ack)
    return frame(TEXT, f"42{namespace},{number}{json.dumps([event, *data])}".encode())


class RawSocket:
    """
    Args:
        page: the origin that it says it is from; None: that of the server.
        receive_bytes: how little the kernel takes for a client that does not read; 0: as usual.
    """

    def __init__(
        self,
        origin: str,
        *,
        cookies: str = "",
        page: str | None = None,
        receive_bytes: int = 0,
    ) -> None:
        parts = urlsplit(origin)
        assert parts.hostname is not None
        self._origin = origin
        self._page = origin if page is None else page
        self._cookies = cookies
        self._kept = b""
        self.socket = socket.socket()
        if receive_bytes:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        self.socket.settimeout(WAIT_SECONDS)
        self.socket.connect((parts.hostname, parts.port))

    def request(self, path: str = PATH, **headers: str | None) -> str:
        """Send a handshake, changed by `headers` (None leaves one out). The head of the answer."""
        host = urlsplit(self._origin).netloc
        wanted: dict[str, str | None] = {
            "Host": host,
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
            "Sec-WebSocket-Version": "13",
            "Origin": self._page,
            "Cookie": self._cookies or None,
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        lines = [f"{name}: {value}" for name, value in wanted.items() if value is not None]
        self.send_bytes("\r\n".join([f"GET {path} HTTP/1.1", *lines, "", ""]).encode())
        while b"\r\n\r\n" not in self._kept:
            self._read_more()
        head, _, self._kept = self._kept.partition(b"\r\n\r\n")
        return head.decode()

    def open(self) -> None:
        """Be a WebSocket, and past Engine.IO's OPEN packet."""
        head = self.request()
        assert " 101 " in head.partition("\r\n")[0], head
        assert self.packet().startswith("0{")

    def join(self, namespace: str, auth: Any = None) -> str:
        """The answer to a CONNECT packet."""
        self.say(f"40{namespace}," + json.dumps(auth or {}))
        return self.packet()

    def say(self, text: str) -> None:
        """Send a packet of Engine.IO."""
        self.send_bytes(frame(TEXT, text.encode()))

    def emit(
        self, event: str, *data: Any, namespace: str = "/live", ack: int | None = None
    ) -> None:
        self.send_bytes(event_frame(event, *data, namespace=namespace, ack=ack))

    def ask(self, event: str, *data: Any, namespace: str = "/live", ack: int = 1) -> Any:
        """The acknowledgement of an event; what comes before it is passed over."""
        self.emit(event, *data, namespace=namespace, ack=ack)
        head = f"43{namespace},{ack}["
        while not (packet := self.packet()).startswith(head):
            pass
        return json.loads(packet[len(head) - 1 :])[0]

    def send_bytes(self, data: bytes) -> None:
        self.socket.sendall(data)

    def is_cut_off(self, data: bytes, *, times: int, pause: float = 0) -> bool:
        """Whether the server stops taking `data` before it has been sent so many times."""
        try:
            for _ in range(times):
                self.send_bytes(data)
                time.sleep(pause)
        except (ConnectionError, TimeoutError):
            return True
        return False

    def packets(self) -> Iterator[str]:
        """Those that come until the server closes the connection."""
        try:
            while True:
                yield self.packet()
        except ClosedError:
            return

    def packet(self) -> str:
        """The next packet that is no ping of Engine.IO; those are answered.

        Raises:
            ClosedError: there are no more.
        """
        while True:
            found = self.frame()
            if found.opcode != TEXT:
                continue
            text = found.data.decode()
            if text != "2":
                return text
            self.say("3")

    def heard(self, event: str) -> Any:
        """The argument of the next event of that name; what comes before it is passed over."""
        while True:
            packet = self.packet()
            if packet.startswith("42"):
                name, *data = json.loads(packet[packet.index("[") :])
                if name == event:
                    return data[0] if data else None

    def frame(self) -> Frame:
        """
        Raises:
            ClosedError: the server has closed the connection.
        """
        first, second = self._take(2)
        size = second & 0x7F
        assert not second & 0x80, "servers mask nothing"
        if size == 126:
            (size,) = struct.unpack("!H", self._take(2))
        elif size == 127:
            (size,) = struct.unpack("!Q", self._take(8))
        data = self._take(size)
        opcode = first & 0xF
        if opcode == CLOSE:
            raise ClosedError(struct.unpack("!H", data[:2])[0] if data else None)
        return Frame(opcode, data)

    def closed_with(self) -> int | None:
        """The code of the close frame, once it comes; None: the connection broke off."""
        try:
            while True:
                self.frame()
        except ClosedError as closed:
            return closed.code

    def close(self) -> None:
        self.socket.close()

    def _take(self, size: int) -> bytes:
        while len(self._kept) < size:
            self._read_more()
        taken, self._kept = self._kept[:size], self._kept[size:]
        return taken

    def _read_more(self) -> None:
        try:
            data = self.socket.recv(65_536)
        except ConnectionError:
            data = b""
        if not data:
            raise ClosedError(None)
        self._kept += data
