"""The request and response models of the file routes. Times are ISO 8601 in UTC."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - pydantic reads it
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field, StringConstraints
from pydantic_core import PydanticCustomError

from ..contract import PageQuery
from ..core.times import utc
from .config import MAX_PARTS
from .rules import names, types

if TYPE_CHECKING:
    from . import policy
    from .stores import store


def _clean(name: str) -> str:
    cleaned = names.clean(name)
    if cleaned is None:
        raise PydanticCustomError("file_name", "Not a name for a file")
    return cleaned


def _normal(content_type: str) -> str:
    normal = types.normalise(content_type)
    if normal is None:
        raise PydanticCustomError("content_type", "Not a content type")
    return normal


Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Purpose = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Fingerprint = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]


class UploadIn(BaseModel):
    """A file that somebody wants to upload."""

    name: Annotated[str, AfterValidator(_clean)] = Field(
        min_length=1,
        description="1 to 255 characters of any script, without control characters, / and \\.",
    )
    content_type: Annotated[str, AfterValidator(_normal)] = Field(
        min_length=3, description="Such as image/png; application/octet-stream if not known."
    )
    size: int = Field(ge=0, description="Bytes.")
    sha256: Sha256 | None = Field(
        default=None, description="Of the whole, hex; what arrives is held to it."
    )
    purpose: Purpose | None = Field(
        default=None, description="What it is for; by default what the app names first."
    )
    fingerprint: Fingerprint | None = Field(
        default=None, description="The client's own mark, to find this upload again by."
    )


class Part(BaseModel):
    """Where one part goes."""

    number: int
    size: int = Field(description="Bytes; exactly so many are taken.")
    url: str
    headers: dict[str, str] = Field(description="To be sent exactly so.")

    @classmethod
    def of(cls, part: store.PartUrl) -> Part:
        """Return the model of a signed part address."""
        return cls(number=part.number, size=part.size, url=part.url, headers=part.headers)


class Ticket(BaseModel):
    """An upload under way: what has arrived, and signed addresses for the rest."""

    key: str
    name: str
    content_type: str
    size: int
    purpose: str
    method: Literal["PUT"] = "PUT"
    url: str | None = Field(
        description="Where a file of one part goes, as in `parts`; else, or once it is there, null."
    )
    headers: dict[str, str] | None = Field(description="To be sent with `url`, exactly so.")
    part_size: int = Field(description="Bytes of every part but the last.")
    part_count: int
    arrived: list[int] = Field(description="The numbers of the parts that are there.")
    parts: list[Part] = Field(
        description="Those that are not: the first 100 of them; GET tells the next."
    )
    urls_expire_at: datetime
    expires_at: datetime = Field(description="When the upload is forgotten unless committed.")


class Upload(BaseModel):
    """An upload that has not been finished."""

    key: str
    name: str
    content_type: str
    size: int
    purpose: str
    fingerprint: str | None
    created_at: datetime
    expires_at: datetime

    @classmethod
    def of(cls, upload: policy.Upload) -> Upload:
        """Return the model of an upload."""
        return cls(
            key=upload.key,
            name=upload.name,
            content_type=upload.content_type,
            size=upload.size,
            purpose=upload.purpose,
            fingerprint=upload.fingerprint,
            created_at=utc(upload.created_at),
            expires_at=utc(upload.expires_at),
        )


class Uploads(BaseModel):
    """One's unfinished uploads, newest first."""

    items: list[Upload]


class UploadQuery(BaseModel):
    """Which unfinished uploads."""

    fingerprint: Fingerprint | None = None


class PartSum(BaseModel):
    """What the client read of one part."""

    number: int = Field(ge=1)
    sha256: Sha256


class CommitIn(BaseModel):
    """An upload whose parts have all been sent."""

    key: str = Field(max_length=43)
    parts: list[PartSum] | None = Field(
        default=None,
        max_length=MAX_PARTS,
        description="Checksums of parts, in any order; what arrived is held to them.",
    )


class File(BaseModel):
    """A file."""

    id: str
    name: str
    content_type: str
    size: int
    purpose: str
    sha256: str | None = Field(description="Of the whole, hex, where it is known.")
    created_at: datetime
    content_url: str = Field(description="Opens the content, without further credentials.")
    content_url_expires_at: datetime | None = Field(
        description="When that address stops; null where everybody may read the file."
    )

    @classmethod
    def of(cls, file: policy.File, *, url: str, expires_at: int | None) -> File:
        """Return the model of a file with its content address."""
        return cls(
            id=file.id,
            name=file.name,
            content_type=file.content_type,
            size=file.size,
            purpose=file.purpose,
            sha256=file.sha256,
            created_at=utc(file.created_at),
            content_url=url,
            content_url_expires_at=None if expires_at is None else utc(expires_at),
        )


class FilesQuery(PageQuery):
    """Which of one's files."""

    purpose: Purpose | None = None
