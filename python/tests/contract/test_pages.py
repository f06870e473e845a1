from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from flask_dovetail.contract import Cursor, Page, PageQuery, operation
from flask_dovetail.contract.pages import MAX_CHARS
from flask_dovetail.problems import InvalidCursor

BY_AGE = Cursor(tuple[datetime, int])
BY_NAME = Cursor(tuple[str, bool, float | None])
INT64 = st.integers(-(2**63) + 1, 2**63 - 1)
TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=30)


@given(st.datetimes(timezones=st.just(UTC)), INT64)
def test_a_cursor_gives_back_the_position_that_it_was_made_of(at: datetime, key: int) -> None:
    assert BY_AGE.decode(BY_AGE.encode((at, key))) == (at, key)


@given(TEXT, st.booleans(), st.none() | st.floats(allow_nan=False, allow_infinity=False))
def test_a_cursor_of_other_types_does_too(text: str, flag: bool, size: float | None) -> None:
    assert BY_NAME.decode(BY_NAME.encode((text, flag, size))) == (text, flag, size)


@given(st.text(max_size=60) | st.binary(max_size=40).map(lambda raw: raw.hex()))
def test_no_text_makes_a_cursor_fail_otherwise_than_invalid_cursor(text: str) -> None:
    try:
        found = BY_AGE.decode(text)
    except InvalidCursor:
        return
    assert found is not None
    assert BY_AGE.encode(found) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "=",
        "한",
        "null",
        BY_AGE.encode((datetime(2024, 1, 1, tzinfo=UTC), 1)) + "=",
        BY_AGE.encode((datetime(2024, 1, 1, tzinfo=UTC), 1)) + "\n",
        BY_NAME.encode(("a", True, None)),
        Cursor(tuple[datetime, float]).encode((datetime(2024, 1, 1, tzinfo=UTC), 1.5)),
        Cursor(tuple[str, bool, int]).encode(("a\0b", True, 1)),
        "A" * (MAX_CHARS + 1),
    ],
)
def test_a_cursor_that_this_cursor_did_not_make_is_refused(text: str) -> None:
    for cursor in (BY_AGE, Cursor(tuple[str, bool, int])):
        if text != BY_NAME.encode(("a", True, None)) or cursor is BY_AGE:
            with pytest.raises(InvalidCursor):
                cursor.decode(text)


def test_no_cursor_is_the_first_page() -> None:
    assert BY_AGE.decode(None) is None


def test_a_paged_operation_takes_a_limit_and_a_cursor(strict: Flask) -> None:
    by_number = Cursor(tuple[int])

    @strict.get("/numbers")
    @operation()
    def numbers(query: PageQuery) -> Page[int]:
        after = by_number.decode(query.cursor)
        start = after[0] if after else 0
        items = list(range(start, min(start + query.limit, 50)))
        more = items[-1] < 49
        return Page(items=items, next_cursor=by_number.encode((items[-1] + 1,)) if more else None)

    client = strict.test_client()

    def page(**query: Any) -> Any:
        return client.get("/numbers", query_string=query)

    first = page().json
    assert len(first["items"]) == 20
    second = page(cursor=first["next_cursor"], limit=30).json
    assert first["items"] + second["items"] == list(range(50))
    assert second["next_cursor"] is None
    bad = page(cursor="bad!")
    assert (bad.status_code, bad.json["code"]) == (400, "INVALID_CURSOR")
    assert page(limit=0).json["errors"][0]["pointer"] == "/query/limit"
    assert page(limit=101).status_code == 422
