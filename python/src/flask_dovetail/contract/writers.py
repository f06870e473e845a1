"""Types as the contract writes them: what an answer or an event declares leaves, and nothing else.

`warnings="error"` costs nothing where a value is what it was declared as. Where it is not, pydantic
would write all that the value has, so such values are narrowed first: to the declared fields.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import is_dataclass
from datetime import date, time, timedelta
from decimal import Decimal
from enum import Enum
from functools import cached_property
from ipaddress import IPv4Address, IPv6Address
from pathlib import PurePath
from typing import TYPE_CHECKING, Any
from uuid import UUID

from pydantic import BaseModel, ValidationError
from pydantic_core import (
    CoreConfig,
    PydanticSerializationError,
    SchemaSerializer,
    SchemaValidator,
    from_json,
)

from .error_limit import has_part
from .schemas import (
    CLASSES,
    adapter,
    bound_integer,
    compile_validator,
    require_zone,
    rewrite,
    without_functions,
)

if TYPE_CHECKING:
    from pydantic import TypeAdapter

_PLAIN = (
    *(str, bytes, int, float, Decimal, date, time, timedelta, UUID, Enum, type(None)),
    *(IPv4Address, IPv6Address, PurePath),
)
"""What holds no fields: a value of another plain type is written as it is outside strict mode."""
_LEAVES = frozenset(
    {"str", "int", "float", "bool", "bytes", "decimal", "date", "time", "datetime", "timedelta"}
    | {"uuid", "literal", "enum", "none"}
)
_FIELDS = frozenset({"model-field", "dataclass-field", "typed-dict-field"})
_MISSING = object()


class UnwritableError(ValueError):
    """A value that cannot be written as its declared type."""


class Writer:
    """One compiled output type: writes JSON by alias, with the declared fields only.

    Args:
        kind: anything that pydantic can adapt.

    Raises:
        DeclarationError: pydantic cannot adapt `kind`.
    """

    def __init__(self, kind: Any) -> None:
        self.adapter: TypeAdapter[Any] = adapter(kind)
        self._kind = kind
        self._of_class = _classes_of(kind)
        self._is_lazy = self.adapter.core_schema["type"] == "generator"
        self._always_narrows = _has_unwatched_part(self.adapter.core_schema)
        # "null" in the place of a number that is not finite would hide it.
        self._to_json = SchemaSerializer(
            rewrite(self.adapter.core_schema, _keep_not_finite),
            CoreConfig(ser_json_inf_nan="constants"),
            _use_prebuilt=False,
        ).to_json

    def write(self, value: Any) -> bytes:
        """Return the value as JSON, narrowed where it is not of the declared type.

        Raises:
            UnwritableError: a declared field is missing, or a number is not finite.
        """
        if not self._is_lazy and hasattr(value, "__next__"):
            value = list(value)
        if self._always_narrows or (self._of_class and not isinstance(value, self._of_class)):
            return self._narrow(value)
        try:
            data = self._to_json(value, by_alias=True, warnings="error")
        except PydanticSerializationError:
            if hasattr(value, "__next__"):  # a declared generator, which is used up now
                raise UnwritableError("an iterator gave a value of another type") from None
            return self._narrow(value)
        if b"NaN" in data or b"Infinity" in data:
            _demand_finite(data)
        return data

    def _narrow(self, value: Any) -> bytes:
        """Return the declared fields of any value as JSON; see `write`."""
        try:
            narrowed = self._narrowing.validate_python(value, by_alias=False, by_name=True)
            data = self._to_json(narrowed, by_alias=True, warnings=False)
        except ValidationError as exc:
            raise UnwritableError(_describe(exc)) from None
        except Exception as exc:  # a value of another type meets the application's own code
            raise UnwritableError(f"its fields cannot be read: {type(exc).__name__}") from None
        _demand_finite(data)
        return data

    def write_checked(self, value: Any) -> bytes:
        """Return the value as JSON, if its types and constraints are those that were declared.

        Raises:
            UnwritableError: they are not.
        """
        try:
            data = self._to_json(value, by_alias=True, warnings="error")
            self._checking.validate_python(value, by_alias=True, by_name=True)
        except (PydanticSerializationError, ValidationError) as exc:
            raise UnwritableError(str(exc)) from exc
        _demand_finite(data)
        return data

    def read_back(self, raw: str | bytes) -> Any:
        """Return the value that was written as `raw`, without running the application's validators.

        Raises:
            ValidationError: `raw` is not of that form.
        """
        return self._reading_back.validate_json(raw, by_alias=True, by_name=True)

    def read_example(self, raw: bytes) -> Any:
        """Return the value of an example, in the form in which it leaves or in which it is read.

        Raises:
            ValidationError: `raw` contradicts the type.
        """
        either = compile_validator(rewrite(self.adapter.core_schema, _either_alias), CoreConfig())
        return either.validate_json(raw, by_alias=True, by_name=True)

    @cached_property
    def _checking(self) -> SchemaValidator:
        """Checks types and constraints, those of instances inside the value included.

        Validators that the application wrote are left out: they may turn one form into another, and
        what is written is in its final form.
        """
        return compile_validator(rewrite(self.adapter.core_schema, _check), CoreConfig())

    @cached_property
    def _narrowing(self) -> SchemaValidator:
        narrowing = rewrite(self.adapter.core_schema, _narrow_leniently, below_unions=_narrow)
        return compile_validator(narrowing, CoreConfig())

    @cached_property
    def _reading_back(self) -> SchemaValidator:
        return compile_validator(rewrite(self.adapter.core_schema, _read_back), CoreConfig())


def has_fields(kind: Any) -> bool:
    """Return whether an instance has to be of the class itself, not of one that is as good."""
    return isinstance(kind, type) and (issubclass(kind, BaseModel) or is_dataclass(kind))


def generic_of(kind: Any) -> Any:
    """Return `Page` for `Page[Post]`, else None."""
    return getattr(kind, "__pydantic_generic_metadata__", {}).get("origin")


def _classes_of(kind: Any) -> tuple[type, ...]:
    """Return the classes of values that are written as they are; empty for a type without fields.

    A bare `Page` is as good as the `Page[Post]` that is declared.
    """
    if not has_fields(kind):
        return ()
    generic = generic_of(kind)
    return (kind,) if generic is None else (kind, generic)


def _has_unwatched_part(schema: Any) -> bool:
    """Return whether a part is written as it is, without a warning.

    In pydantic before 2.14, that is the case for what a `NamedTuple` holds.
    """

    def is_unwatched(part: dict[str, Any]) -> bool:
        return part.get("type") == "call" and not {"return_schema", "serialization"} & part.keys()

    return has_part(schema, is_unwatched)


def _describe(exc: ValidationError) -> str:
    """Name the places without their values, which may be secret and would be in the log."""
    errors = exc.errors(include_url=False, include_input=False, include_context=False)
    return "; ".join(
        f"{'.'.join(str(part) for part in error['loc']) or 'it'}: {error['msg']}"
        for error in errors[:5]
    )


def _demand_finite(data: bytes) -> None:
    if b"NaN" in data or b"Infinity" in data:
        try:
            from_json(data, allow_inf_nan=False)
        except ValueError:
            raise UnwritableError("a number is not finite, which JSON cannot express") from None


def _keep_not_finite(schema: dict[str, Any]) -> dict[str, Any]:
    if schema["type"] in CLASSES:
        schema["config"] = {"ser_json_inf_nan": "constants", **schema.get("config", {})}
    return schema


def _check(schema: dict[str, Any]) -> dict[str, Any]:
    if schema["type"] == "int":
        bound_integer(schema)
    elif schema["type"] == "datetime":
        require_zone(schema)
    return without_functions(schema)


def _read_back(schema: dict[str, Any]) -> dict[str, Any]:
    if schema["type"] in _FIELDS and "serialization_alias" in schema:
        schema["validation_alias"] = schema["serialization_alias"]
    return without_functions(schema)


def _either_alias(schema: dict[str, Any]) -> dict[str, Any]:
    written, taken = schema.get("serialization_alias"), schema.get("validation_alias")
    if schema["type"] in _FIELDS and written and isinstance(taken, str) and taken != written:
        schema["validation_alias"] = [[written], [taken]]
    return schema


def _narrow_leniently(schema: dict[str, Any]) -> dict[str, Any]:
    narrowed = _narrow(schema)
    if narrowed["type"] in _LEAVES:
        return _wrapped(narrowed, "function-wrap", _allow_plain)
    return narrowed


def _narrow(schema: dict[str, Any]) -> dict[str, Any]:
    schema = without_functions(schema)
    if schema["type"] in _FIELDS and schema.get("serialization_exclude"):
        schema["schema"] = {"type": "default", "schema": {"type": "any"}, "default": None}
    elif schema["type"] in CLASSES:
        schema.pop("strict", None)
        schema["config"] = {**schema.get("config", {}), "strict": False}
        return _wrapped(schema, "function-before", _Fields(schema))
    return schema


def _wrapped(schema: dict[str, Any], kind: str, function: Any) -> dict[str, Any]:
    inner = dict(schema)
    outer: dict[str, Any] = {
        "type": kind,
        "function": {"type": "no-info", "function": function},
        "schema": inner,
    }
    if "ref" in inner:
        outer["ref"] = inner.pop("ref")
    return outer


def _allow_plain(value: Any, validate: Any) -> Any:
    try:
        return validate(value)
    except ValidationError:
        if isinstance(value, _PLAIN):
            return value
        raise


class _Fields:
    """Takes the declared fields from a mapping or from the attributes of any object."""

    def __init__(self, schema: dict[str, Any]) -> None:
        self._kind: Any = dict if schema["type"] == "typed-dict" else schema["cls"]
        self._is_root = bool(schema.get("root_model"))
        fields = _find_fields(schema)
        self._aliases = {
            name: [
                alias
                for key in ("serialization_alias", "validation_alias")
                if isinstance(alias := field.get(key), str)
            ]
            for name, field in fields.items()
        }
        self._is_open = "allow" in (
            schema.get("extra_behavior"),
            schema.get("config", {}).get("extra_fields_behavior"),
        )

    def __call__(self, value: Any) -> Any:
        if self._is_root:
            return value.root if isinstance(value, self._kind) else value
        if isinstance(value, (*_PLAIN, list, tuple, set, frozenset)):
            return value
        of_value: dict[str, Any] = {}
        if isinstance(value, Mapping):
            if self._is_open:
                of_value.update(value)
            for name, aliases in self._aliases.items():
                for key in (name, *aliases):
                    if key in value:
                        of_value[name] = value[key]
                        break
            return of_value
        if self._is_open and isinstance(value, self._kind):
            of_value.update(getattr(value, "__pydantic_extra__", None) or {})
        for name in self._aliases:
            attribute = getattr(value, name, _MISSING)
            if attribute is not _MISSING:
                of_value[name] = attribute
        return of_value


def _find_fields(schema: dict[str, Any]) -> dict[str, dict[str, Any]]:
    if schema["type"] == "typed-dict":
        fields: dict[str, dict[str, Any]] = schema["fields"]
        return fields
    inner = schema["schema"]
    while inner["type"] not in ("model-fields", "dataclass-args"):
        if "schema" not in inner:
            return {}
        inner = inner["schema"]
    found = inner["fields"]
    return {field["name"]: field for field in found} if isinstance(found, list) else dict(found)
