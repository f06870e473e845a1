"""Read `DOVETAIL_*` keys: once, typed, with an error that quotes the key and the cure.

A feature declares a frozen dataclass whose fields are made by `setting(...)`; `read` fills it from
`app.config`. Values may be Python objects or, from `from_prefixed_env`, JSON or plain text.
`docs/configuration.md` is generated from the same declarations.
"""

from __future__ import annotations

import json
import types
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import MISSING, Field, dataclass, field, fields
from difflib import get_close_matches
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from .errors import ConfigurationError

S = TypeVar("S")
_KNOWN: set[str] = set()
_PREFIX = "DOVETAIL_"


@dataclass(frozen=True)
class Documented:
    """One row of the configuration table, and of the table of limits where it has a `beyond`."""

    key: str
    default: str
    doc: str
    unit: str | None = None
    beyond: str | None = None


def setting(
    key: str,
    *,
    doc: str,
    default: Any = MISSING,
    shown: str | None = None,
    within: tuple[float, float] | None = None,
    unit: str | None = None,
    beyond: str | None = None,
) -> Any:
    """Declare one key.

    Args:
        shown: replaces the default in the documentation where it is derived.
        within: the least and the most that a number may be, both included.
        unit: what a limit counts, such as "seconds". For limits only, with `beyond`.
        beyond: the answer to somebody who goes beyond the limit, such as "429 `TOO_MANY_REQUESTS`".
            It puts the key into `docs/limits.md`, and asks for a test marked `limit(key)`.
    """
    _KNOWN.add(key)
    metadata = {"key": key, "doc": doc, "shown": shown, "unit": unit, "beyond": beyond}
    return field(default=default, metadata={**metadata, "within": within})


def read(kind: type[S], config: Mapping[str, Any]) -> S:
    """Build `kind` from `config`.

    Raises:
        ConfigurationError: a required key is absent, or a value has the wrong type or is outside
            its bounds.
    """
    hints = get_type_hints(kind)
    values: dict[str, Any] = {}
    for declared in fields(kind):  # type: ignore[arg-type]
        key = declared.metadata["key"]
        if key in config:
            value = values[declared.name] = _convert(config[key], hints[declared.name], key)
            check_bounds(value, declared.metadata["within"], key)
        elif declared.default is MISSING:
            raise ConfigurationError(f"{key} is not set.", key=key, cure=declared.metadata["doc"])
    return kind(**values)


def unknown_keys(config: Mapping[str, Any]) -> list[str]:
    """Return the `DOVETAIL_*` keys of `config` that no settings class declares so far."""
    return sorted(key for key in config if key.startswith(_PREFIX) and key not in _KNOWN)


def refuse_unknown(config: Mapping[str, Any]) -> None:
    """Refuse misspelt keys. Every settings class must have been imported.

    Raises:
        ConfigurationError: there is such a key; the cure names the nearest one that exists.
    """
    for key in unknown_keys(config):
        near = get_close_matches(key, _KNOWN, 1)
        raise ConfigurationError(
            f"{key} is no setting of Dovetail's.",
            key=key,
            cure=f"Write {near[0]}." if near else "Remove it; docs/configuration.md has the keys.",
        )


def unread_variables(config: Mapping[str, Any], environ: Mapping[str, str]) -> list[str]:
    """Return the environment variables that look like settings, and that `config` does not have.

    Dovetail reads `app.config` only; `from_prefixed_env()` puts `FLASK_*` variables there.
    """
    return sorted(
        prefix + key
        for key in _KNOWN
        for prefix in ("", "FLASK_")
        if prefix + key in environ and key not in config
    )


def document(kind: type) -> list[Documented]:
    """Return the rows of the configuration table for one settings class."""
    return [
        Documented(
            f.metadata["key"],
            _default_text(f),
            f.metadata["doc"],
            f.metadata["unit"],
            f.metadata["beyond"],
        )
        for f in fields(kind)
    ]


def _default_text(declared: Field[Any]) -> str:
    if declared.metadata["shown"] is not None:
        return str(declared.metadata["shown"])
    return "required" if declared.default is MISSING else repr(declared.default)


def _convert(value: Any, hint: Any, key: str) -> Any:
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        if value is None and type(None) in get_args(hint):
            return None
        return _convert(value, next(a for a in get_args(hint) if a is not type(None)), key)
    if origin is Literal:
        if value in get_args(hint):
            return value
        raise _refusal(value, key, "one of " + ", ".join(repr(a) for a in get_args(hint)))
    if origin is tuple:
        return _strings(value, key)
    if origin is Mapping:
        return _mapping(value, key)
    if hint is bool:
        return _boolean(value, key)
    if hint in (int, float):
        return _number(value, hint, key)
    if isinstance(value, hint) and not isinstance(value, bool):
        return value
    if hint is str and isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)  # from_prefixed_env reads "123" as a number
    raise _refusal(value, key, f"a value of type {hint.__name__}")


def check_bounds(value: Any, within: tuple[float, float] | None, key: str) -> None:
    """Check that a number is within its bounds.

    Raises:
        ConfigurationError: the number is outside of `within`.
    """
    if within is None or value is None:
        return
    low, high = within
    if not low <= value <= high:  # a NaN fails, too
        raise ConfigurationError(f"{key} is {value}.", key=key, cure=f"Choose {low} to {high}.")


def _strings(value: Any, key: str) -> tuple[str, ...]:
    if isinstance(value, str):
        value = [part.strip() for part in value.split(",") if part.strip()]
    if isinstance(value, Sequence) and all(isinstance(part, str) for part in value):
        return tuple(value)
    raise _refusal(value, key, "a list of strings, or one string separated by commas")


def _mapping(value: Any, key: str) -> Mapping[str, Any]:
    """Return a mapping, or the one in its JSON. Its content may be secret, and is not repeated."""
    if isinstance(value, str):
        with suppress(ValueError):
            value = json.loads(value)
    if isinstance(value, Mapping):
        return value
    raise _refusal(value, key, "a mapping, or a JSON object")


def _number(value: Any, hint: type, key: str) -> int | float:
    """Return a number, or the one in its text: environments that Flask does not read are text."""
    try:
        if isinstance(value, bool):
            raise TypeError
        number = float(value)
    except (TypeError, ValueError):
        raise _refusal(value, key, "a number") from None
    if hint is int and not number.is_integer():
        raise _refusal(value, key, "a whole number")
    return int(number) if hint is int else number


def _boolean(value: Any, key: str) -> bool:
    if isinstance(value, bool):
        return value
    words = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
    answer = words.get(str(value).lower())
    if answer is None:
        raise _refusal(value, key, "true or false")
    return answer


def _refusal(value: Any, key: str, wanted: str) -> ConfigurationError:
    return ConfigurationError(
        f"{key} has a value of type {type(value).__name__}.", key=key, cure=f"Give {wanted}."
    )
