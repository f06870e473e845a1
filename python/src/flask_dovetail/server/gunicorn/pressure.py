"""Choose the slow transfers to end when requests wait for a thread."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

T = TypeVar("T")


class Transfer(NamedTuple, Generic[T]):
    """A thread that waits for a slow client.

    Attributes:
        rate: bytes per second of late.
    """

    item: T
    address: str | None
    rate: float


def choose_transfers(
    waiting: Sequence[str | None],
    ending: int,
    slow: Sequence[Transfer[T]],
    threads_of: Callable[[str | None], int],
) -> list[T]:
    """Choose one slow transfer for each waiting request, less those that are ending already.

    The address with the most threads gives first, and of its transfers the slowest. A request
    takes no thread from an address that has fewer than its own.

    Args:
        waiting: the address of each request that has waited for too long.
        ending: how many transfers were chosen before, and still hold their threads.
        slow: the transfers that may end.
        threads_of: how many requests of an address run; 0 for those that are not counted.
    """
    slowest_last: defaultdict[str | None, list[Transfer[T]]] = defaultdict(list)
    for transfer in sorted(slow, key=lambda transfer: -transfer.rate):
        slowest_last[transfer.address].append(transfer)
    threads = {address: threads_of(address) for address in {*slowest_last, *waiting}}
    chosen: list[T] = []
    for address in sorted(waiting, key=threads.__getitem__)[ending:]:
        if not slowest_last:
            break
        giving = max(slowest_last, key=lambda one: (threads[one], -slowest_last[one][-1].rate))
        if threads[giving] < threads[address]:
            break  # later addresses have as many threads or more
        chosen.append(slowest_last[giving].pop().item)
        threads[giving] -= 1
        if not slowest_last[giving]:
            del slowest_last[giving]
    return chosen
