"""Arguments of a view that no path supplies: they are query parameters.

    @app.get("/posts")
    @operation()
    def search(text: str, limit: int = 20) -> list[Post]: ...

Only the app knows the paths of a view, so this is found out at its first request, once for each
endpoint.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, NotRequired
from weakref import WeakKeyDictionary

from pydantic.errors import PydanticInvalidForJsonSchema
from typing_extensions import TypedDict

from .declaration import declaration_error
from .inputs import query_reader
from .schemas import JsonSchemas, Reader
from .wrappers import direct_call

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from flask import Flask, Request

    from .declaration import Operation, View
    from .inputs import Read

_PLAIN = frozenset({"string", "integer", "number", "boolean", "null"})


def path_arguments(app: Flask, endpoint: str | None) -> frozenset[str]:
    """Return the arguments that at least one path of an endpoint supplies."""
    if endpoint not in app.view_functions:
        return frozenset()
    rules = app.url_map.iter_rules(endpoint)
    return frozenset(name for rule in rules for name in {*rule.arguments, *(rule.defaults or ())})


def query_arguments(operation: Operation, supplied: Collection[str]) -> tuple[str, ...]:
    """Return the arguments that are query parameters: not supplied, and of a plain type.

    Another type's argument is given by a decorator, which is not part of the contract.

    Raises:
        DeclarationError: the operation has a model of its query as well.
    """
    names = tuple(
        name
        for name, reader in operation.path.items()
        if reader is not None and name not in supplied and _is_query_type(reader)
    )
    if names and operation.query is not None:
        raise declaration_error(
            operation.name,
            f"its argument {names[0]!r} is not in the path, and there is a model of the query.",
            f"Make it a field of {operation.query.kind.__name__}.",
        )
    return names


class QueryArguments:
    """The readers of one operation's query parameters, for each app and endpoint."""

    def __init__(self, operation: Operation) -> None:
        self._operation = operation
        names = list(inspect.signature(operation.view).parameters)
        self._names = names[1:] if operation.bound else names
        self._by_app: WeakKeyDictionary[Flask, dict[Any, Read | None]] = WeakKeyDictionary()

    def reader(
        self,
        app: Flask,
        request: Request,
        call: View,
        *,
        positional: int,
        values: Mapping[str, Any],
    ) -> Read | None:
        """Return the reader of the arguments that a call lacks, which returns a dictionary.

        Args:
            call: the operation's own function. Where the route does not lead straight to it, a
                decorator of the application's might have given the arguments: none is read.
            positional: how many arguments a decorator has given by position.
            values: those that it has given by name, and those of the path.

        Raises:
            DeclarationError: nothing supplies an argument that has no default.
        """
        readers = self._by_app.setdefault(app, {})
        key = (request.endpoint, request.method, positional, frozenset(values))
        if key not in readers:
            given = {*values, *self._names[:positional], *path_arguments(app, request.endpoint)}
            is_direct = direct_call(app, request.endpoint, request.method) is call
            readers[key] = self._make(given, is_direct)
        return readers[key]

    def _make(self, supplied: Collection[str], is_direct: bool) -> Read | None:
        operation = self._operation
        names = query_arguments(operation, supplied) if is_direct else ()
        for name in operation.path:
            if name not in (*names, *supplied, *operation.defaults):
                raise declaration_error(
                    operation.name,
                    f"nothing supplies its argument {name!r}.",
                    "Name it in the path, or annotate it with the plain type of a query parameter, "
                    "with no decorator of yours above @operation.",
                )
        if not names:
            return None
        fields: dict[str, Any] = {}
        for name in names:
            kind = getattr(operation.path[name], "kind", None)
            fields[name] = NotRequired[kind] if name in operation.defaults else kind
        return query_reader(Reader(TypedDict("Query", fields)))  # type: ignore[operator]


def _is_query_type(reader: Reader) -> bool:
    try:
        schema = JsonSchemas().generate(reader.core_schema)
    except PydanticInvalidForJsonSchema:
        return False
    return _is_plain(schema, schema.get("$defs", {}), lists=True)


def _is_plain(schema: Mapping[str, Any], definitions: Mapping[str, Any], *, lists: bool) -> bool:
    if "$ref" in schema:
        found = definitions.get(schema["$ref"].rpartition("/")[2], {})
        rest = {name: each for name, each in definitions.items() if each is not found}
        return _is_plain(found, rest, lists=lists)
    for union in ("anyOf", "oneOf"):
        if union in schema:
            return all(_is_plain(part, definitions, lists=lists) for part in schema[union])
    if schema.get("type") == "array":
        return lists and _is_plain(schema.get("items", {}), definitions, lists=False)
    return schema.get("type") in _PLAIN or "enum" in schema or "const" in schema
