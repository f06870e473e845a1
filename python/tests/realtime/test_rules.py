"""Names, rooms and the bucket: what decides about sockets."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flask_dovetail.realtime.rules import (
    MAX_SEQ,
    NOTIFY,
    WIRE,
    Bucket,
    RoomName,
    is_event_name,
    is_namespace,
    is_room_kind,
    parse_room,
    room_of_subject,
)


@pytest.mark.parametrize("name", ["a", "post-liked", "a.b:c-d", "x2", "v1.post-liked", "a" * 64])
def test_an_event_may_be_called(name: str) -> None:
    assert is_event_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Liked",
        "post_liked",
        "post liked",
        "2x",
        "-a",
        "a-",
        "a--b",
        "a\n",
        "\u00e9t\u00e9",
        "a" * 65,
    ],
    ids=repr,
)
def test_an_event_may_not_be_called(name: str) -> None:
    assert not is_event_name(name)


@pytest.mark.parametrize(
    "name",
    ["connect", "connect_error", "disconnect", "disconnecting"]
    + [value for key, value in WIRE.items() if key.endswith("_event")],
)
def test_reserved_event_names_are_refused(name: str) -> None:
    assert not is_event_name(name)


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        ("post:42", RoomName("post", "42")),
        ("post:a:b", RoomName("post", "a:b")),
        ("p-1: ", RoomName("p-1", " ")),
        ("post:" + "x" * 195, RoomName("post", "x" * 195)),
        ("post:" + "x" * 196, None),
        ("post:", None),
        (":42", None),
        ("post", None),
        ("Post:1", None),
        ("", None),
        (None, None),
        (7, None),
        (["post:42"], None),
    ],
    ids=repr,
)
def test_a_room_is_a_kind_and_a_key(text: object, parsed: RoomName | None) -> None:
    assert parse_room(text) == parsed


@given(st.text())
def test_room_of_a_person_cannot_be_named_by_clients(subject: str) -> None:
    assert parse_room(room_of_subject(subject)) is None


@given(st.text())
def test_parsed_room_is_written_back_unchanged(text: str) -> None:
    parsed = parse_room(text)
    assert parsed is None or ":".join(parsed) == text


@pytest.mark.parametrize(
    ("path", "may"),
    [
        ("/live", True),
        ("/live/staff-2", True),
        (NOTIFY, True),
        ("/", False),
        ("live", False),
        ("/Live", False),
        ("/live?x", False),
        ("/live,", False),
        ("/" + "a" * 65, False),
    ],
)
def test_a_namespace_is_a_path_of_small_letters(path: str, may: bool) -> None:
    assert is_namespace(path) is may


@pytest.mark.parametrize(
    ("kind", "may"),
    [("post", True), ("p-2", True), ("Post", False), ("", False), ("@a", False), ("a" * 33, False)],
)
def test_a_kind_of_room_is_small_letters(kind: str, may: bool) -> None:
    assert is_room_kind(kind) is may


def test_a_browser_can_count_as_far_as_a_server() -> None:
    assert float(MAX_SEQ) == MAX_SEQ
    assert float(MAX_SEQ + 2) != MAX_SEQ + 2


def test_a_bucket_gives_its_burst_at_once_and_no_more() -> None:
    bucket = Bucket(rate=10, burst=20, now=5)
    assert [bucket.take(5) for _ in range(22)] == [True] * 20 + [False] * 2


@given(
    st.integers(1, 50),
    st.integers(1, 100),
    st.lists(st.floats(0, 3, allow_nan=False), min_size=1, max_size=200),
)
def test_in_no_stretch_of_time_a_bucket_gives_more_than_burst_and_rate(
    rate: int, burst: int, pauses: list[float]
) -> None:
    bucket, now, taken = Bucket(rate=rate, burst=burst, now=0), 0.0, [0.0]
    for pause in pauses:
        now += pause
        if bucket.take(now):
            taken.append(now)
    for first in range(1, len(taken)):
        for last in range(first, len(taken)):
            assert last - first + 1 <= burst + rate * (taken[last] - taken[first]) + 1e-6


@given(st.integers(1, 50), st.integers(1, 100), st.integers(0, 300))
def test_events_within_the_rate_are_never_refused(rate: int, burst: int, asked: int) -> None:
    """Earlier refusals do not count."""
    bucket = Bucket(rate=rate, burst=burst, now=0)
    for _ in range(asked):
        bucket.take(0)
    times = [number * (1 / rate + 1e-9) for number in range(1, 50)]
    assert all(later > earlier for earlier, later in pairwise(times))
    assert all(bucket.take(at) for at in times)
