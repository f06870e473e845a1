"""Types as the contract reads them: pydantic's core schemas, tightened for input from strangers.

Three rules hold wherever a model does not say otherwise: unknown fields are refused, an integer is
one that a browser can hold exactly (RFC 7493 section 2.2), and a number is finite. They are written
into a copy of the core schema, so the validator and the JSON Schema of the document cannot differ,
and the application's own models stay as they are.
"""

from __future__ import annotations

from typing import Any, cast

from pydantic import TypeAdapter
from pydantic.errors import PydanticUserError
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import CoreSchema, SchemaError, SchemaValidator, core_schema

from ..errors import DeclarationError

SAFE_INTEGER = 2**53 - 1
INT64 = 2**63 - 1
_OPAQUE = frozenset(
    {"cls", "config", "default", "expected", "members", "metadata", "serialization"}
)
_BY_NAME = frozenset({"fields", "choices"})  # their keys are the user's names, not schema keys


class Reader:
    """One compiled input type.

    Args:
        kind: anything that pydantic can adapt.
        integer_bound: the largest magnitude of an integer that sets no bound of its own.

    Raises:
        DeclarationError: pydantic cannot adapt `kind`.
    """

    def __init__(self, kind: Any, *, integer_bound: int = SAFE_INTEGER) -> None:
        self.kind = kind
        self.core_schema = cast("CoreSchema", _tightened(adapter(kind).core_schema, integer_bound))
        self.validator = SchemaValidator(
            self.core_schema,
            core_schema.CoreConfig(allow_inf_nan=False),
            _use_prebuilt=False,  # a nested model's own validator knows nothing of our rules
        )


def adapter(kind: Any) -> TypeAdapter[Any]:
    """pydantic's adapter, or a `DeclarationError` that names the type."""
    try:
        return TypeAdapter(kind)
    except (PydanticUserError, SchemaError) as exc:
        raise DeclarationError(f"{kind!r} is no type that pydantic can handle: {exc}") from exc


def _tightened(node: Any, bound: int) -> Any:
    if isinstance(node, (list, tuple)):
        return type(node)(_tightened(part, bound) for part in node)
    if not isinstance(node, dict):
        return node
    copy: dict[str, Any] = {}
    for key, value in node.items():
        if key in _OPAQUE:
            copy[key] = value
        elif key in _BY_NAME and isinstance(value, dict):
            copy[key] = {name: _tightened(part, bound) for name, part in value.items()}
        else:
            copy[key] = _tightened(value, bound)
    kind = copy.get("type")
    if kind == "int":
        if not {"ge", "gt", "multiple_of"} & copy.keys():
            copy["ge"] = -bound
        if not {"le", "lt"} & copy.keys():
            copy["le"] = bound
    elif kind in ("model", "dataclass", "typed-dict"):
        _close(copy)
    return copy


def _close(schema: dict[str, Any]) -> None:
    cls = schema.get("cls")
    said = getattr(cls, "model_config", None) or getattr(cls, "__pydantic_config__", None) or {}
    config = {"allow_inf_nan": False, **schema.get("config", {})}
    if "extra" not in said:
        config["extra_fields_behavior"] = "forbid"
        if schema["type"] == "typed-dict":
            schema["extra_behavior"] = "forbid"
    schema["config"] = config


class JsonSchemas(GenerateJsonSchema):
    """JSON Schema of readers and answers, with names that read well: `Page[Post]` is `PostPage`."""

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        made = super().model_schema(schema)
        if schema.get("config", {}).get("extra_fields_behavior") == "forbid":
            made.setdefault("additionalProperties", False)
        return made

    def normalize_name(self, name: str) -> str:
        generic, bracket, arguments = name.partition("[")
        if bracket:
            name = "".join(_capitalised(part) for part in arguments.strip("]").split(",")) + generic
        return super().normalize_name(name)


def _capitalised(name: str) -> str:
    return name[:1].upper() + name[1:]
