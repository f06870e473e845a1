"""What people may upload: files of their own, and a picture of themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from flask_dovetail import FilePolicy

from . import pictures

if TYPE_CHECKING:
    from flask_dovetail import File

MIB = 1024 * 1024
AVATAR_TYPES = ("image/jpeg", "image/png", "image/webp", "image/avif")

FILE = "file"
AVATAR = "avatar"
AVATAR_COPY = "avatar-variant"

# Uploads under way count: empty files fill no quota of bytes, but a disk's list of files.
MOST_FILES = 10_000
MOST_AVATARS = 50


def policies(quota_bytes: int) -> dict[str, FilePolicy]:
    """Return the policy of each purpose.

    Args:
        quota_bytes: the room of one person's files together.
    """
    return {
        FILE: FilePolicy(quota_bytes=quota_bytes, quota_files=MOST_FILES, scan=scan),
        AVATAR: FilePolicy(
            max_bytes=10 * MIB,
            types=AVATAR_TYPES,
            quota_bytes=50 * MIB,
            quota_files=MOST_AVATARS,
            scan=scan,
        ),
        # Made by the app from an avatar, readable by everybody; nobody uploads or deletes one.
        AVATAR_COPY: FilePolicy(
            may_upload=lambda _upload, _identity: False,
            may_read=lambda _file, _identity: True,
            may_delete=lambda _file, _identity: False,
        ),
    }


def scan(file: File, content: BinaryIO) -> None:
    """Refuse pictures that cannot be read, or would fill the memory of the people who see them."""
    pictures.check(content, file.content_type, file.owner)
