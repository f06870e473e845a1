"""What holds the bytes. `local/` and `s3/` implement it; one suite of tests runs over both.

A store knows no people and no rows: a row in SQL stands before the first byte and after the last
one, so whatever a crash leaves behind is found by its row and discarded by the sweep.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from ..policy import File, Upload


class PartUrl(NamedTuple):
    """Where one part goes: `PUT url` with exactly these headers and `size` bytes."""

    number: int
    size: int
    url: str
    headers: dict[str, str]


class Ticket(NamedTuple):
    """For whom addresses are signed, and until when (Unix seconds)."""

    subject: str
    login_id: str
    expires_at: int


class Missing(Exception):  # noqa: N818 - says what is, like the problems
    """The store does not hold these bytes."""


class Incomplete(Exception):  # noqa: N818
    """Parts have not arrived.

    Args:
        numbers: which, ascending.
    """

    def __init__(self, numbers: Collection[int]) -> None:
        super().__init__(f"{len(numbers)} parts are missing")
        self.numbers = tuple(numbers)


class NoSpace(Exception):  # noqa: N818
    """The store is full."""


class Store(Protocol):
    """Every method may be called again after it failed or was cut off half-way, in any process.

    Raises, from every method:
        Whatever `server.faults.is_outage` knows when the store is out of reach; NoSpace.
    """

    @property
    def origin(self) -> str | None:
        """The origin that browsers talk to, where it is not the API's."""

    def begin(self, upload: Upload) -> str | None:
        """Make room for the parts. Returns the handle that is kept in the row."""

    def part_urls(self, upload: Upload, numbers: Collection[int], ticket: Ticket) -> list[PartUrl]:
        """Signed addresses of those parts."""

    def arrived(self, upload: Upload) -> list[int]:
        """The parts that are there whole, ascending."""

    def assemble(self, upload: Upload) -> tuple[str, ...] | None:
        """Make one object of the parts, which no signed address reaches from now on.

        Returns:
            The SHA-256 (hex) of each part, where the store computed it from what it received
            itself; None where the bytes have to be read for it.

        Raises:
            Incomplete: parts are missing, or the store has them in another size.
        """

    def finished(self, upload: Upload) -> None:
        """Drop what only the upload needed: the file's row has been written."""

    def discard(self, upload: Upload) -> None:
        """Drop all of it: the parts, and the object if there is one already."""

    def size(self, key: str) -> int:
        """
        Raises:
            Missing: there is no such object.
        """

    def open(self, key: str, start: int = 0, stop: int | None = None) -> BinaryIO:
        """The bytes from `start` up to, not including, `stop`; to be closed. Reads in pieces.

        Raises:
            Missing: there is no such object.
        """

    def save(self, key: str, content: BinaryIO, content_type: str) -> int:
        """Write an object from the server's side; all of it or nothing. Returns its size."""

    def delete(self, key: str) -> None:
        """Drop the object. Also if there is none."""

    def path(self, key: str) -> Path | None:
        """Where the object lies on this machine's disk; None where it does not."""

    def link(self, file: File, *, disposition: str, content_type: str, seconds: int) -> str | None:
        """A signed address that the browser fetches the bytes from; None where we serve them."""
