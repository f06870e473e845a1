"""The policies of an application: who may upload and read which files, and how much of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from ..core.errors import DeclarationError
from .config import MAX_PART_BYTES, MAX_PARTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..contract import Problem
    from ..core.identity import Identity

GIB = 1024**3


class Upload(NamedTuple):
    """An upload under way, as the client announced it; nothing of it is trusted.

    Attributes:
        key: the name of its bytes in the store; 32 characters of base64url, made by the server.
        owner: the subject of the person who began it.
        sha256: of the whole, hex, if the client knew it beforehand.
        part_size: bytes of every part but the last.
        handle: the store's own name for it; None if it needs no name.
        fingerprint: the client's own mark, by which it finds this upload again.
        created_at, expires_at: Unix seconds.
    """

    key: str
    owner: str
    purpose: str
    name: str
    content_type: str
    size: int
    sha256: str | None
    part_size: int
    handle: str | None
    fingerprint: str | None
    created_at: int
    expires_at: int

    @property
    def part_count(self) -> int:
        """The number of parts.

        At least 1: a file of zero bytes has one empty part.
        """
        return max(1, -(-self.size // self.part_size))

    def part_length(self, number: int) -> int:
        """Return the number of bytes of part `number`, counted from 1."""
        return min(self.part_size, self.size - (number - 1) * self.part_size)


class File(NamedTuple):
    """A stored file; its bytes never change under one id.

    Attributes:
        id: a UUID.
        key: the name of its bytes in the store, never sent to a client.
        owner: the subject of the person who uploaded it, or the `owner` argument of `store_file`.
        sha256: hex, if it is known.
        created_at, deleted_at: Unix seconds. A deleted file is hidden from everybody.
    """

    id: str
    key: str
    owner: str
    purpose: str
    name: str
    content_type: str
    size: int
    sha256: str | None
    created_at: int
    deleted_at: int | None = None


@dataclass(frozen=True)
class FilePolicy:
    """The rules for one purpose, such as `"avatar"`.

    Attributes:
        max_bytes: the largest file. Default: 5 GiB.
        types: the accepted content types; `image/*` is every type of a kind. Default: any.
        quota_bytes: what one owner's files of this purpose may take on the disk together. Uploads
            under way and deleted files count until their bytes are dropped. Default:
            `DOVETAIL_FILES_QUOTA_BYTES`, 10 GiB.
        quota_files: how many of them there may be, counted likewise. Default:
            `DOVETAIL_FILES_QUOTA_FILES`, 10 000.
        may_upload: `(Upload, Identity) -> bool`, asked before an upload and again before the file
            becomes visible. False is 403 FORBIDDEN; a problem of the app's own may be raised
            instead. Default: everybody who is signed in.
        may_read: `(File, Identity | None) -> bool`; None is somebody who is not signed in, so that
            True for None makes a file public. False is 404. Default: its owner alone.
        may_delete: `(File, Identity) -> bool`. Default: its owner alone.
        scan: `(File, BinaryIO) -> None`, called with the bytes before the file becomes visible.
            Raises `FileRejected`, or a problem of the app's own below 500, to refuse it: the upload
            and its bytes are dropped at once.
        problems: other problems that these callables raise, for the contract.

    Raises:
        DeclarationError: `max_bytes` is more than 10 000 parts can carry.
    """

    max_bytes: int = 5 * GIB
    types: tuple[str, ...] = ("*/*",)
    quota_bytes: int | None = None
    quota_files: int | None = None
    may_upload: Callable[[Upload, Identity], bool] | None = None
    may_read: Callable[[File, Identity | None], bool] | None = None
    may_delete: Callable[[File, Identity], bool] | None = None
    scan: Callable[[File, BinaryIO], None] | None = None
    problems: tuple[type[Problem], ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.max_bytes <= MAX_PARTS * MAX_PART_BYTES:
            raise DeclarationError(
                f"FilePolicy(max_bytes={self.max_bytes}): choose 0 to {MAX_PARTS * MAX_PART_BYTES}."
            )
