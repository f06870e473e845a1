"""Build the OpenAPI 3.1 document of one app from its URL map: complete, and always in one order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from flask import Flask, Response
from pydantic_core import to_jsonable_python
from werkzeug.http import HTTP_STATUS_CODES

from ..core import prefix, state
from .error_handlers import MEDIA_TYPE
from .implied_problems import by_guard, by_input, by_method
from .inputs import header_names
from .operation_routes import PlacedOperation, placed_operations
from .rule_samples import VARIABLE, without_converters
from .runtime import ContractState
from .schemas import JsonSchemas

if TYPE_CHECKING:
    from .declaration import Answer, Operation
    from .problem import Problem

Json = dict[str, Any]
REF = "#/components/schemas/"


def build_document(app: Flask) -> Json:
    """Return the document as plain data, for the path that the app is mounted below now.

    Raises:
        DeclarationError: an argument is in no path, or two operations share an id.
    """
    return add_servers(build_without_servers(app), prefix.prefix(app))


def add_servers(document: Json, mounted_at: str) -> Json:
    """Return the document of an app that is mounted below that path; at the root, as it is."""
    if not mounted_at:
        return document
    head = {"openapi": document["openapi"], "info": document["info"]}
    paths = {
        path: {method: _mounted(node, mounted_at) for method, node in item.items()}
        for path, item in document["paths"].items()
    }
    return {**head, "servers": [{"url": mounted_at}], **document, "paths": paths}


def _mounted(node: Json, mounted_at: str) -> Json:
    """Return an operation whose own servers, if it has any, are mounted there as well."""
    if "servers" not in node:
        return node
    return node | {"servers": [one | {"url": one["url"] + mounted_at} for one in node["servers"]]}


def build_without_servers(app: Flask) -> Json:
    """Return the document as plain data, wherever the app is mounted.

    Raises:
        DeclarationError: see `build_document`.
    """
    contract = state.get(ContractState, app)
    placed = placed_operations(app)
    schemas = _Schemas(placed)
    paths: Json = {}
    for place in placed:
        node = _operation(place, schemas, contract)
        path = _free_path(paths, place, node)
        paths.setdefault(path, {})[place.method.lower()] = node
    document: Json = {"openapi": "3.1.0", "info": _info(app, contract), "paths": paths}
    tags = sorted({tag for item in paths.values() for op in item.values() for tag in op["tags"]})
    if tags:
        document["tags"] = [{"name": tag} for tag in tags]
    document["components"] = {"schemas": _reachable(paths, schemas.components | PROBLEM_SCHEMAS)}
    if contract.security_schemes:
        document["components"]["securitySchemes"] = {
            name: dict(scheme) for name, scheme in sorted(contract.security_schemes.items())
        }
    plain: Json = to_jsonable_python(document)
    return plain


def _free_path(paths: Json, place: PlacedOperation, node: Json) -> str:
    """Return a path that is free.

    Where another host has the same one, a fragment, which no request has, names the host. Where
    another converter's rule has it, a variable is renamed.
    """
    path, method = place.path, place.method.lower()
    if place.host is not None and method in paths.get(path, {}):
        path = f"{path}#{without_converters(place.host)}"
    first = path
    number = 2
    while place.variables and method in paths.get(path, {}):
        name = place.variables[0][0]
        path = first.replace(f"{{{name}}}", f"{{{name}_{number}}}")
        node["parameters"][0]["name"] = f"{name}_{number}"
        number += 1
    return path


def _info(app: Flask, contract: ContractState) -> Json:
    settings = contract.settings
    info: Json = {"title": settings.title or app.name, "version": settings.version}
    if settings.description:
        info["description"] = settings.description
    return info


def _operation(placed: PlacedOperation, schemas: _Schemas, contract: ContractState) -> Json:
    operation = placed.operation
    node: Json = {
        "operationId": placed.operation_id,
        "summary": operation.summary,
        "tags": list(operation.tags or placed.blueprints),
    }
    if operation.description:
        node["description"] = operation.description
    if operation.deprecated:
        node["deprecated"] = True
    if operation.mock:
        node["x-dovetail-mock"] = True
    if placed.host is not None:
        node["servers"] = [_server(placed.host)]
    node |= _security(placed, contract)
    parameters = [*_path_parameters(placed, schemas), *_query_and_headers(placed, schemas)]
    if parameters:
        node["parameters"] = parameters
    if operation.body is not None:
        node["requestBody"] = _request_body(operation, schemas)
    node["responses"] = _responses(placed, schemas, contract)
    return node


def _server(host: str) -> Json:
    """Return the server object of an operation that is not on the API's host."""
    node: Json = {"url": f"//{without_converters(host)}"}
    variables = {match["name"]: {"default": match["name"]} for match in VARIABLE.finditer(host)}
    return node | ({"variables": variables} if variables else {})


