"""The Valkey client, whose every wait ends, and which fails fast while the server hangs."""

from __future__ import annotations

from typing import Any

from valkey import BlockingConnectionPool, Valkey
from valkey.backoff import NoBackoff
from valkey.exceptions import ConnectionError as Disconnected
from valkey.exceptions import ResponseError
from valkey.exceptions import TimeoutError as NoAnswer
from valkey.retry import Retry

from .breaker import CircuitBreaker


def make_client(url: str, *, size: int, connect_seconds: float, answer_seconds: float) -> Valkey:
    """Make a client with a pool of `size` connections.

    A caller waits for a connection as long as for an answer. The client is safe for threads, and
    its pool begins anew after a fork.
    """
    pool_class: Any = _Pool  # its methods have no types
    pool = pool_class.from_url(
        url,
        max_connections=size,
        timeout=answer_seconds,
        socket_connect_timeout=connect_seconds,
        socket_timeout=answer_seconds,
        # Once, on a connection that is stale after a restart; never after a time limit.
        retry=Retry(NoBackoff(), 1, supported_errors=(Disconnected,)),
        retry_on_error=[Disconnected],
    )
    breaker = pool.breaker = CircuitBreaker(
        lambda: NoAnswer("Valkey did not answer a moment ago"),
    )
    attributes = {"breaker": breaker}  # on the class, which the URL decides
    pool.connection_class = type(
        "Connection", (_ReportingConnection, pool.connection_class), attributes
    )
    return Valkey.from_pool(pool)


class _Pool(BlockingConnectionPool):
    """A pool that lets nobody wait for a connection while the server hangs."""

    breaker: CircuitBreaker

    def get_connection(self, *args: Any, **options: Any) -> Any:
        """Return a connection, or fail at once while the server hangs."""
        self.breaker.check()
        parent: Any = super()
        try:
            return parent.get_connection(*args, **options)
        except BaseException:
            self.breaker.give_up()
            raise


class _ReportingConnection:
    """Mixed into a connection, which then reports to the breaker whether the server answers.

    An opened connection is no answer: the kernel opens it for a process that hangs.
    """

    breaker: CircuitBreaker

    def _connect(self) -> Any:
        parent: Any = super()
        try:
            return parent._connect()
        except TimeoutError:
            self.breaker.trip()
            raise
        except OSError:
            self.breaker.give_up()
            raise

    def send_packed_command(self, *args: Any, **options: Any) -> Any:
        """Send a command, unless the breaker has opened in the meantime."""
        parent: Any = super()
        self.breaker.check()  # it may have opened while this thread waited for its connection
        return parent.send_packed_command(*args, **options)

    def read_response(self, *args: Any, **options: Any) -> Any:
        """Read an answer, and report it or its absence to the breaker."""
        parent: Any = super()
        try:
            answer = parent.read_response(*args, **options)
        except NoAnswer:  # the driver has dropped the connection: nobody reads a late answer
            self.breaker.trip()
            raise
        except ResponseError:
            self.breaker.reset()
            raise
        self.breaker.reset()
        return answer
