"""How much one owner may keep for one purpose."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from .config import FileSettings
    from .policy import FilePolicy


class OverQuota(Exception):  # noqa: N818 - says what is, like the problems
    """There is no room for one more."""


class TooManyBegun(Exception):  # noqa: N818
    """One person has begun as many uploads as they may in an hour.

    Attributes:
        retry_after: the seconds until the first of them is an hour old.
    """

    def __init__(self, retry_after: int) -> None:
        self.retry_after = retry_after


class Taken(NamedTuple):
    """What an owner's files take on the disk, until their bytes are dropped.

    Attributes:
        files: of one purpose: files, deleted ones and uploads included.
        bytes: of the same; an upload counts with the size that was announced.
        uploads: under way now, of every purpose.
    """

    files: int
    bytes: int
    uploads: int


class Limits(NamedTuple):
    """What an owner may have; see `Taken`.

    Attributes:
        begun: uploads of every purpose that begin within an hour, however they end.
    """

    files: int
    bytes: int
    uploads: int
    begun: int

    @classmethod
    def of(cls, policy: FilePolicy, settings: FileSettings) -> Limits:
        """Those of the policy, and of the settings where it says nothing."""
        return cls(
            files=settings.quota_files if policy.quota_files is None else policy.quota_files,
            bytes=settings.quota_bytes if policy.quota_bytes is None else policy.quota_bytes,
            uploads=settings.uploads_per_person,
            begun=settings.uploads_per_hour,
        )

    def allow(self, taken: Taken, size: int) -> bool:
        """Whether one more file of that size fits."""
        return taken.files < self.files and taken.bytes + size <= self.bytes
