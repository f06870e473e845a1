"""The operations at their places in the URL map: path, method, guards, operation id."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from flask import current_app
from werkzeug.routing import (
    AnyConverter,
    FloatConverter,
    IntegerConverter,
    UnicodeConverter,
    UUIDConverter,
)
from werkzeug.routing.rules import parse_converter_args

from ..core import own_routes
from .declaration import Operation, declaration_error, operation_of
from .ownership import csrf_mark
from .query_arguments import path_arguments, query_arguments
from .rule_samples import VARIABLE, RuleText, skeleton, winner, without_converters
from .security import EXEMPT, Security, security_of
from .wrappers import direct_call, handler_of

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator, Sequence

    from flask import Flask, Request
    from werkzeug.routing import Rule

METHODS = ("GET", "PUT", "POST", "PATCH", "DELETE")


@dataclass(frozen=True)
class PlacedOperation:
    """One operation, at one path, for one method.

    Attributes:
        path: as OpenAPI writes it: `/posts/{post_id}`.
        variables: each path variable with the schema of its URL converter.
        blueprints: the name of its blueprint, if it has one.
        guards: on the class of a `MethodView` and on the view itself.
        csrf_exempt: whether the Origin and CSRF checks leave it alone.
        query_arguments: the arguments of the view that are query parameters.
        host: as Flask writes it, such as `<tenant>.example.com`, where it is not the API's.
    """

    operation: Operation
    path: str
    method: str
    endpoint: str
    variables: tuple[tuple[str, dict[str, Any]], ...]
    guards: tuple[Security, ...]
    csrf_exempt: bool
    query_arguments: tuple[str, ...]
    host: str | None = None
    operation_id: str = ""

    @property
    def blueprints(self) -> tuple[str, ...]:
        """The name of its blueprint in a tuple; empty without one."""
        blueprint = self.endpoint.rpartition(".")[0]
        return (blueprint,) if blueprint else ()


def placed_operations(app: Flask) -> list[PlacedOperation]:
    """Return every operation of the app, in the order of the document.

    Raises:
        DeclarationError: an argument is in no path, or two operations share an id.
    """
    unnamed = sorted(
        _placed(app), key=lambda p: (p.path, METHODS.index(p.method), p.host is not None)
    )
    methods = Counter(p.endpoint for p in unnamed)
    taken: dict[str, PlacedOperation] = {}
    named = []
    for place in unnamed:
        operation_id = _operation_id(place, methods[place.endpoint], taken)
        taken[operation_id] = replace(place, operation_id=operation_id)
        named.append(taken[operation_id])
    return named


def _operation_id(place: PlacedOperation, count: int, taken: dict[str, PlacedOperation]) -> str:
    """Return the declared id, else the endpoint, with method and number where it is not unique."""
    declared = place.operation.operation_id
    if declared is not None and declared not in taken:
        return declared
    if declared is not None and taken[declared].operation is not place.operation:
        raise declaration_error(
            place.operation.name,
            f"operation_id {declared!r} is also that of {taken[declared].operation.name}.",
            "Choose another.",
        )
    name = declared or place.endpoint.replace(".", "_")
    if count > 1:
        name = f"{name}_{place.method.lower()}"
    number = 2
    unique = name
    while unique in taken:
        unique = f"{name}_{number}"
        number += 1
    return unique


def _placed(app: Flask) -> Iterator[PlacedOperation]:
    routes = own_routes.of(app)
    # Of a route of ours that is on every host, the rule of the API's host is enough.
    rules = [r for r in app.url_map.iter_rules() if own_routes.HOST not in r.arguments]
    rivals: dict[tuple[str | None, ...], list[Rule]] = {}
    for rule in rules:
        rivals.setdefault(_place(rule), []).append(rule)
    for rule in rules:
        view = app.view_functions.get(rule.endpoint)
        for method in (rule.methods or set()) & set(METHODS):
            handler = handler_of(view, method)
            operation = operation_of(handler)
            if operation is None or _is_lost(rule, method, rivals[_place(rule)]):
                continue
            _check_arguments(app, operation, rule)
            yield PlacedOperation(
                operation=operation,
                path=without_converters(rule.rule),
                method=method,
                endpoint=rule.endpoint,
                variables=tuple(
                    (match["name"], _describe_converter(app, match))
                    for match in VARIABLE.finditer(rule.rule)
                ),
                guards=_guards(view, handler),
                csrf_exempt=csrf_mark(app, rule.endpoint, method) == EXEMPT,
                query_arguments=query_arguments(operation, path_arguments(app, rule.endpoint))
                if direct_call(app, rule.endpoint, method)
                else (),
                host=_other_host(app, rule, routes.hosts[0]),
            )


def _place(rule: Rule) -> tuple[str | None, ...]:
    return rule.host, rule.subdomain, skeleton(rule.rule)


def _other_host(app: Flask, rule: Rule, api_host: str | None) -> str | None:
    """Return the host of a rule, as Flask writes it; None for the API's, or for any host."""
    if app.url_map.host_matching:
        return None if rule.host in ("", None, api_host) else rule.host
    server_name = app.config["SERVER_NAME"]
    if not (app.subdomain_matching and rule.subdomain and server_name):
        return None
    return f"{rule.subdomain}.{server_name}"


