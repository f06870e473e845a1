"""The protocol of a store of bytes, implemented by `local/` and `s3/`.

One suite of tests runs over both.
A store knows no people and no rows: the row in SQL is written before the first byte and removed
after the last, so the sweep finds everything that a crash leaves behind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from ..policy import File, Upload


class PartUrl(NamedTuple):
    """The address of one part: `PUT url` with exactly these headers and `size` bytes."""

    number: int
    size: int
    url: str
    headers: dict[str, str]


class Ticket(NamedTuple):
    """The login that addresses are signed for, and their expiry (Unix seconds)."""

    subject: str
    login_id: str
    expires_at: int


class Missing(Exception):  # noqa: N818 - says what is, like the problems
    """Raised when the store does not hold these bytes."""


class Incomplete(Exception):  # noqa: N818
    """Raised when parts have not arrived.

    Args:
        numbers: those parts, ascending.
    """

    def __init__(self, numbers: Collection[int]) -> None:
        super().__init__(f"{len(numbers)} parts are missing")
        self.numbers: tuple[int, ...] = tuple(numbers)


class NoSpace(Exception):  # noqa: N818
    """Raised when the store is full."""


class Store(Protocol):
    """The protocol of a store.

    Every method may be called again, in any process, after it failed or was cut off half-way.

    Every method raises NoSpace, and an error that `storage.outages` knows as one if the store is
    out of reach.
    """

    @property
    def origin(self) -> str | None:
        """The origin that browsers talk to, if it is not the API's."""

    def begin(self, upload: Upload) -> str | None:
        """Make room for the parts, and return the handle for the row."""

    def part_urls(self, upload: Upload, numbers: Collection[int], ticket: Ticket) -> list[PartUrl]:
        """Return signed addresses of those parts."""

    def arrived(self, upload: Upload) -> list[int]:
        """Return the numbers of the parts that have arrived whole, ascending."""

    def assemble(self, upload: Upload) -> tuple[str, ...] | None:
        """Join the parts into one object, which no signed address reaches from now on.

        Returns:
            The SHA-256 (hex) of each part, if the store computed it from the bytes that it
            received; None if the bytes have to be read for it.

        Raises:
            Incomplete: parts are missing, or the store has them in another size.
        """

    def clean_up(self, upload: Upload) -> None:
        """Drop the leftovers of an upload whose file's row has been written."""

    def discard(self, upload: Upload) -> None:
        """Drop all bytes of an upload: the parts, and the object if there is one already."""

    def size(self, key: str) -> int:
        """Return the size of an object in bytes.

        Raises:
            Missing: there is no such object.
        """

    def open(self, key: str, start: int = 0, stop: int | None = None) -> BinaryIO:
        """Open the bytes from `start` up to, not including, `stop`.

        The caller closes the stream, which reads in pieces.

        Raises:
            Missing: there is no such object.
        """

    def save(self, key: str, content: BinaryIO, content_type: str) -> int:
        """Write an object from the server's side, all of it or nothing, and return its size."""

    def delete(self, key: str) -> None:
        """Drop the object; a missing one is no error."""

    def path(self, key: str) -> Path | None:
        """Return the path of the object on this machine's disk, or None if it is elsewhere."""

    def link(self, file: File, *, disposition: str, content_type: str, seconds: int) -> str | None:
        """Return a signed address to fetch the bytes from, or None if the app serves them."""
