"""Types as the contract reads and checks them: pydantic's core schemas, with rules of our own.

Input from strangers is tightened: unknown fields are refused, an integer is one that a browser can
hold exactly (RFC 7493 section 2.2), a number is finite. Each rule holds where the model does not
say otherwise. They are written into a copy of the core schema, so the validator and the JSON Schema
of the document cannot differ, and the application's own models stay as they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter
from pydantic.errors import PydanticUndefinedAnnotation, PydanticUserError
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import CoreConfig, CoreSchema, SchemaError, SchemaValidator, core_schema

from ..core.errors import DeclarationError
from .error_limit import (
    count_elements,
    end_at_first_error,
    start_counting,
    uncounted_bytes,
)

if TYPE_CHECKING:
    from collections.abc import Callable

SAFE_INTEGER = 2**53 - 1
INT64 = 2**63 - 1
MAX_HASHED = 1000
"""Entries of a set or keys of a dict whose hashes the sender chooses, where no `max_length` is set.

Python's hashes of numbers, UUIDs and times are known, so a sender can make all of them collide, and
each further one is then compared with all before it. Hashes of texts are random in each process.
"""
_HASHED = {"set": "items_schema", "frozenset": "items_schema", "dict": "keys_schema"}
_RANDOM_HASHES = frozenset({"str", "bytes", "bool", "literal", "enum", "none", "date", "url"})
_FINITE = CoreConfig(allow_inf_nan=False)
CLASSES = frozenset({"model", "dataclass", "typed-dict"})
_FUNCTIONS = frozenset({"function-before", "function-after", "function-wrap", "function-plain"})
_OPAQUE = frozenset(
    {"cls", "config", "default", "expected", "members", "metadata", "serialization"}
)
_NOT_ALWAYS_SENT = ("serialization_exclude", "serialization_exclude_if")
_BY_NAME = frozenset({"fields", "choices"})  # their keys are the user's names, not schema keys


class Reader:
    """One compiled input type.

    Args:
        kind: anything that pydantic can adapt.
        integer_bound: the largest magnitude of an integer that sets no bound of its own.
        naive_times: whether a time may lack a zone where its type does not say so.

    Raises:
        DeclarationError: pydantic cannot adapt `kind`.
    """

    def __init__(
        self, kind: Any, *, integer_bound: int = SAFE_INTEGER, naive_times: bool = False
    ) -> None:
        self.kind = kind

        def tighten(schema: dict[str, Any]) -> dict[str, Any]:
            if schema["type"] == "int":
                bound_integer(schema, integer_bound)
            elif schema["type"] == "datetime" and not naive_times:
                require_zone(schema)
            elif schema["type"] in CLASSES:
                _close(schema)
            elif schema["type"] in _HASHED:
                _bound_collisions(schema)
            return schema

        self.core_schema: CoreSchema = rewrite(adapter(kind).core_schema, tighten)
        self.validator: SchemaValidator = compile_validator(self.core_schema, _FINITE)
        self._uncounted_bytes = uncounted_bytes(self.core_schema)
        self._counting: SchemaValidator | None = None

    def read_json(self, raw: bytes) -> Any:
        """Parse and validate `raw`.

        Raises:
            ValidationError: it contradicts the type.
            ErrorLimitError: it does so in more places than would be listed.
        """
        if len(raw) <= self._uncounted_bytes:
            return self.validator.validate_json(raw)
        if self._counting is None:  # most readers never need it
            counted = rewrite(self.core_schema, count_elements, below_unions=end_at_first_error)
            self._counting = compile_validator(counted, _FINITE)
        start_counting(len(raw))
        return self._counting.validate_json(raw)


def adapter(kind: Any) -> TypeAdapter[Any]:
    """Return pydantic's adapter.

    Raises:
        DeclarationError: pydantic cannot handle `kind`, which the message names.
    """
    try:
        type_adapter: TypeAdapter[Any] = TypeAdapter(kind)
        type_adapter.rebuild()
    except (PydanticUserError, PydanticUndefinedAnnotation, SchemaError) as exc:
        raise DeclarationError(f"{kind!r} is no type that pydantic can handle: {exc}") from exc
    return type_adapter


def compile_validator(schema: CoreSchema, config: CoreConfig) -> SchemaValidator:
    """Return the validator of a schema that `rewrite` has changed."""
    # A nested model's prebuilt validator would not know the rewritten schema.
    return SchemaValidator(schema, config, _use_prebuilt=False)


def rewrite(
    node: Any,
    change: Callable[[dict[str, Any]], dict[str, Any]],
    *,
    below_unions: Callable[[dict[str, Any]], dict[str, Any]] | None = None,
) -> Any:
    """Return a copy in which `change` has been applied to every schema, inner ones first.

    Args:
        below_unions: is applied instead of `change` to everything inside an untagged union.
    """

    def again(node: Any) -> Any:
        return rewrite(node, change, below_unions=below_unions)

    if isinstance(node, (list, tuple)):
        return type(node)(again(part) for part in node)
    if not isinstance(node, dict):
        return node
    if below_unions is not None and node.get("type") == "union":
        return rewrite(node, below_unions)
    copy: dict[str, Any] = {}
    for key, value in node.items():
        if key in _OPAQUE:
            copy[key] = value
        elif key in _BY_NAME and isinstance(value, dict):
            copy[key] = {name: again(part) for name, part in value.items()}
        else:
            copy[key] = again(value)
    return change(copy) if isinstance(copy.get("type"), str) else copy


def _bound_collisions(schema: dict[str, Any]) -> None:
    if not _has_random_hash(schema.get(_HASHED[schema["type"]])):
        schema.setdefault("max_length", MAX_HASHED)


def _has_random_hash(schema: Any) -> bool:
    """Return whether a sender cannot choose the hashes of such values, or only a few of them."""
    while isinstance(schema, dict) and schema["type"] in ("function-after", "function-before"):
        schema = schema["schema"]
    return schema is not None and schema["type"] in _RANDOM_HASHES


def bound_integer(schema: dict[str, Any], bound: int = SAFE_INTEGER) -> None:
    """Bound an integer that sets no bound of its own."""
    if "ge" not in schema and "gt" not in schema:
        schema["ge"] = -bound
    if "le" not in schema and "lt" not in schema:
        schema["le"] = bound


def require_zone(schema: dict[str, Any]) -> None:
    """Require an offset, as RFC 3339 does, which `date-time` is; `NaiveDatetime` has none."""
    schema.setdefault("tz_constraint", "aware")


def _close(schema: dict[str, Any]) -> None:
    cls = schema.get("cls")
    model_config = (
        getattr(cls, "model_config", None) or getattr(cls, "__pydantic_config__", None) or {}
    )
    config = {"allow_inf_nan": False, **schema.get("config", {})}
    if "extra" not in model_config:
        config["extra_fields_behavior"] = "forbid"
        if schema["type"] == "typed-dict":
            schema["extra_behavior"] = "forbid"
    schema["config"] = config


def without_functions(schema: dict[str, Any]) -> dict[str, Any]:
    """Leave out the application's own validators, and look into instances."""
    if schema["type"] in _FUNCTIONS and not _is_pydantics(schema["function"]["function"]):
        inner: dict[str, Any] = schema.get("schema", {"type": "any"})
        if "ref" in schema:
            inner = {**inner, "ref": schema["ref"]}
        return inner
    if schema["type"] in ("model", "dataclass"):
        schema["config"] = {**schema.get("config", {}), "revalidate_instances": "always"}
        schema.pop("post_init", None)
        schema.pop("custom_init", None)
    return schema


