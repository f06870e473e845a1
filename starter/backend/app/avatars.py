"""A person's picture: copies of a file that they uploaded, in the sizes and formats of screens.

The copies are files too, which everybody may read. Their ids are stored with the person, so that a
page of posts needs no query for its authors' pictures.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from flask import current_app
from pydantic import BaseModel, Field
from sqlalchemy import CursorResult, update

from flask_dovetail import delete_file, find_file, open_file, store_file
from flask_dovetail.problems import NotFound

from . import pictures
from .database import db
from .files import AVATAR, AVATAR_COPY
from .limits import limit_avatars
from .models import User

if TYPE_CHECKING:
    from collections.abc import Iterable

    Copies = dict[str, dict[str, str]]


class Source(BaseModel):
    type: str
    srcset: str


class Avatar(BaseModel):
    """What a `<picture>` is made of. Every picture is square."""

    fallback: str = Field(description="The address of a JPEG.")
    sources: list[Source] = Field(description="The smallest format first.")


def avatar_of(user: User) -> Avatar | None:
    """Describe a person's picture; None if they have chosen none."""
    if user.avatar_copies is None:
        return None
    copies = dict(user.avatar_copies)
    (fallback,) = copies.pop("image/jpeg").values()
    sources = [Source(type=kind, srcset=_srcset(sizes)) for kind, sizes in copies.items()]
    return Avatar(fallback=_address(fallback), sources=sources)


def choose(user: User, file_id: str) -> None:
    """Make a file the person's picture, and drop their former one.

    Raises:
        NotFound: they have uploaded no such file as an avatar.
        FileRejected: the file cannot be decoded.
        TooManyRequests: they have chosen too many within an hour.
    """
    file = find_file(file_id)
    if file is None or file.purpose != AVATAR or file.owner != str(user.id):
        raise NotFound("There is no such picture of yours.")
    if file.id == user.avatar_file:
        return
    limit_avatars(file.owner)
    with open_file(file) as content:
        squares = pictures.squares(content, file.content_type, file.owner)
    copies: Copies = {}
    with ExitStack() as undo:
        for square in squares:
            copy = store_file(
                square.content,
                name=f"{square.width}.{square.content_type.removeprefix('image/')}",
                content_type=square.content_type,
                owner=file.owner,
                purpose=AVATAR_COPY,
            )
            undo.callback(delete_file, copy, restorable=False)
            copies.setdefault(square.content_type, {})[str(square.width)] = copy.id
        _replace(user, file.id, copies)
        undo.pop_all()


def remove(user: User) -> None:
    """Drop the person's picture, if they have one."""
    _replace(user, None, None)


def _replace(user: User, file_id: str | None, copies: Copies | None) -> None:
    """Replace one picture by another, and drop every file of the former.

    A request at the same moment replaces the picture set here, not the one before it: each drops
    exactly the picture that it replaced.
    """
    while True:
        former = {*_ids(user.avatar_copies), user.avatar_file or ""} - {file_id, ""}
        result = db.session.execute(
            update(User)
            .where(User.id == user.id, User.avatar_file.is_not_distinct_from(user.avatar_file))
            .values(avatar_file=file_id, avatar_copies=copies)
        )
        db.session.commit()  # the user is read again from here on
        if isinstance(result, CursorResult) and result.rowcount:
            break
    for former_id in former:
        if file := find_file(former_id):
            delete_file(file, restorable=file.purpose != AVATAR_COPY)  # copies can be made again


def _ids(copies: Copies | None) -> Iterable[str]:
    return [file_id for sizes in (copies or {}).values() for file_id in sizes.values()]


def _srcset(sizes: dict[str, str]) -> str:
    return ", ".join(f"{_address(file_id)} {width}w" for width, file_id in sizes.items())


def _address(file_id: str) -> str:
    """Return an unsigned address, because everybody may read the file; it needs no query."""
    return f"{current_app.config['DOVETAIL_API_ORIGIN']}/files/{file_id}/content"
