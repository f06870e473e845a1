"""Conditional requests, held against the order of RFC 9110, 13.2.2."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flask_dovetail.core import conditions
from flask_dovetail.core.conditions import Outcome

ETAG = '"7d"'
MODIFIED = 1_800_000_000
DATE = "Fri, 15 Jan 2027 08:00:00 GMT"
EARLIER = "Fri, 15 Jan 2027 07:59:59 GMT"
LATER = "Fri, 15 Jan 2027 08:00:01 GMT"

PROCEED, NOT_MODIFIED, FAILED = Outcome.PROCEED, Outcome.NOT_MODIFIED, Outcome.FAILED


@pytest.mark.parametrize(
    ("headers", "outcome"),
    [
        ({}, PROCEED),
        ({"If-None-Match": ETAG}, NOT_MODIFIED),
        ({"If-None-Match": f"W/{ETAG}"}, NOT_MODIFIED),
        ({"If-None-Match": f'"a", {ETAG}'}, NOT_MODIFIED),
        ({"If-None-Match": "*"}, NOT_MODIFIED),
        ({"If-None-Match": '"a"'}, PROCEED),
        ({"If-None-Match": "7d"}, PROCEED),
        ({"If-Modified-Since": DATE}, NOT_MODIFIED),
        ({"If-Modified-Since": LATER}, NOT_MODIFIED),
        ({"If-Modified-Since": EARLIER}, PROCEED),
        ({"If-Modified-Since": "yesterday"}, PROCEED),
        ({"If-Modified-Since": "Friday, 15-Jan-27 08:00:00 GMT"}, NOT_MODIFIED),
        ({"If-Modified-Since": "Fri Jan 15 08:00:00 2027"}, NOT_MODIFIED),
        ({"If-None-Match": '"a"', "If-Modified-Since": LATER}, PROCEED),
        ({"If-None-Match": ETAG, "If-Modified-Since": EARLIER}, NOT_MODIFIED),
        ({"If-Match": ETAG}, PROCEED),
        ({"If-Match": "*"}, PROCEED),
        ({"If-Match": f"W/{ETAG}"}, FAILED),
        ({"If-Match": '"a"'}, FAILED),
        ({"If-Match": "nonsense"}, FAILED),
        ({"If-Match": '"a"', "If-None-Match": ETAG}, FAILED),
        ({"If-Match": ETAG, "If-None-Match": ETAG}, NOT_MODIFIED),
        ({"If-Unmodified-Since": DATE}, PROCEED),
        ({"If-Unmodified-Since": EARLIER}, FAILED),
        ({"If-Unmodified-Since": "yesterday"}, PROCEED),
        ({"If-Match": ETAG, "If-Unmodified-Since": EARLIER}, PROCEED),
    ],
)
def test_preconditions_are_what_the_rfc_says(headers: dict[str, str], outcome: Outcome) -> None:
    assert conditions.evaluate(headers.get, etag=ETAG, modified=MODIFIED) is outcome


@pytest.mark.parametrize(
    ("if_range", "counts"),
    [
        (None, True),
        (ETAG, True),
        (DATE, True),
        (f"W/{ETAG}", False),
        ('"a"', False),
        (EARLIER, False),
        (LATER, False),
        ("nonsense", False),
    ],
)
def test_a_range_of_something_else_does_not_count(if_range: str | None, counts: bool) -> None:
    assert conditions.may_be_partial(if_range, etag=ETAG, modified=MODIFIED) is counts


NAMES = st.sampled_from(["If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since"])
VALUES = st.one_of(
    st.text(),
    st.text("0123456789 ,:-+GMTFriJan/()", max_size=40),
    st.sampled_from([ETAG, DATE, "Fri, 15 Jan 9999999 08:00:00 GMT", "1 Jan 0000 00:00:00 +9999"]),
)


@given(st.dictionaries(NAMES, VALUES))
def test_no_header_is_too_odd(headers: dict[str, str]) -> None:
    assert conditions.evaluate(headers.get, etag=ETAG, modified=MODIFIED) in Outcome


@given(VALUES)
def test_no_if_range_is_too_odd(if_range: str) -> None:
    assert conditions.may_be_partial(if_range, etag=ETAG, modified=MODIFIED) in (True, False)