def _is_lost(rule: Rule, method: str, rivals: Sequence[Rule]) -> bool:
    """Return whether one of its rivals, of the same place, answers wherever `rule` would."""
    able = [other for other in rivals if other is rule or method in (other.methods or {method})]
    if len(able) == 1:
        return False
    winners = [winner(able, path, method) for path in RuleText(rule.rule, rule).samples()]
    return bool(winners) and all(one is not None and one is not rule for one in winners)


def _describe_converter(app: Flask, match: re.Match[str]) -> dict[str, Any]:
    """Return the schema of the values that one of Werkzeug's URL converters lets through."""
    converter = app.url_map.converters.get(match["converter"] or "default")
    args, given = parse_converter_args(match["arguments"] or "")
    if converter is AnyConverter:
        return {"type": "string", "enum": [str(item) for item in args]}
    if converter is UUIDConverter:
        return {"type": "string", "format": "uuid"}
    if converter in (IntegerConverter, FloatConverter):
        is_integer = converter is IntegerConverter
        names = ("fixed_digits", "min", "max", "signed")[0 if is_integer else 1 :]
        options = dict(zip(names, args, strict=False)) | given
        bounds = [
            bound
            for bound in (options.get("min"), None if options.get("signed") else 0)
            if bound is not None
        ]
        schema: dict[str, Any] = {"type": "integer" if is_integer else "number"}
        if bounds:
            schema["minimum"] = max(bounds)
        if options.get("max") is not None:
            schema["maximum"] = options["max"]
        return schema
    schema = {"type": "string"}
    if converter is UnicodeConverter:
        options = dict(zip(("minlength", "maxlength", "length"), args, strict=False)) | given
        length = options.get("length")
        minimum = options.get("minlength", 1) if length is None else length
        maximum = options.get("maxlength") if length is None else length
        if minimum != 1:
            schema["minLength"] = int(minimum)
        if maximum is not None:
            schema["maxLength"] = int(maximum)
    return schema


def guards_of(request: Request) -> tuple[Security, ...]:
    """Return the demands that guard the view of `request`."""
    view = current_app.view_functions.get(request.endpoint or "")
    return _guards(view, handler_of(view, request.method))


def _guards(view: Any, handler: Any) -> tuple[Security, ...]:
    guarded = (view,) if handler is view else (view, handler)
    return tuple(demand for each in guarded if (demand := security_of(each)) is not None)


def _check_arguments(app: Flask, operation: Operation, rule: Rule) -> None:
    lost = (
        operation.path.keys() - rule.arguments - set(rule.defaults or ()) - set(operation.defaults)
    )
    if lost and (
        rule.arguments - operation.path.keys() or lost & path_arguments(app, rule.endpoint)
    ):
        raise declaration_error(
            operation.name,
            f"its argument {min(lost)!r} is not in the path {rule.rule}.",
            "Name it as in the path, or call it body, query or headers.",
        )
