"""One connection of the worker."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gunicorn.workers.gthread import TConn

if TYPE_CHECKING:
    from gunicorn.config import Config

    from .client_socket import ClientSocket

CLOSING_BYTES = 64 * 1024
"""The most bytes that are read from a connection that is being closed."""


class Client(TConn):  # type: ignore[misc]  # gunicorn has no types
    """One connection, owned by the loop or, while a request is served, by a thread.

    Attributes:
        address: the address that it counts for; None if it is not counted.
        head: the bytes of a request that have arrived.
        wanted: how many bytes it needs before it gets a thread; 0 if not known yet.
        mark: how many there were when the current wait began.
        until: the time at which the wait ends.
        is_over: whether it has been closed.
        holds_turn: whether it counts among the running requests of its address.
        is_probe: whether it is served beyond the limit of threads.
    """

    def __init__(self, cfg: Config, sock: ClientSocket, peer: Any, server: Any) -> None:
        super().__init__(cfg, sock, peer, server)
        sock.setblocking(True)  # for good: the loop reads without waiting
        sock.owner = self
        self.address: str | None = None
        self.head = b""
        self.wanted = 0
        self.mark = 0
        self.until: float = 0.0
        self.left = CLOSING_BYTES
        self.is_over = False
        self.holds_turn = False
        self.is_probe = False
