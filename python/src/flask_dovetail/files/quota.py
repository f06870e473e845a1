"""The quota of one owner for one purpose."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from .config import FileSettings
    from .policy import FilePolicy


class OverQuota(Exception):  # noqa: N818 - says what is, like the problems
    """Raised when there is no room for one more file."""


class TooManyBegun(Exception):  # noqa: N818
    """Raised when one person has begun as many uploads as they may in an hour.

    Attributes:
        retry_after: the seconds until the first of them is an hour old.
    """

    def __init__(self, retry_after: int) -> None:
        self.retry_after = retry_after


class Taken(NamedTuple):
    """The room that an owner's files take on the disk, until their bytes are dropped.

    Attributes:
        files: of one purpose: files, deleted ones and uploads included.
        bytes: of the same; an upload counts with the size that was announced.
        uploads: under way now, of every purpose.
    """

    files: int
    bytes: int
    uploads: int


class Limits(NamedTuple):
    """The limits of an owner; see `Taken`.

    Attributes:
        begun: uploads of every purpose that begin within an hour, however they end.
    """

    files: int
    bytes: int
    uploads: int
    begun: int

    @classmethod
    def of(cls, policy: FilePolicy, settings: FileSettings) -> Limits:
        """Return the limits of the policy, and those of the settings where it sets no limit."""
        return cls(
            files=settings.quota_files if policy.quota_files is None else policy.quota_files,
            bytes=settings.quota_bytes if policy.quota_bytes is None else policy.quota_bytes,
            uploads=settings.uploads_per_person,
            begun=settings.uploads_per_hour,
        )

    def allow(self, taken: Taken, size: int) -> bool:
        """Return whether one more file of that size fits."""
        return taken.files < self.files and taken.bytes + size <= self.bytes
