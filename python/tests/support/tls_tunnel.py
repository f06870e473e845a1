"""A port without TLS in front of one with it, for clients that read and write in two threads.

Python's `ssl` allows that only from 3.13 on: before, a read and a write of one connection at the
same moment break it off now and then ("bad record mac"), and a test would blame the server.
"""

from __future__ import annotations

import asyncio
import ssl
import threading
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from support.waiting import WAIT_SECONDS


class TLSTunnel:
    """Every connection to `origin` goes on, encrypted, to a port of this machine.

    Args:
        port: where TLS is spoken.
        certificate: the one to trust.
        address: of this machine, from which the encrypted connections come.
    """

    def __init__(self, port: int, certificate: Path, *, address: str = "127.0.0.1") -> None:
        self._port = port
        self._address = address
        self._context = ssl.create_default_context(cafile=str(certificate))
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        starting = asyncio.start_server(self._carry, "127.0.0.1", 0)
        self._server = asyncio.run_coroutine_threadsafe(starting, self._loop).result(WAIT_SECONDS)
        host, port = self._server.sockets[0].getsockname()
        self.origin = f"http://{host}:{port}"
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(WAIT_SECONDS)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _end(self) -> None:
        self._server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection both ways, until either side ends it."""
        try:
            far_reader, far_writer = await asyncio.open_connection(
                "127.0.0.1", self._port, ssl=self._context, local_addr=(self._address, 0)
            )
        except OSError:
            writer.close()
            return
        ways = [
            asyncio.create_task(_pour(reader, far_writer)),
            asyncio.create_task(_pour(far_reader, writer)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            for end in (writer, far_writer):
                end.close()


async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
