"""Parse Range headers, and join several ranges into one response (RFC 9110, 14)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAX_RANGES = 16
"""A request for more ranges gets the whole file: nobody plays or resumes a file that way."""
MAX_CHARACTERS = 1024
NEAR_BYTES = 256
"""Ranges no further apart are sent as one: a part of its own would cost about as much."""

_RANGES = re.compile(r"[ \t]*bytes[ \t]*=(.*)", re.I)
_SPEC = re.compile(r"([0-9]*)-([0-9]*)")


class Span(NamedTuple):
    """The bytes from `start` up to, not including, `stop`; at least one byte."""

    start: int
    stop: int

    @property
    def length(self) -> int:
        """The number of bytes."""
        return self.stop - self.start


class Unsatisfiable(Exception):  # noqa: N818 - says what is, like the problems
    """Raised when no range contains a byte of the file (416)."""


def parse(header: str, size: int) -> tuple[Span, ...] | None:
    """Return the spans of a Range header; those that overlap or nearly touch are joined.

    They are in the order of the request. None means the whole file: the header is not understood,
    asks for more than `MAX_RANGES`, or covers the whole file anyway.

    Raises:
        Unsatisfiable: every range begins beyond the end.
    """
    match = _RANGES.fullmatch(header) if len(header) <= MAX_CHARACTERS else None
    specs = [spec for each in match[1].split(",") if (spec := each.strip(" \t"))] if match else []
    if not specs or len(specs) > MAX_RANGES:
        return None
    spans: list[Span] = []
    for spec in specs:
        bounds = _SPEC.fullmatch(spec)
        if bounds is None or spec == "-":
            return None
        first, last = bounds.groups()
        if first and last and int(last) < int(first):
            return None
        start = int(first) if first else max(0, size - int(last))
        stop = min(int(last) + 1, size) if first and last else size
        if start < stop:
            spans.append(Span(start, stop))
    if not spans:
        if size == 0 and any(spec.startswith("-") and int(spec[1:]) for spec in specs):
            return None  # the last bytes of an empty file are all of it
        raise Unsatisfiable
    joined = _join(spans)
    return None if joined == (Span(0, size),) and len(spans) > 1 else joined


def _join(spans: list[Span]) -> tuple[Span, ...]:
    places = sorted(range(len(spans)), key=lambda place: spans[place])
    joined: list[tuple[int, Span]] = []
    for place in places:
        span = spans[place]
        if joined and span.start <= joined[-1][1].stop + NEAR_BYTES:
            first, before = joined.pop()
            span = Span(before.start, max(before.stop, span.stop))
            place = min(first, place)
        joined.append((place, span))
    return tuple(span for _, span in sorted(joined))


def content_range(span: Span, size: int) -> str:
    """Return the Content-Range of a span (RFC 9110, 14.4)."""
    return f"bytes {span.start}-{span.stop - 1}/{size}"


class Multipart:
    """A `multipart/byteranges` body (RFC 9110, 14.6): the text around each span.

    Args:
        boundary: long random text that does not occur in the content.
        content_type: of the whole file, repeated in each part.
    """

    def __init__(
        self, spans: Iterable[Span], *, size: int, content_type: str, boundary: str
    ) -> None:
        self.content_type = f"multipart/byteranges; boundary={boundary}"
        self._end = f"\r\n--{boundary}--\r\n".encode("ascii")
        self._parts = [
            (
                f"\r\n--{boundary}\r\nContent-Type: {content_type}\r\n"
                f"Content-Range: {content_range(span, size)}\r\n\r\n".encode("ascii"),
                span,
            )
            for span in spans
        ]

    @property
    def length(self) -> int:
        """The length of the whole body, in bytes."""
        return sum(len(head) + span.length for head, span in self._parts) + len(self._end)

    def __iter__(self) -> Iterator[bytes | Span]:
        """Yield the body in order: bytes as they are, and spans of the content."""
        for head, span in self._parts:
            yield head
            yield span
        yield self._end
