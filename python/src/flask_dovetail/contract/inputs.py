"""Read the inputs of one operation: bytes and strings in, models or a list of errors out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from flask import Request
from pydantic_core import SchemaValidator, ValidationError, from_json
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from .declaration import REQUIRED
from .error_limit import ErrorLimitError
from .problem import Problem
from .problems import MalformedJson, PayloadTooLarge, UnsupportedMediaType
from .schemas import adapter
from .validation_errors import MAX_LISTED, error_entry, errors_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import BaseModel

    from .schemas import Reader

Read = Callable[[Request], Any]

MAX_BODY_BYTES = 1024 * 1024
MAX_DRAINED_BYTES = 1024 * 1024
_JSON_TYPES = frozenset({"application/json", "application/json; charset=utf-8"})


class Refused(Exception):  # noqa: N818 - it never leaves the plan of a call
    """An input contradicts its model. The errors are collected, so that one answer has all."""

    def __init__(self, errors: list[dict[str, str]]) -> None:
        super().__init__("refused")
        self.errors = errors


def body_reader(reader: Reader, default: Any) -> Read:
    """Make the reader of a JSON body: bytes straight into the model, no second pass.

    The reader raises UnsupportedMediaType, MalformedJson, PayloadTooLarge or Refused.
    """
    read_json = reader.read_json

    def read(request: Request) -> Any:
        raw = _raw(request)
        if not raw:
            if default is REQUIRED:
                raise Refused([error_entry("body", code="missing", detail="A body is required")])
            return default
        if request.environ.get("CONTENT_TYPE") not in _JSON_TYPES:
            _require_json(request)
        demand_plain(raw, "body")
        try:
            return read_json(raw)
        except ValidationError as exc:
            raise _body_refusal(exc, raw) from None
        except ErrorLimitError as exc:
            raise Refused([error_entry("body", code=exc.code, detail=exc.detail)]) from None

    return read


def query_reader(reader: Reader) -> Read:
    """Make the reader of a query string.

    A repeated key is a list where the model has one, and refused elsewhere.
    """
    validate = reader.validator.validate_python
    repeatable = _repeatable(reader)

    def read(request: Request) -> Any:
        sent: dict[str, Any] = {}
        errors: list[dict[str, str]] = []
        raw = request.query_string
        for key, value in _pairs(raw):
            if key in repeatable:
                sent.setdefault(key, []).append(value)
            elif key not in sent:
                sent[key] = value
            else:
                errors.append(
                    error_entry("query", key, code="repeated", detail="Given more than once")
                )
        if b"%00" in raw:
            errors += _null_errors(sent, "query")
        try:
            model = validate(sent, strict=False)
        except ValidationError as exc:
            errors += errors_of(exc, sent, "query")
        if errors:
            raise Refused(errors[:MAX_LISTED])
        return model

    return read


def header_reader(reader: Reader) -> Read:
    """Make the reader of the declared header fields; it ignores all others."""
    validate = reader.validator.validate_python
    wanted = header_names(reader.kind)

    def read(request: Request) -> Any:
        headers = request.headers
        sent = {key: headers[name] for key, name in wanted.items() if name in headers}
        try:
            return validate(sent, strict=False)
        except ValidationError as exc:
            raise Refused(errors_of(exc, sent, "headers", names=wanted)) from None

    return read


def path_reader(readers: Mapping[str, Reader | None]) -> Callable[[dict[str, Any]], None]:
    """Make the function that validates path values in place; the URL converter has decoded them."""
    plan: tuple[tuple[str, SchemaValidator | None], ...] = tuple(
        (name, reader.validator if reader else None) for name, reader in readers.items()
    )

    def read(values: dict[str, Any]) -> None:
        errors = _null_errors(values, "path")
        for name, validator in plan:
            if validator is not None and name in values:
                try:
                    values[name] = validator.validate_python(values[name])
                except ValidationError as exc:
                    errors += errors_of(exc, values[name], "path", name)
        if errors:
            raise Refused(errors)

    return read


def header_names(model: type[BaseModel]) -> dict[str, str]:
    """Return each field's key with its header: the alias, else hyphens for underscores."""
    named = ((name, field.validation_alias) for name, field in model.model_fields.items())
    return {
        str(alias or name): str(alias or name.replace("_", "-")).lower() for name, alias in named
    }


def _pairs(query: bytes) -> list[tuple[str, str]]:
    """Return the pairs that `request.args` consists of, without its multi-dictionary."""
    if not query:
        return []
    return parse_qsl(
        query.decode(errors="replace"), keep_blank_values=True, errors="werkzeug.url_quote"
    )


