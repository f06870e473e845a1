"""HTTP connections whose whole answer, head and body, has to arrive within a time limit.

The time limit of `requests` is for each piece: a server that sends a byte now and then would hold
its caller for days.
"""

from __future__ import annotations

import io
from functools import cache
from http.client import HTTPResponse
from time import monotonic
from typing import TYPE_CHECKING, Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

if TYPE_CHECKING:
    import socket

    from urllib3 import PoolManager


class _Arriving(io.RawIOBase):
    """The bytes of one answer. Reading raises TimeoutError once its time is over."""

    def __init__(self, sock: socket.socket, raw: io.RawIOBase, seconds: float) -> None:
        self._sock = sock
        self._raw = raw
        self._until = monotonic() + seconds

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int | None:
        left = self._until - monotonic()
        if left <= 0:
            raise TimeoutError("the answer took too long")
        self._sock.settimeout(left)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


@cache  # classes are not freed before the garbage collector comes by
def _pools_within(seconds: float) -> dict[str, type[HTTPConnectionPool]]:
    """Return the classes of connection pools by scheme whose answers have so much time."""

    class Response(HTTPResponse):
        def __init__(self, sock: socket.socket, *args: Any, **options: Any) -> None:
            super().__init__(sock, *args, **options)
            raw: Any = self.fp.detach()  # of a BufferedReader
            self.fp = io.BufferedReader(_Arriving(sock, raw, seconds))

    plain = type("Connection", (HTTPConnection,), {"response_class": Response})
    secure = type("SecureConnection", (HTTPSConnection,), {"response_class": Response})
    return {
        "http": type("Pool", (HTTPConnectionPool,), {"ConnectionCls": plain}),
        "https": type("SecurePool", (HTTPSConnectionPool,), {"ConnectionCls": secure}),
    }


class DeadlineAdapter(HTTPAdapter):
    """An adapter of `requests` whose answers arrive within `seconds`, or raise a timeout."""

    def __init__(self, seconds: float) -> None:
        self._pools = _pools_within(seconds)
        super().__init__()

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """See `HTTPAdapter.init_poolmanager`."""
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = self._pools

    def proxy_manager_for(self, *args: Any, **options: Any) -> PoolManager:
        """See `HTTPAdapter.proxy_manager_for`."""
        manager: PoolManager = super().proxy_manager_for(*args, **options)
        manager.pool_classes_by_scheme = self._pools
        return manager
