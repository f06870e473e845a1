"""How much one owner may keep for one purpose."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from .policy import FilePolicy


class OverQuota(Exception):  # noqa: N818 - says what is, like the problems
    """There is no room for one more."""


class Taken(NamedTuple):
    """What an owner has already, uploads under way included."""

    files: int
    bytes: int


def is_limited(policy: FilePolicy) -> bool:
    """Whether anybody has to count."""
    return policy.quota_bytes is not None or policy.quota_files is not None


def demand_room(policy: FilePolicy, taken: Taken, size: int) -> None:
    """
    Raises:
        OverQuota: one more file of that size would be too much.
    """
    if policy.quota_bytes is not None and taken.bytes + size > policy.quota_bytes:
        raise OverQuota
    if policy.quota_files is not None and taken.files + 1 > policy.quota_files:
        raise OverQuota
