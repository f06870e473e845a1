# ruff: noqa: RUF001 - other scripts have letters that look like ours
"""Text that others see: every language stays, and nothing that hides or turns it."""

from __future__ import annotations

import json
import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flask_dovetail.text import NOT_IN_LINES, NOT_IN_TEXT, clean_line, clean_text, has_ink

NAMES = [
    "Ada Lovelace",
    "O'Neill-Żółć",
    "한글 이름",
    "ㅋㅋㅋ",
    "김 철수",
    "محمد بن سلمان",
    "مُحَمَّدٌ",
    "می\u200cخواهم",  # Persian, with a joiner that is part of its spelling
    "क्‍ष",  # a Devanagari half form
    "ශ්‍රී ලංකා",
    "हिन्दी ड़ब्ल्यू",
    "שָׁלוֹם",
    "ไม่รู้",
    "Nguyễn Thị Hồng",
    "葛\U000e0100城",  # the variant of a character that a family writes
    "Ada 👩‍👩‍👧 🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f 👩🏽‍🚀 ❤️ 1️⃣",
]


@pytest.mark.parametrize("name", NAMES)
def test_every_language_and_emoji_stays(name: str) -> None:
    composed = unicodedata.normalize("NFC", name)
    assert clean_line(name) == composed
    assert clean_line(unicodedata.normalize("NFD", name)) == composed
    assert clean_text(f"{name}\n\n{name}") == f"{composed}\n\n{composed}"


@pytest.mark.parametrize(
    "line",
    [
        "",
        "  ",
        "\u3164",  # the Hangul filler, a letter to Unicode
        "\u2800",
        "\u200b",
        "\u200d",
        "\ufe0f",
        "\u0301",
        "\U000e0041",
        "two\nlines",
        "a\u2028b",
        "photo\u202egpj",
        "\u2067turned",
        "a\u200bb",
        "a\u200fb",
        "a\u00adb",
        "\ufeffa",
        "a \u200d b",
        "a\u200d",
        "Ada\U000e0041",
        "Z" + "\u0300\u0301\u0302" * 2,
        "bell\x07",
        "a\x9bb",
    ],
)
def test_what_hides_turns_or_covers_is_no_line(line: str) -> None:
    assert clean_line(line) is None


def test_a_line_has_one_spelling() -> None:
    assert clean_line("  Ada\u00a0 \u3000Lovelace ") == "Ada Lovelace"


@pytest.mark.parametrize(
    "text", ["\u202eturned", "a\u2066b", "a" + "\u0489" * 6, "a\x00b", "\x1b["]
)
def test_running_text_turns_and_covers_nothing(text: str) -> None:
    assert clean_text(f"before\n{text}") is None


def test_running_text_keeps_what_its_writer_typed() -> None:
    assert clean_text(" a\r\n\tb \u200fc\u200b\r ") == "a\n\tb \u200fc\u200b"
    assert clean_text("") == ""
    assert not has_ink("\u200b\u3164 \u0301")


@given(st.text(max_size=60))
def test_cleaning_again_changes_nothing(text: str) -> None:
    for clean in (clean_line, clean_text):
        once = clean(text)
        assert once is None or clean(once) == once
    line = clean_line(text)
    assert line is None or (has_ink(line) and "\n" not in line)


@given(st.text(max_size=30))
def test_the_published_classes_refuse_nothing_that_is_clean(text: str) -> None:
    line, lines = clean_line(text), clean_text(text)
    assert line is None or not re.search(f"[{NOT_IN_LINES}]", line)
    assert lines is None or not re.search(f"[{NOT_IN_TEXT}]", lines)
    assert json.dumps(NOT_IN_LINES)


def test_spacing_marks_pile_up_no_more_than_others() -> None:
    """A long run of marks of two classes is normalised in the square of its length."""
    for text in ("a" + "\u302e\U0001d165" * 3, "a" + "\u302e\U0001d165" * 100_000):
        assert clean_line(text) is None
        assert clean_text(text) is None
    assert clean_text("\u1100\u302e\u1161\u302f") is not None  # tones of old Korean
