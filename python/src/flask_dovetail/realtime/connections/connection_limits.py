"""Limited places for sockets, in all and for each client address."""

from __future__ import annotations

import threading
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

PLACE = "dovetail.place"
"""The key, in the environ of a handshake, of the stranger's place that its socket holds."""


class Place:
    """One place; giving it back more than once does no harm."""

    def __init__(self, places: Places, address: str | None) -> None:
        self._places: Places | None = places
        self._address = address

    def give_back(self) -> None:
        """Give the place back if it is still taken."""
        places, self._places = self._places, None
        if places is not None:
            places._leave(self._address)


class Places:
    """The places of one kind in one process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._total = 0
        self._by_address: Counter[str] = Counter()

    def take(self, address: str | None, *, most: int, most_of_one: int) -> Place | None:
        """Take a place, or return None if there is none left, or none for that address.

        Args:
            address: the address that the client counts for; None if it is not counted.
            most: how many places there are.
            most_of_one: how many of them one address may have.
        """
        with self._lock:
            if self._total >= most:
                return None
            if address is not None:
                if self._by_address.get(address, 0) >= most_of_one:
                    return None
                self._by_address[address] += 1
            self._total += 1
        return Place(self, address)

    def _leave(self, address: str | None) -> None:
        with self._lock:
            self._total -= 1
            if address is not None:
                self._by_address[address] -= 1
                if not self._by_address[address]:
                    del self._by_address[address]


def give_back(environ: Mapping[str, Any]) -> None:
    """Give back the stranger's place of a handshake: its socket has joined a namespace, or is gone.

    Args:
        environ: the environ of the handshake.
    """
    place: Place | None = environ.get(PLACE)
    if place is not None:
        place.give_back()
