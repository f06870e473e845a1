"""The vectors of `wire/vectors/`, which the suites of both halves read."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from support.paths import ROOT

_FOLDER = ROOT / "wire" / "vectors"


def load(name: str) -> dict[str, Any]:
    """Return what `wire/vectors/<name>.json` holds."""
    vectors: dict[str, Any] = json.loads((_FOLDER / f"{name}.json").read_text("utf-8"))
    return vectors


def assert_same(actual: Any, expected: Any, varies: Mapping[str, str], at: str = "") -> None:
    """Assert that `actual` is what a vector says.

    Args:
        varies: patterns by the names of members whose values are others each time. Both values have
            to match.
        at: where in the vector this is, for the message.
    """
    assert type(actual) is type(expected), f"{at}: {actual!r} instead of {expected!r}"
    if isinstance(expected, dict):
        assert actual.keys() == expected.keys(), at
        for name, value in expected.items():
            if name in varies and value is not None:
                for each in (value, actual[name]):
                    assert isinstance(each, str), f"{at}/{name}: {each!r}"
                    assert re.fullmatch(varies[name], each), f"{at}/{name}: {each!r}"
            else:
                assert_same(actual[name], value, varies, f"{at}/{name}")
    elif isinstance(expected, list):
        assert len(actual) == len(expected), f"{at}: {actual!r} instead of {expected!r}"
        for index, value in enumerate(expected):
            assert_same(actual[index], value, varies, f"{at}/{index}")
    else:
        assert actual == expected, at


def assert_answer(answer: Any, expected: Mapping[str, Any], varies: Mapping[str, str]) -> None:
    """Assert that an answer, of Werkzeug's test client or of httpx, is that of a vector.

    Of the headers, only those that the vector names are compared; null: there is none.
    """
    is_json = "json" in answer.headers["Content-Type"]
    actual = {
        "status": answer.status_code,
        "headers": {name: answer.headers.get(name) for name in expected["headers"]},
        "body": json.loads(answer.text) if is_json else answer.text,
    }
    assert_same(actual, expected, varies)
