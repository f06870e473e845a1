"""Limit the errors and the work of one body while it is read.

pydantic describes every error, with the whole path to it, before anybody can count them: a megabyte
of `{}` for a list of models with twenty required fields is seven million errors in 2.6 GB. So the
elements of containers are counted as they are read, and reading ends when more would not be listed.

An untagged union reads its value once for each branch. Where a model holds itself through one, each
level does so again, also for a body that is right: thirty levels are a thousand million readings.
So these are counted too.
"""

from __future__ import annotations

from contextvars import ContextVar
from math import inf
from typing import TYPE_CHECKING, Any

from pydantic_core import ValidationError, core_schema

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_COUNTED = 1000
MAX_KEY = 4096
"""Characters of a key whose value may have many errors: each error repeats it."""

MAX_READINGS = 20_000
"""A body may read models below unions so often, and once more for each of its bytes.

Without branches in branches, a byte takes less than one reading.
"""

_UNCOUNTED_BYTES = {"plain": 16 * 1024, "compound": 2048}
"""Bodies up to this size are read without counting: there is no room for many errors."""

_ELEMENTS = {
    "dict": "values_schema",
    "frozenset": "items_schema",
    "list": "items_schema",
    "set": "items_schema",
    "tuple": "items_schema",
}
_COMPOUND = frozenset({*_ELEMENTS, "dataclass", "definition-ref", "model", "typed-dict"})

_count: ContextVar[int] = ContextVar("flask_dovetail_errors", default=0)
_readings_left: ContextVar[int] = ContextVar("flask_dovetail_readings", default=MAX_READINGS)


class ErrorLimitError(Exception):
    """There are more errors than would be listed, or they would take too much work to find.

    It is not a `ValueError`, which pydantic would take for one more error and go on.

    Attributes:
        code: as in the `errors` of VALIDATION_FAILED.
        detail: for people.
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


def too_many_errors() -> ErrorLimitError:
    """Make the error of a body that contradicts the contract in too many places."""
    return ErrorLimitError(
        "too_many_errors", f"More than {MAX_COUNTED} places contradict the contract"
    )


def start_counting(size: int) -> None:
    """Forget the counts of an earlier body. Call this before validating another one.

    Args:
        size: of the body in bytes.
    """
    _count.set(0)
    _readings_left.set(MAX_READINGS + size)


def uncounted_bytes(schema: Any) -> float:
    """Return the size up to which a body of this core schema is read without counting."""
    if isinstance(schema, (list, tuple)):
        return min(map(uncounted_bytes, schema), default=inf)
    if not isinstance(schema, dict):
        return inf
    if schema.get("type") == "definition-ref":
        return _UNCOUNTED_BYTES["compound"]
    inside = min(map(uncounted_bytes, schema.values()), default=inf)
    if schema.get("type") == "union" and inside == _UNCOUNTED_BYTES["compound"]:
        return 0
    if not _is_variadic(schema):
        return inside
    element = schema.get(_ELEMENTS[schema["type"]])
    return min(inside, _UNCOUNTED_BYTES["compound" if _is_compound(element) else "plain"])


def count_elements(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the core schema, with a count around the elements if it is a container of many.

    A call for each of many plain values would be slow: there the first wrong value ends the
    reading.
    """
    if schema["type"] == "definition-ref":  # it may hold itself, without any container
        counted: dict[str, Any] = _with_count(schema)
        return counted
    if not _is_variadic(schema):
        return schema
    place = _ELEMENTS[schema["type"]]
    element = schema.get(place)
    if schema["type"] == "dict":
        keys = schema.get("keys_schema", core_schema.any_schema())
        limited = core_schema.no_info_before_validator_function(_limit_key, keys)
        return {**schema, "keys_schema": limited, place: _with_count(element)}
    if not _is_compound(element):
        return {**schema, "fail_fast": True}
    if schema["type"] == "tuple":
        return {**schema, place: [_with_count(part) for part in element or ()]}
    return {**schema, place: _with_count(element)}


def end_at_first_error(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the core schema for a branch of a union, where counting would be wrong.

    What one branch refuses counts for nothing when another one fits. So the first wrong element
    ends the reading of a container there; keyed ones, which cannot be told to, are counted. A model
    that may hold itself is counted each time that it is read.
    """
    if schema["type"] == "definition-ref":
        inner: Any = schema
        read: dict[str, Any] = dict(
            core_schema.no_info_before_validator_function(_count_reading, inner)
        )
        return read
    if not _is_variadic(schema):
        return schema
    return count_elements(schema) if schema["type"] == "dict" else {**schema, "fail_fast": True}


def _is_variadic(schema: dict[str, Any]) -> bool:
    kind = schema.get("type")
    if kind == "tuple":
        return schema.get("variadic_item_index") is not None
    return isinstance(kind, str) and kind in _ELEMENTS


def has_part(schema: Any, is_wanted: Callable[[dict[str, Any]], bool]) -> bool:
    """Return whether a core schema, or any part of it, is one that is looked for."""
    if isinstance(schema, (list, tuple)):
        return any(has_part(part, is_wanted) for part in schema)
    if not isinstance(schema, dict):
        return False
    return is_wanted(schema) or any(has_part(part, is_wanted) for part in schema.values())


def _is_compound(schema: Any) -> bool:
    def is_compound(part: dict[str, Any]) -> bool:
        kind = part.get("type")
        return isinstance(kind, str) and kind in _COMPOUND

    return has_part(schema, is_compound)


def _with_count(schema: Any) -> Any:
    schema = schema or core_schema.any_schema()
    if schema.get("function", {}).get("function") is _count_errors:
        return schema  # a model that holds itself, as the element of a list
    return core_schema.no_info_wrap_validator_function(_count_errors, schema)


def _count_errors(value: Any, validate: Callable[[Any], Any]) -> Any:
    before = _count.get()
    try:
        valid = validate(value)
    except ValidationError as error:  # includes every error counted inside
        count = before + error.error_count()
        if count > MAX_COUNTED:
            raise too_many_errors() from None
        _count.set(count)
        raise
    _count.set(before)  # a branch of a union may have counted some before another one fitted
    return valid


def _count_reading(value: Any) -> Any:
    left = _readings_left.get()
    if left <= 0:
        raise ErrorLimitError("too_complex", "The nested values could be of too many types")
    _readings_left.set(left - 1)
    return value


def _limit_key(key: Any) -> Any:
    if isinstance(key, str) and len(key) > MAX_KEY:
        raise ErrorLimitError("key_too_long", f"A key has more than {MAX_KEY} characters")
    return key