class _Schemas:
    """The JSON Schemas of all operations, generated together so that their names cannot clash."""

    def __init__(self, placed: Sequence[PlacedOperation]) -> None:
        inputs: list[tuple[Any, Any, Any]] = []
        parameters: dict[int, set[str]] = {}
        for one in placed:
            names = {name for name, _ in one.variables}
            parameters.setdefault(id(one.operation), set()).update(names, one.query_arguments)
        for operation in {id(one.operation): one.operation for one in placed}.values():
            key = id(operation)
            for place, reader in _readers(operation, parameters[key]).items():
                inputs.append(((key, place), "validation", reader.core_schema))
            inputs += [
                ((key, answer.status), "serialization", answer.adapter.core_schema)
                for answer in operation.answers
                if answer.adapter is not None
            ]
        generated, components = JsonSchemas(ref_template=REF + "{model}").generate_definitions(
            inputs
        )
        self._by_key = {key: schema for (key, _), schema in generated.items()}
        self.components: dict[str, Json] = {
            str(name): schema for name, schema in components.items()
        }

    def of(self, operation: Operation, place: str | int) -> Json:
        """Return the schema of one place of an operation, perhaps as a reference."""
        return self._by_key[id(operation), place]

    def resolved(self, operation: Operation, place: str) -> Json:
        """Return the schema itself where `of` returns a reference."""
        schema = self.of(operation, place)
        return self.components[schema["$ref"].removeprefix(REF)] if "$ref" in schema else schema


def _readers(operation: Operation, parameters: set[str]) -> Json:
    readers: Json = {
        f"path.{name}": reader
        for name, reader in operation.path.items()
        if reader and name in parameters
    }
    for place in ("query", "headers", "body"):
        reader = getattr(operation, place)
        if reader is not None:
            readers[place] = reader
    return readers


def _security(placed: PlacedOperation, contract: ContractState) -> Json:
    if not placed.guards:
        return {}
    scopes = sorted({scope for guard in placed.guards for scope in guard.scopes})
    roles = sorted({role for guard in placed.guards for role in guard.roles})
    ages = [guard.max_age for guard in placed.guards if guard.max_age is not None]
    node: Json = {}
    if contract.security_schemes:
        node["security"] = [
            {name: scopes if scheme.get("type") in ("oauth2", "openIdConnect") else []}
            for name, scheme in sorted(contract.security_schemes.items())
        ]
    if scopes:
        node["x-dovetail-scopes"] = scopes
    if roles:
        node["x-dovetail-roles"] = roles
    if ages:
        node["x-dovetail-max-age"] = min(ages)
    return node


def _path_parameters(placed: PlacedOperation, schemas: _Schemas) -> list[Json]:
    parameters = []
    for name, converted in placed.variables:
        reader = placed.operation.path.get(name)
        schema = schemas.of(placed.operation, f"path.{name}") if reader else converted
        for bound, narrower in (("minimum", max), ("maximum", min)):
            if bound in converted and bound in schema:
                schema = {**schema, bound: narrower(schema[bound], converted[bound])}
        parameters.append(_parameter(name, "path", schema, required=True))
    return parameters


def _query_and_headers(placed: PlacedOperation, schemas: _Schemas) -> list[Json]:
    operation = placed.operation
    parameters = []
    for name in placed.query_arguments:
        schema = dict(schemas.of(operation, f"path.{name}"))
        is_optional = name in operation.defaults
        if is_optional and operation.defaults[name] is not None:
            schema["default"] = operation.defaults[name]
        parameters.append(_parameter(name, "query", schema, required=not is_optional))
    if operation.query is not None:
        model = schemas.resolved(operation, "query")
        required = model.get("required", ())
        for name, schema in model.get("properties", {}).items():
            parameters.append(_parameter(name, "query", schema, required=name in required))
    if operation.headers is not None:
        model = schemas.resolved(operation, "headers")
        required = model.get("required", ())
        names = header_names(operation.headers.kind)
        for key, schema in model.get("properties", {}).items():
            parameters.append(_parameter(names[key], "header", schema, required=key in required))
    return parameters


def _parameter(name: str, place: str, schema: Json, *, required: bool) -> Json:
    """Make a parameter object.

    What describes the parameter moves up from its schema, where tools look for it.
    """
    schema = dict(schema)
    node: Json = {"name": name, "in": place, "required": required}
    if "description" in schema:
        node["description"] = schema.pop("description")
    if schema.pop("deprecated", False):
        node["deprecated"] = True
    examples = schema.pop("examples", None)
    if examples:
        node["example"] = examples[0]
    return node | {"schema": schema}


