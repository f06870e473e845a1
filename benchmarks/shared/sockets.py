"""Many Socket.IO clients in one process: as little of the protocol as takes to be one.

Engine.IO 4 over WebSocket, text frames only, on asyncio: what it costs is not the server's.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import struct
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_MASK = b"\0\0\0\0"
_PING = b"\x81\x012"
_PONG = b"\x81\x81" + _MASK + b"3"
_AT_ONCE = 50


class Socket:
    """One client, connected to one namespace."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, namespace: str
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._prefix = "" if namespace == "/" else f"{namespace},"

    @classmethod
    async def open(
        cls, port: int, namespace: str, *, cookie: str = "", auth: dict[str, Any] | None = None
    ) -> Socket:
        """
        Raises:
            ConnectionError, IncompleteReadError: the server refuses, or is not there.
        """
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        made = cls(reader, writer, namespace)
        try:
            await made._begin(port, cookie, auth or {})
        except BaseException:
            made.close()
            raise
        return made

    async def listen(self, heard: Callable[[str, Any], None]) -> None:
        """Until the connection ends. `heard` gets each event's name and argument."""
        head = "42" + self._prefix
        while True:
            try:
                text = await self._packet()
            except (OSError, asyncio.IncompleteReadError):
                return
            if text.startswith(head):
                name, *data = json.loads(text[len(head) :])
                heard(name, data[0] if data else None)

    def count(self, counter: Counter) -> None:
        """From now on, only count what comes: several times as cheap as `listen`."""
        self._writer.transport.set_protocol(_Counting(counter, self._writer))

    def close(self) -> None:
        self._writer.close()

    async def _begin(self, port: int, cookie: str, auth: dict[str, Any]) -> None:
        key = base64.b64encode(os.urandom(16)).decode()
        self._writer.write(
            "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n"
            f"Host: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
            f"Cookie: {cookie}\r\n\r\n".encode()
        )
        head = await self._reader.readuntil(b"\r\n\r\n")
        if b" 101 " not in head.partition(b"\r\n")[0]:
            raise ConnectionError(head.decode(errors="replace"))
        await self._frame()  # Engine.IO's OPEN
        self._send("40" + self._prefix + json.dumps(auth))
        answer = await self._packet()
        if not answer.startswith("40"):
            raise ConnectionError(answer)

    async def _packet(self) -> str:
        """The next packet that is no ping; pings are answered."""
        while True:
            text = await self._frame()
            if text == "2":
                self._send("3")
            elif text[:1] == "4":
                return text

    async def _frame(self) -> str:
        first, second = await self._reader.readexactly(2)
        length = second & 0x7F
        if length == 126:
            (length,) = struct.unpack("!H", await self._reader.readexactly(2))
        elif length == 127:
            (length,) = struct.unpack("!Q", await self._reader.readexactly(8))
        data = await self._reader.readexactly(length)
        if first & 0xF == 8:
            raise ConnectionError("closed")
        return data.decode()

    def _send(self, text: str) -> None:
        data = text.encode()
        size = len(data)
        head = bytes([0x81]) + (
            bytes([0x80 | size]) if size < 126 else bytes([0xFE]) + struct.pack("!H", size)
        )
        self._writer.write(head + _MASK + data)


class Counter:
    """How often a text came, to all sockets together.

    Args:
        text: which each of the events has once.
    """

    def __init__(self, text: bytes) -> None:
        self.text = text
        self.seen = 0
        self._wanted = 0
        self._reached = asyncio.Event()

    def expect(self, more: int) -> None:
        """What `reached` waits for: so many more."""
        self._wanted = self.seen + more
        self._reached.clear()

    async def reached(self, seconds: float) -> None:
        """
        Raises:
            TimeoutError: they did not come.
        """
        await asyncio.wait_for(self._reached.wait(), seconds)

    def add(self, count: int) -> None:
        self.seen += count
        if self.seen >= self._wanted:
            self._reached.set()


class _Counting(asyncio.Protocol):
    """
    Args:
        writer: kept, because the connection is closed with it.
    """

    def __init__(self, counter: Counter, writer: asyncio.StreamWriter) -> None:
        self._counter = counter
        self._writer = writer

    def data_received(self, data: bytes) -> None:
        if _PING in data:
            self._writer.transport.write(_PONG)
        self._counter.add(data.count(self._counter.text))


async def open_many(port: int, namespace: str, cookies: list[str], count: int) -> list[Socket]:
    """So many sockets, whose people take turns; 50 at once."""
    made: list[Socket] = []
    while len(made) < count:
        some = range(len(made), min(count, len(made) + _AT_ONCE))
        made += await asyncio.gather(
            *(Socket.open(port, namespace, cookie=cookies[each % len(cookies)]) for each in some)
        )
    return made
