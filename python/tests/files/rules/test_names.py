"""Names of files: what is taken, and that no name can say more than a name in a header."""

from __future__ import annotations

import unicodedata
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.http import parse_options_header

from flask_dovetail.files.rules import names

ANY_TEXT = st.text(st.characters(), max_size=300)  # surrogates too


@pytest.mark.parametrize(
    "name",
    [
        "a",
        "report.pdf",
        "Ein schöner Titel, 100 %.docx",
        "보고서 최종.hwp",
        "نسخة.txt",
        "👩‍👩‍👧.png",
        ".env",
        "...",
        "a" * 255,
        'quo"te; filename=x',
    ],
)
def test_a_name_in_any_script_is_taken_as_it_is(name: str) -> None:
    assert names.clean(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        ".",
        "..",
        " .. ",
        "a/b",
        "../a",
        "a\\b",
        "a\x00b",
        "a\nb",
        "a\x7f",
        "a\x85",
        "a\u2028b",
        "\ud800",
        "photo\u202egpj.exe",
        "a\u2066b",
        "a" * 256,
        "e\u0301" * 2000,
        "\u0958" * 200,  # composed it is twice as long
        "\u200b\u200b",
        "a" + "\u0301" * 6,
        "\u200d\u200d.\u200d",
    ],
)
def test_invalid_or_misleading_names_are_refused(name: str) -> None:
    assert names.clean(name) is None


@pytest.mark.parametrize("hidden", ["\u200b", "\u200f", "\ufeff", "\u00ad", "\u3164", "\u2060"])
def test_invisible_characters_are_removed(hidden: str) -> None:
    assert names.clean(f"{hidden}report{hidden}.p{hidden}df") == "report.pdf"


def test_a_name_is_kept_in_its_composed_form() -> None:
    """macOS sends letters and their accents apart."""
    assert names.clean(unicodedata.normalize("NFD", "Übung 한글.txt")) == "Übung 한글.txt"


@given(ANY_TEXT)
def test_a_taken_name_is_harmless_and_taken_again_unchanged(name: str) -> None:
    taken = names.clean(name)
    if taken is not None:
        assert names.clean(taken) == taken
        assert 1 <= len(taken) <= 255
        assert not {"/", "\\", "\x00", "\r", "\n"} & set(taken)
        taken.encode()  # no half of a character


@given(ANY_TEXT, st.sampled_from(["inline", "attachment"]))
def test_a_disposition_is_one_line_of_ascii_with_one_name_whatever_the_name(
    name: str, kind: str
) -> None:
    value = names.disposition(kind, name)  # type: ignore[arg-type]
    assert value.isascii()
    assert value.isprintable()
    head, _, rest = value.partition('"')
    assert head == f"{kind}; filename="
    plain, _, extended = rest.partition('"')
    assert not {"/", "\\", "%"} & set(plain)
    assert extended == "" or extended.startswith("; filename*=UTF-8''")
    assert extended.count(";") <= 1


@given(ANY_TEXT.map(names.clean).filter(bool))
def test_a_reader_of_the_header_gets_the_name_back(name: str) -> None:
    value = names.disposition("attachment", name)
    kind, options = parse_options_header(value)
    assert kind == "attachment"
    assert options["filename"] == name


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("report.pdf", 'inline; filename="report.pdf"'),
        ("a b.txt", 'inline; filename="a b.txt"'),
        ("50 %.txt", "inline; filename=\"50 _.txt\"; filename*=UTF-8''50%20%25.txt"),
        ('x"y.txt', "inline; filename=\"x_y.txt\"; filename*=UTF-8''x%22y.txt"),
        ("résumé.pdf", "inline; filename=\"resume.pdf\"; filename*=UTF-8''r%C3%A9sum%C3%A9.pdf"),
        ("한글.txt", "inline; filename=\"__.txt\"; filename*=UTF-8''%ED%95%9C%EA%B8%80.txt"),
        # whose compatible form is a slash
        (
            "\uff0e\uff0e\uff0fx",
            "inline; filename=\".._x\"; filename*=UTF-8''%EF%BC%8E%EF%BC%8E%EF%BC%8Fx",
        ),
    ],
)
def test_plain_names_stay_readable_and_others_get_an_ascii_form(name: str, value: str) -> None:
    assert names.disposition("inline", name) == value


def test_the_extended_form_decodes_to_the_name() -> None:
    value = names.disposition("attachment", "naïve „Plan“ 🎉.txt")
    assert unquote(value.rpartition("''")[2]) == "naïve „Plan“ 🎉.txt"
