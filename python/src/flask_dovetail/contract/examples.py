"""Check examples against their models at import; the document shows them and mocks answer them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import from_json, to_json

from .declaration import Answer, Operation, declaration_error
from .schemas import JsonSchemas

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .writers import Writer


def check_examples(operation: Operation) -> dict[str | int, Any]:
    """Return the declared examples as they travel.

    Raises:
        DeclarationError: one contradicts its model, or belongs to no part of the operation.
    """
    answers = {answer.status: answer for answer in operation.answers}
    return {
        place: _check_example(operation, answers, place, v)
        for place, v in operation.examples.items()
    }


def mock_answer(operation: Operation) -> tuple[Any, int]:
    """Return the answer of a mock: the first declared answer, filled from an example.

    The example is the declared one; otherwise it is composed from `examples` in the model's
    configuration and on its fields, and from defaults.

    Raises:
        DeclarationError: there is no example, or it contradicts its model.
    """
    answer = operation.answers[0]
    if answer.writer is None:
        if answer.by_view:
            raise declaration_error(
                operation.name, "a Response cannot be mocked.", "Declare a model."
            )
        return None, answer.status
    if answer.status in operation.examples:
        example = operation.examples[answer.status]
    else:
        schema = answer.writer.adapter.json_schema(
            mode="serialization", schema_generator=_ExampleSchemas
        )
        try:
            example = _example(schema, schema.get("$defs", {}), "", frozenset())
        except LookupError as exc:
            raise declaration_error(
                operation.name,
                f"mock=True, but there is no example for {exc.args[0] or 'the answer'}.",
                f"Give examples={{{answer.status}: …}}, or Field(examples=[…]).",
            ) from None
    return _validate(operation, answer.writer, answer.status, example), answer.status


def _check_example(
    operation: Operation, answers: Mapping[int, Answer], place: Any, value: Any
) -> Any:
    if place == "body" and operation.body is not None:
        raw = to_json(value)
        try:
            operation.body.validator.validate_json(raw)
        except ValidationError as exc:
            raise _contradiction(operation, place, exc) from exc
        return from_json(raw)
    answer = answers.get(place)
    if answer is None or answer.writer is None:
        raise declaration_error(
            operation.name,
            f"there is an example for {place!r}, which the operation does not have.",
            'Use "body" or a declared status.',
        )
    return from_json(answer.writer.write(_validate(operation, answer.writer, place, value)))


def _validate(operation: Operation, writer: Writer, place: Any, value: Any) -> Any:
    raw = writer.write(value) if isinstance(value, BaseModel) else to_json(value)
    try:
        return writer.read_example(raw)
    except ValidationError as exc:
        raise _contradiction(operation, place, exc) from exc


def _contradiction(operation: Operation, place: Any, exc: ValidationError) -> Exception:
    return declaration_error(
        operation.name,
        f"the example for {place!r} contradicts its model: {exc}",
        "Correct the example.",
    )


class _ExampleSchemas(JsonSchemas):
    """Schemas in which a field with a default may be left out of an example."""

    def field_is_required(self, field: Any, total: bool) -> bool:
        """See `GenerateJsonSchema.field_is_required`."""
        return GenerateJsonSchema.field_is_required(self, field, total)


class _EndlessError(LookupError):
    """A value would hold one of its own type, without end."""


def _example(schema: Any, definitions: Mapping[str, Any], at: str, above: frozenset[str]) -> Any:
    """Return one value for a JSON Schema; LookupError names the first place that has none.

    Args:
        above: the definitions that the place is in.
    """
    name = None
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        schema = definitions[name] | {key: value for key, value in schema.items() if key != "$ref"}
    if schema.get("examples"):
        return schema["examples"][0]
    for keyword in ("example", "default", "const"):
        if keyword in schema:
            return schema[keyword]
    if schema.get("enum"):
        return schema["enum"][0]
    if name is not None:
        if name in above:
            raise _EndlessError(at)
        above |= {name}
    if schema.get("type") == "object" and "properties" in schema:
        return _object_example(schema, definitions, at, above)
    if schema.get("type") == "array" and "items" in schema:
        try:
            return [_example(schema["items"], definitions, f"{at}/0", above)]
        except _EndlessError:
            return []
    if schema.get("type") == "null":
        return None
    missing: LookupError = LookupError(at)
    for variant in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        try:
            return _example(variant, definitions, at, above)
        except _EndlessError as exc:
            missing = exc
        except LookupError:
            continue
    raise missing


def _object_example(
    schema: Any, definitions: Mapping[str, Any], at: str, above: frozenset[str]
) -> dict[str, Any]:
    """Return an example of each property; one with a default factory may have none."""
    required = schema.get("required", ())
    example: dict[str, Any] = {}
    for name, part in schema["properties"].items():
        try:
            example[name] = _example(part, definitions, f"{at}/{name}", above)
        except LookupError:
            if name in required and not part.get("readOnly"):  # which a computed field is
                raise
    return example
