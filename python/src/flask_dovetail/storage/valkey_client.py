"""The Valkey client, whose every wait ends, and which fails fast while the server hangs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from valkey import BlockingConnectionPool, Valkey
from valkey.backoff import NoBackoff
from valkey.exceptions import ConnectionError as Disconnected
from valkey.exceptions import TimeoutError as NoAnswer
from valkey.retry import Retry

from .breaker import CircuitBreaker

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


def make_client(url: str, *, size: int, connect_seconds: float, answer_seconds: float) -> Valkey:
    """A client with a pool of `size` connections; a caller waits for one as long as for an answer.

    It is safe for threads, and its pool begins anew after a fork.
    """
    made: Any = BlockingConnectionPool  # its methods have no types
    pool = made.from_url(
        url,
        max_connections=size,
        timeout=answer_seconds,
        socket_connect_timeout=connect_seconds,
        socket_timeout=answer_seconds,
        retry=_RetryUnlessItHangs(),
        retry_on_error=[Disconnected],
    )
    return Valkey.from_pool(pool)


class _RetryUnlessItHangs(Retry):
    """Retries once on a connection that is stale after a restart; never after a time limit.

    All connections of a client share it: what one of them learns, the others know.
    """

    def __init__(self) -> None:
        super().__init__(NoBackoff(), 1, supported_errors=(Disconnected,))
        self._breaker = CircuitBreaker(lambda: NoAnswer("Valkey did not answer a moment ago"))

    def __deepcopy__(self, memo: dict[int, Any]) -> _RetryUnlessItHangs:
        return self  # each connection would have a breaker of its own

    def call_with_retry(self, do: Callable[[], T], fail: Callable[[Exception], Any]) -> T:
        self._breaker.check()
        try:
            answer = super().call_with_retry(do, fail)
        except NoAnswer:  # the driver has dropped the connection: nobody reads a late answer
            self._breaker.trip()
            raise
        self._breaker.reset()
        return answer