def _request_body(operation: Operation, schemas: _Schemas) -> Json:
    content: Json = {"schema": schemas.of(operation, "body")}
    if "body" in operation.examples:
        content["example"] = operation.examples["body"]
    return {"required": operation.body_required, "content": {"application/json": content}}


def _responses(placed: PlacedOperation, schemas: _Schemas, contract: ContractState) -> Json:
    operation = placed.operation
    node: Json = {}
    for answer in operation.answers:
        node[str(answer.status)] = _success(operation, answer, schemas)
    by_cookie = any(s.get("in") == "cookie" for s in contract.security_schemes.values())
    problems = [
        *operation.problems,
        *by_input(operation, in_path=bool(placed.variables)),
        *by_guard(placed.guards),
        *(by_method(placed.method) if by_cookie and not placed.csrf_exempt else ()),
    ]
    by_status: dict[int, dict[str, type[Problem]]] = {}
    for problem in problems:
        by_status.setdefault(problem.status, {})[problem.code] = problem
    for status, by_code in by_status.items():
        node[str(status)] = _refusal(status, by_code)
    return dict(sorted(node.items()))


def _success(operation: Operation, answer: Answer, schemas: _Schemas) -> Json:
    node: Json = {"description": HTTP_STATUS_CODES.get(answer.status, "Success")}
    if answer.adapter is not None:
        content: Json = {"schema": schemas.of(operation, answer.status)}
        if answer.status in operation.examples:
            content["example"] = operation.examples[answer.status]
        node["content"] = {"application/json": content}
    elif answer.kind is Response and answer.status < 300:
        node["content"] = {"*/*": {}}
    return node


def _refusal(status: int, by_code: Mapping[str, type[Problem]]) -> Json:
    codes = sorted(by_code)
    variants: list[Json] = []
    plain = [code for code in codes if code != "VALIDATION_FAILED"]
    if plain:
        narrowed: Json = {"properties": {"code": {"type": "string", "enum": plain}}}
        variants.append({"allOf": [{"$ref": REF + "Problem"}, narrowed]})
    if "VALIDATION_FAILED" in by_code:
        variants.append({"$ref": REF + "ValidationProblem"})
    schema = variants[0] if len(variants) == 1 else {"anyOf": variants}
    node: Json = {
        "description": "\n".join(f"- `{code}`: {by_code[code].title}" for code in codes),
        "content": {MEDIA_TYPE: {"schema": schema}},
    }
    if status in (429, 503):
        node["headers"] = {
            "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}
        }
    return node


def _reachable(paths: Json, components: Mapping[str, Json]) -> Json:
    """Return only the components that the paths refer to, directly or not.

    The models of queries are not among them, since they have become parameters.
    """
    wanted: set[str] = set()
    queue: list[Any] = [paths]
    while queue:
        node = queue.pop()
        if isinstance(node, dict):
            name = str(node.get("$ref", "")).removeprefix(REF)
            if name in components and name not in wanted:
                wanted.add(name)
                queue.append(components[name])
            queue.extend(node.values())
        elif isinstance(node, Sequence) and not isinstance(node, str):
            queue.extend(node)
    return {name: components[name] for name in sorted(wanted)}


PROBLEM_SCHEMAS: dict[str, Json] = {
    "Problem": {
        "type": "object",
        "title": "Problem",
        "description": "A refusal or a failure (RFC 9457). Branch on `code`, never on the texts.",
        "required": ["type", "title", "status", "code"],
        "properties": {
            "type": {"type": "string", "description": "A URI that names the kind of problem."},
            "title": {"type": "string", "description": "The kind of problem, for people."},
            "status": {"type": "integer", "description": "The HTTP status."},
            "code": {"type": "string", "description": "The stable name of the problem."},
            "detail": {"type": "string", "description": "What happened this time, for people."},
            "request_id": {"type": "string", "description": "What to quote when asking for help."},
        },
    },
    "ValidationProblem": {
        "title": "ValidationProblem",
        "allOf": [
            {"$ref": REF + "Problem"},
            {
                "type": "object",
                "required": ["errors"],
                "properties": {
                    "code": {"type": "string", "enum": ["VALIDATION_FAILED"]},
                    "errors": {
                        "type": "array",
                        "description": "Each place that contradicts the contract.",
                        "items": {"$ref": REF + "InvalidPlace"},
                    },
                },
            },
        ],
    },
    "InvalidPlace": {
        "type": "object",
        "title": "InvalidPlace",
        "required": ["pointer", "code", "detail"],
        "properties": {
            "pointer": {
                "type": "string",
                "description": "JSON Pointer (RFC 6901): /body/title, /query/limit, /path/post_id.",
            },
            "code": {"type": "string", "description": "What is wrong, for programs."},
            "detail": {"type": "string", "description": "What is wrong, for people."},
        },
    },
}