def _raw(request: Request) -> bytes:
    """Return the whole body, or raise a problem."""
    try:
        return _whole(request)
    except (HTTPException, Problem):
        raise
    except Exception as exc:  # each server raises its own
        raise MalformedJson("The body could not be read to its end.") from exc


def _whole(request: Request) -> bytes:
    """Return the whole body, or raise 413.

    Werkzeug cuts a chunked body off at the limit without an error.
    """
    limit = request.max_content_length
    if limit is None:
        request.max_content_length = limit = MAX_BODY_BYTES
    environ = request.environ
    try:
        raw = request.get_data()
    except RequestEntityTooLarge:
        _drain(environ, min(MAX_DRAINED_BYTES, request.content_length or 0))
        raise PayloadTooLarge from None
    if len(raw) >= limit and "wsgi.input_terminated" in environ and environ["wsgi.input"].read(1):
        _drain(environ, MAX_DRAINED_BYTES)
        raise PayloadTooLarge
    return raw


def _drain(environ: Mapping[str, Any], count: int) -> None:
    """Read on for a while: many clients see an answer in the middle of a body as a reset."""
    if "HTTP_EXPECT" in environ:
        return  # the client waits for an answer before it sends
    while count > 0 and (part := environ["wsgi.input"].read(min(count, 65536))):
        count -= len(part)


def _body_refusal(exc: ValidationError, raw: bytes) -> Exception:
    if exc.error_count() == 1:
        only = exc.errors(include_url=False, include_input=False)[0]
        if only["type"] == "json_invalid" and not only["loc"]:
            return MalformedJson(only["ctx"]["error"])
    return Refused(errors_of(exc, from_json(raw), "body"))


def _require_json(request: Request) -> None:
    kind = request.mimetype
    is_json = kind == "application/json" or (
        kind.startswith("application/") and kind.endswith("+json")
    )
    if not is_json:
        raise UnsupportedMediaType("Send the body as application/json.")
    if request.mimetype_params.get("charset", "utf-8").lower() not in ("utf-8", "utf8"):
        raise UnsupportedMediaType("JSON is UTF-8 (RFC 8259 section 8.1).")


def demand_plain(raw: bytes, place: str) -> None:
    """Refuse NaN and infinities, which are not JSON, and null bytes inside strings.

    Raises:
        MalformedJson, Refused: `raw` has some.
    """
    # A search of bytes costs next to nothing; only a hit needs a closer look.
    has_null = b"\\u0000" in raw
    if not (has_null or b"NaN" in raw or b"Infinity" in raw):
        return
    try:
        sent = from_json(raw, allow_inf_nan=False)
    except ValueError as exc:
        raise MalformedJson(str(exc)) from None
    errors = _null_errors(sent, place) if has_null else []
    if errors:
        raise Refused(errors)


def _null_errors(sent: Any, *above: str | int) -> list[dict[str, str]]:
    """List the first places with a null byte."""
    return [
        error_entry(*above, *place, code="null_byte", detail="A null byte is not text")
        for place in islice(_null_places(sent), MAX_LISTED)
    ]


def _null_places(sent: Any) -> Iterator[tuple[str | int, ...]]:
    """Yield the places of null bytes.

    A place is put together only where there is one: a path for every value would be a copy for each
    level above it.
    """
    if isinstance(sent, str):
        if "\0" in sent:
            yield ()
        return
    path: list[str | int] = []
    levels: list[Iterator[tuple[Any, Any]]] = []
    entered = sent
    while True:
        if isinstance(entered, dict):
            for key in entered:
                if "\0" in key:
                    yield tuple(path)
            levels.append(iter(entered.items()))
        elif isinstance(entered, list):
            levels.append(iter(enumerate(entered)))
        entered = None
        while levels and entered is None:
            for key, part in levels[-1]:
                if isinstance(part, str):
                    if "\0" in part:
                        yield (*path, key)
                elif isinstance(part, (dict, list)) and part:
                    path.append(key)
                    entered = part
                    break
            else:
                levels.pop()
                del path[-1:]
        if entered is None:
            return


def _repeatable(reader: Reader) -> frozenset[str]:
    """Return the keys whose JSON Schema can be an array."""
    schema = adapter(reader.kind).json_schema()
    definitions = schema.get("$defs", {})
    while "$ref" in schema:
        schema = definitions[schema["$ref"].rpartition("/")[2]]
    properties = schema.get("properties", {})
    return frozenset(key for key, part in properties.items() if _has_array(part, definitions))


def _has_array(schema: Any, definitions: Mapping[str, Any]) -> bool:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        rest = {other: each for other, each in definitions.items() if other != name}
        return _has_array(definitions.get(name, {}), rest)
    variants = (*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ()))
    return schema.get("type") == "array" or any(_has_array(p, definitions) for p in variants)
