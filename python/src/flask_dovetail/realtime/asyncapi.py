"""Build the AsyncAPI 3 document of one app's sockets: complete, and always in the same order.

A channel is a namespace. `send` and `receive` are the server's, as in the specification. Facts that
AsyncAPI cannot express are in `x-dovetail-*` members.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic_core import to_jsonable_python

from ..contract.runtime import ContractState
from ..contract.schemas import JsonSchemas, adapter
from ..contract.security import security_of
from ..core import state
from .notifications.models import notification_of
from .realtime import Realtime
from .rules import NOTIFY

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flask import Flask

    from ..contract.problem import Problem
    from ..contract.security import Security
    from .declaration import Declaration, Event, Handler

Json = dict[str, Any]
SCHEMA_REF = "#/components/schemas/"
MESSAGE_REF = "#/components/messages/"


def build_asyncapi(app: Flask) -> Json:
    """Return the document as plain data."""
    service = state.get(Realtime, app)
    contract = state.get(ContractState, app)
    schemas = _schemas(service)
    document: Json = {
        "asyncapi": "3.0.0",
        "info": {
            "title": contract.settings.title or app.name,
            "version": contract.settings.version,
        },
        "defaultContentType": "application/json",
        "channels": {},
        "operations": {},
        "components": {"schemas": schemas.components, "messages": {}},
    }
    for path in sorted(service.namespaces):
        _add(document, service.namespaces[path], security_of(service.guards[path]), schemas)
    if contract.security_schemes:
        document["components"]["securitySchemes"] = {
            name: _scheme(scheme) for name, scheme in sorted(contract.security_schemes.items())
        }
    plain: Json = to_jsonable_python(document)
    return plain


def channel_id(path: str) -> str:
    """Return the id of a channel: `/live/staff` becomes `live-staff`."""
    return path.strip("/").replace("/", "-")


class _Schemas:
    """The JSON Schemas of all payloads in both directions, generated together."""

    def __init__(self, inputs: list[tuple[Any, Any, Any]]) -> None:
        schemas, components = JsonSchemas(ref_template=SCHEMA_REF + "{model}").generate_definitions(
            inputs
        )
        self._schemas = {key: schema for (key, _), schema in schemas.items()}
        self.components: Json = {
            str(name): components[name] for name in sorted(components, key=str)
        }

    def of(self, *key: str) -> Any:
        return self._schemas[key]


def _schemas(service: Realtime) -> _Schemas:
    inputs: list[tuple[Any, Any, Any]] = []
    for path, declared in service.namespaces.items():
        for event in declared.sends:
            kind = notification_of(event) if path == NOTIFY else event
            core = adapter(kind).core_schema
            inputs.append(((path, "send", event.event_name), "serialization", core))
        for name, handler in declared.handlers.items():
            operation = handler.operation
            if operation.body is not None:
                inputs.append(((path, "receive", name), "validation", operation.body.core_schema))
            answer = operation.answers[0].adapter
            if answer is not None:
                inputs.append(((path, "ack", name), "serialization", answer.core_schema))
        for room in declared.rooms.values():
            if room.presented_model is not None:
                core = adapter(room.presented_model).core_schema
                inputs.append(((path, "room", room.kind), "serialization", core))
    return _Schemas(inputs)


def _add(
    document: Json, declared: Declaration, security: Security | None, schemas: _Schemas
) -> None:
    channel = channel_id(declared.path)
    messages: Json = {}
    for event in declared.sends:
        name = event.event_name
        payload = schemas.of(declared.path, "send", name)
        messages[name] = _message(document, f"{channel}.{name}", name, payload, _doc(event))
        document["operations"][f"{channel}.send.{name}"] = {
            "action": "send",
            "channel": {"$ref": f"#/channels/{channel}"},
            "messages": [{"$ref": f"#/channels/{channel}/messages/{name}"}],
        }
    for handler in declared.handlers.values():
        _add_handler(document, declared, handler, schemas, messages)
    made: Json = {"address": declared.path, "messages": messages}
    if declared.path == NOTIFY:
        made["x-dovetail-stored"] = True
    if declared.rooms:
        made["x-dovetail-rooms"] = {
            kind: {
                "people": None
                if room.presented_model is None
                else schemas.of(declared.path, "room", kind),
                "problems": _codes([*room.problems, *_problems_of(room.security)]),
            }
            for kind, room in sorted(declared.rooms.items())
        }
    guard = _guard(security)
    if guard:
        made["x-dovetail-guard"] = guard
    document["channels"][channel] = made


def _add_handler(
    document: Json, declared: Declaration, handler: Handler, schemas: _Schemas, messages: Json
) -> None:
    channel = channel_id(declared.path)
    operation, name = handler.operation, handler.name
    nothing = {"type": "null"}
    body = nothing if operation.body is None else schemas.of(declared.path, "receive", name)
    answer = operation.answers[0].adapter
    ack = nothing if answer is None else schemas.of(declared.path, "ack", name)
    receive, reply = f"receive.{name}", f"ack.{name}"
    messages[receive] = _message(document, f"{channel}.{receive}", name, body, operation.summary)
    messages[reply] = _message(document, f"{channel}.{reply}", name, ack, "The acknowledgement.")
    made: Json = {
        "action": "receive",
        "channel": {"$ref": f"#/channels/{channel}"},
        "summary": operation.summary,
        "messages": [{"$ref": f"#/channels/{channel}/messages/{receive}"}],
        "reply": {
            "channel": {"$ref": f"#/channels/{channel}"},
            "messages": [{"$ref": f"#/channels/{channel}/messages/{reply}"}],
        },
        "x-dovetail-problems": _codes([*operation.problems, *_problems_of(handler.security)]),
    }
    if operation.description:
        made["description"] = operation.description
    if handler.security is not None:
        made["x-dovetail-guard"] = _guard(handler.security)
    document["operations"][f"{channel}.receive.{name}"] = made


def _message(document: Json, key: str, name: str, payload: Any, summary: str | None) -> Json:
    made: Json = {"name": name, "payload": payload}
    if summary:
        made["summary"] = summary
    document["components"]["messages"][key] = made
    return {"$ref": MESSAGE_REF + key}


def _doc(event: type[Event]) -> str | None:
    return (event.__doc__ or "").strip().partition("\n")[0] or None


def _codes(problems: Iterable[type[Problem]]) -> list[str]:
    """Return the codes of an acknowledgement's refusals, besides those that every event can get."""
    return sorted({problem.code for problem in problems})


def _problems_of(security: Security | None) -> tuple[type[Problem], ...]:
    return () if security is None else security.problems


def _guard(security: Security | None) -> Json:
    made: Json = {}
    if security is None:
        return made
    if security.scopes:
        made["scopes"] = sorted(security.scopes)
    if security.roles:
        made["roles"] = sorted(security.roles)
    if security.max_age is not None:
        made["max_age_seconds"] = security.max_age
    return made


def _scheme(scheme: Any) -> Json:
    """Convert an OpenAPI security scheme to AsyncAPI."""
    converted = dict(scheme)
    if converted.get("type") == "apiKey":
        converted["type"] = "httpApiKey"
    return converted
