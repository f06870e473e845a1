"""Ranges: what is asked for, held against RFC 9110 and against a reader of its own."""

from __future__ import annotations

from email.parser import BytesParser
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flask_dovetail.core import ranges
from flask_dovetail.core.ranges import Multipart, Span, Unsatisfiable

BEYOND_32_BITS = 5 * 1024**3


@pytest.mark.parametrize(
    ("header", "size", "spans"),
    [
        ("bytes=0-0", 10, [(0, 1)]),
        ("bytes=0-9", 10, [(0, 10)]),
        ("bytes=0-", 10, [(0, 10)]),
        ("bytes=3-99", 10, [(3, 10)]),
        ("bytes=9-", 10, [(9, 10)]),
        ("bytes=-3", 10, [(7, 10)]),
        ("bytes=-99", 10, [(0, 10)]),
        ("BYTES=1-2", 10, [(1, 3)]),
        ("bytes= 1-2 ", 10, [(1, 3)]),
        ("bytes=1-2,", 10, [(1, 3)]),
        ("bytes=0-0,20-", 10, [(0, 1)]),
        ("bytes=-0,0-0", 10, [(0, 1)]),
        ("bytes=0-0, 9000-9001", 10_000, [(0, 1), (9000, 9002)]),
        ("bytes=9000-9001,0-0", 10_000, [(9000, 9002), (0, 1)]),
        ("bytes=4294967296-4294967299", BEYOND_32_BITS, [(4294967296, 4294967300)]),
        ("bytes=-1", BEYOND_32_BITS, [(BEYOND_32_BITS - 1, BEYOND_32_BITS)]),
        ("bytes=0-" + "9" * 900, 10, [(0, 10)]),
    ],
)
def test_ranges_are_what_the_rfc_says(header: str, size: int, spans: list[tuple[int, int]]) -> None:
    assert ranges.parse(header, size) == tuple(Span(*span) for span in spans)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "bytes",
        "bytes=",
        "bytes=,",
        "bytes=-",
        "bytes=a-b",
        "bytes=1",
        "bytes=5-2",
        "bytes=0-1,5-2",
        "bytes=1--2",
        "bytes=\u0661-",
        "bytes=+1-2",
        "items=0-1",
        "bytes=0-1;x",
        "bytes=0-" + "9" * 5000,
        "bytes=" + ",".join(f"{i}000-{i}001" for i in range(17)),
    ],
)
def test_invalid_or_excessive_ranges_get_the_whole_file(header: str) -> None:
    assert ranges.parse(header, 100_000) is None


@pytest.mark.parametrize(
    ("header", "size"),
    [("bytes=10-", 10), ("bytes=-0", 10), ("bytes=10-11,99-", 10), ("bytes=0-", 0)],
)
def test_beyond_the_end_there_is_nothing(header: str, size: int) -> None:
    with pytest.raises(Unsatisfiable):
        ranges.parse(header, size)


def test_the_last_bytes_of_an_empty_file_are_all_of_it() -> None:
    assert ranges.parse("bytes=-5", 0) is None


def test_overlapping_and_neighbouring_ranges_travel_once() -> None:
    assert ranges.parse("bytes=500-999,0-600,1100-1199,9000-9000", 10_000) == (
        Span(0, 1200),
        Span(9000, 9001),
    )


def test_ranges_that_make_up_everything_are_answered_with_all_of_it() -> None:
    assert ranges.parse("bytes=0-500,400-", 1000) is None


HEADERS = st.one_of(
    st.text(max_size=60),
    st.lists(
        st.tuples(
            st.one_of(st.just(""), st.integers(0, 12_000).map(str)),
            st.one_of(st.just(""), st.integers(0, 12_000).map(str)),
        ).map("-".join),
        max_size=20,
    ).map(lambda specs: "bytes=" + ",".join(specs)),
)


@given(HEADERS, st.integers(0, 10_000))
def test_no_header_asks_for_a_byte_twice_or_for_one_that_is_not_there(
    header: str, size: int
) -> None:
    try:
        spans = ranges.parse(header, size)
    except Unsatisfiable:
        return
    if spans is None:
        return
    assert 1 <= len(spans) <= ranges.MAX_RANGES
    in_order = sorted(spans)
    assert all(0 <= span.start < span.stop <= size for span in spans)
    assert all(a.stop + ranges.NEAR_BYTES < b.start for a, b in pairwise(in_order))


@given(st.lists(st.tuples(st.integers(0, 9999), st.integers(1, 500)), min_size=1, max_size=16))
def test_every_byte_that_is_asked_for_is_answered(wanted: list[tuple[int, int]]) -> None:
    header = "bytes=" + ", ".join(f"{start}-{start + length - 1}" for start, length in wanted)
    spans = ranges.parse(header, 10_000) or (Span(0, 10_000),)
    given_bytes = {byte for span in spans for byte in range(*span)}
    for start, length in wanted:
        assert given_bytes.issuperset(range(start, min(start + length, 10_000)))


@given(
    st.binary(max_size=300),
    st.lists(st.tuples(st.integers(0, 300), st.integers(1, 300)), min_size=2, max_size=5),
)
def test_a_reader_of_multipart_gets_the_bytes_and_their_places(
    content: bytes, wanted: list[tuple[int, int]]
) -> None:
    size = len(content)
    spans = [Span(a, min(a + n, size)) for a, n in wanted if a < size]
    body = Multipart(spans, size=size, content_type="audio/ogg", boundary="limit")
    written = b"".join(
        content[piece.start : piece.stop] if isinstance(piece, Span) else piece for piece in body
    )
    assert len(written) == body.length
    read = BytesParser().parsebytes(
        b"Content-Type: " + body.content_type.encode() + b"\r\n" + written
    )
    if b"--limit" in content or b"\r" in content or b"\n" in content:
        return  # the reader of mail counts lines
    parts = read.get_payload() if spans else []
    assert isinstance(parts, list)
    assert [part["Content-Range"] for part in parts] == [
        f"bytes {span.start}-{span.stop - 1}/{size}" for span in spans
    ]
    assert all(part["Content-Type"] == "audio/ogg" for part in parts)
    assert [part.get_payload(decode=True) for part in parts] == [
        content[span.start : span.stop] for span in spans
    ]
