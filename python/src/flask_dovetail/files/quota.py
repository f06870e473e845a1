"""How much one owner may keep for one purpose."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from .config import FileSettings
    from .policy import FilePolicy


class OverQuota(Exception):  # noqa: N818 - says what is, like the problems
    """There is no room for one more."""


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
    """What an owner may have; see `Taken`."""

    files: int
    bytes: int
    uploads: int

    @classmethod
    def of(cls, policy: FilePolicy, settings: FileSettings) -> Limits:
        """Those of the policy, and of the settings where it says nothing."""
        return cls(
            files=settings.quota_files if policy.quota_files is None else policy.quota_files,
            bytes=settings.quota_bytes if policy.quota_bytes is None else policy.quota_bytes,
            uploads=settings.uploads_per_person,
        )

    def allow(self, taken: Taken, size: int) -> bool:
        """Whether one more file of that size fits."""
        return taken.files < self.files and taken.bytes + size <= self.bytes
