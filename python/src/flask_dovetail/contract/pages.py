"""Cursor pagination in one shape: `Page[Post]` out, `PageQuery` in, a typed `Cursor` between.

BY_AGE = Cursor(tuple[datetime, int])

@operation()
def list_posts(query: PageQuery) -> Page[Post]:
    rows = newest_first(after=BY_AGE.decode(query.cursor), limit=query.limit + 1)
    more = len(rows) > query.limit
    rows = rows[: query.limit]
    last = BY_AGE.encode((rows[-1].created_at, rows[-1].id)) if more else None
    return Page(items=[Post.model_validate(row) for row in rows], next_cursor=last)
"""

from __future__ import annotations

import base64
import binascii
from typing import Generic, TypeVar

from pydantic import BaseModel, Field, ValidationError

from ..core import wire
from ..core.encoding import base64url
from .problems import InvalidCursor
from .schemas import INT64, Reader, adapter

T = TypeVar("T")
DEFAULT_ITEMS: int = wire.LIMITS["page_limit_default_items"]
MAX_ITEMS: int = wire.LIMITS["page_limit_max_items"]
MAX_CHARS: int = wire.LIMITS["cursor_max_chars"]


class PageQuery(BaseModel):
    """The query of a paged operation. Subclass it to add filters."""

    cursor: str | None = Field(
        default=None, description="`next_cursor` of the page before; absent for the first page."
    )
    limit: int = Field(
        default=DEFAULT_ITEMS, ge=1, le=MAX_ITEMS, description="How many items at most."
    )


class Page(BaseModel, Generic[T]):
    """One page of items."""

    items: list[T]
    next_cursor: str | None = Field(
        default=None, description="Give it back as `cursor` for the next page; null on the last."
    )


class Cursor(Generic[T]):
    """Turns the position of a row into opaque text and back.

    The text is neither a secret nor a permission: anybody can read it and make one. A decoded
    position has exactly the declared types, integers fit 64 bits, and strings hold no null byte.

    Args:
        kind: the type of a position, as a rule a tuple: `Cursor(tuple[datetime, int])`.
    """

    def __init__(self, kind: type[T]) -> None:
        self._reader = Reader(kind, integer_bound=INT64, naive_times=True)
        self._writer = adapter(kind)

    def encode(self, position: T) -> str:
        """Return the position as JSON in base64url (RFC 4648 section 5, no padding)."""
        raw = self._writer.dump_json(position)
        return base64url(raw)

    def decode(self, text: str | None) -> T | None:
        """Return the position, or None where the client sent no cursor.

        Raises:
            InvalidCursor: `text` is not something that `encode` of this cursor returns.
        """
        if text is None:
            return None
        if len(text) > MAX_CHARS:
            raise InvalidCursor
        try:
            raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
            position: T = self._reader.validator.validate_json(raw)
        except (binascii.Error, ValueError, ValidationError):
            raise InvalidCursor from None
        if b"\\u0000" in raw or self.encode(position) != text:
            raise InvalidCursor
        return position
