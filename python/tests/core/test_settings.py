"""Settings are read once, typed, and refused with the fact, the key and the cure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import pytest

from flask_dovetail.core import settings
from flask_dovetail.core.errors import ConfigurationError


@dataclass(frozen=True)
class Example:
    strategy: Literal["session", "token"] = settings.setting(
        "DOVETAIL_X_STRATEGY", default="session", doc="How."
    )
    seconds: int = settings.setting("DOVETAIL_X_SECONDS", default=60, doc="How long.")
    origins: tuple[str, ...] = settings.setting("DOVETAIL_X_ORIGINS", default=(), doc="Where.")
    folder: str | None = settings.setting("DOVETAIL_X_FOLDER", default=None, doc="Folder.")
    enabled: bool = settings.setting("DOVETAIL_X_ENABLED", default=True, doc="Whether.")


@dataclass(frozen=True)
class Demanding:
    name: str = settings.setting("DOVETAIL_X_NAME", doc="Set it to the name of the thing.")


def test_defaults_hold_when_nothing_is_set() -> None:
    assert settings.read(Example, {}) == Example("session", 60, (), None, True)


@pytest.mark.parametrize(
    ("key", "given", "field", "kept"),
    [
        ("DOVETAIL_X_STRATEGY", "token", "strategy", "token"),
        ("DOVETAIL_X_SECONDS", 5, "seconds", 5),
        ("DOVETAIL_X_SECONDS", "5", "seconds", 5),
        ("DOVETAIL_X_ORIGINS", ["a", "b"], "origins", ("a", "b")),
        ("DOVETAIL_X_ORIGINS", "a, b,", "origins", ("a", "b")),
        ("DOVETAIL_X_FOLDER", "dist", "folder", "dist"),
        ("DOVETAIL_X_FOLDER", None, "folder", None),
        ("DOVETAIL_X_FOLDER", 2026, "folder", "2026"),
        ("DOVETAIL_X_ENABLED", "no", "enabled", False),
        ("DOVETAIL_X_ENABLED", 1, "enabled", True),
    ],
)
def test_values_from_code_and_from_the_environment_are_both_understood(
    key: str, given: Any, field: str, kept: Any
) -> None:
    assert getattr(settings.read(Example, {key: given}), field) == kept


@pytest.mark.parametrize(
    ("key", "given"),
    [
        ("DOVETAIL_X_STRATEGY", "basic"),
        ("DOVETAIL_X_SECONDS", "soon"),
        ("DOVETAIL_X_SECONDS", True),
        ("DOVETAIL_X_SECONDS", 1.5),
        ("DOVETAIL_X_SECONDS", float("inf")),
        ("DOVETAIL_X_ORIGINS", 5),
        ("DOVETAIL_X_ORIGINS", [1]),
        ("DOVETAIL_X_FOLDER", ["dist"]),
        ("DOVETAIL_X_ENABLED", "perhaps"),
    ],
)
def test_a_wrong_value_is_refused_with_its_key_and_without_its_text(key: str, given: Any) -> None:
    with pytest.raises(ConfigurationError) as caught:
        settings.read(Example, {key: given})
    assert caught.value.key == key
    assert "cure:" in str(caught.value)
    assert str(given) not in caught.value.fact


def test_a_required_key_says_how_to_set_it() -> None:
    with pytest.raises(ConfigurationError, match="Set it to the name of the thing"):
        settings.read(Demanding, {})


def test_every_key_is_documented_with_its_default() -> None:
    rows = settings.document(Example) + settings.document(Demanding)
    assert ("DOVETAIL_X_SECONDS", "60") in [(row.key, row.default) for row in rows]
    assert rows[-1].default == "required"