def _is_pydantics(function: Any) -> bool:
    module = str(getattr(function, "__module__", None) or type(function).__module__)
    return module.partition(".")[0] in ("pydantic", "pydantic_core", "functools")


def _without_annotations(name: str) -> str:
    """Return the name of a type without what stands beside types in `Annotated[…]`."""
    before, annotated, rest = name.partition("Annotated[")
    if not annotated:
        return name
    depth, comma = 0, len(rest)
    for index, char in enumerate(rest):
        depth += (char in "[(") - (char in "])")
        if char == "," and depth == 0:
            comma = min(comma, index)
        if depth < 0:
            return before + _without_annotations(rest[:comma] + rest[index + 1 :])
    return name


class JsonSchemas(GenerateJsonSchema):
    """The JSON Schemas of readers and answers, with readable names: `Page[Post]` is `PostPage`."""

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        """Close the schema of a model that refuses unknown fields."""
        json_schema = super().model_schema(schema)
        is_object = not schema.get("root_model")
        if is_object and schema.get("config", {}).get("extra_fields_behavior") == "forbid":
            json_schema.setdefault("additionalProperties", False)
        return json_schema

    def field_is_required(self, field: Any, total: bool) -> bool:
        """Require fields with defaults in answers: they are sent always, if not excluded."""
        if self.mode == "serialization" and field["type"] in ("model-field", "dataclass-field"):
            return not any(key in field for key in _NOT_ALWAYS_SENT)
        return super().field_is_required(field, total)

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002
        """Leave titles out: "Created At" beside "created_at" says nothing."""
        return False

    def normalize_name(self, name: str) -> str:
        """Put a generic's arguments in front of its name."""
        generic, bracket, arguments = _without_annotations(name).partition("[")
        if bracket:
            parts = arguments.replace("[", ",").replace("]", "").split(",")
            name = "".join(part[:1].upper() + part[1:] for part in parts) + generic
        return super().normalize_name(name)
