from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flask_dovetail.contract.breaking_changes import breaking, drift
from flask_dovetail.contract.schema_subset import Subset

Schema = dict[str, Any]


def document(
    *, body: Any = None, answer: Any = None, query: Any = None, required: bool = False, **more: Any
) -> Schema:
    made: Schema = {"responses": {"200": {"description": "OK"}}}
    if body is not None:
        made["requestBody"] = {"content": {"application/json": {"schema": body}}}
    if answer is not None:
        made["responses"]["200"]["content"] = {"application/json": {"schema": answer}}
    if query is not None:
        made["parameters"] = [{"name": "q", "in": "query", "required": required, "schema": query}]
    schemas = more.pop("schemas", {})
    return {"paths": {"/it": {"post": made | more}}, "components": {"schemas": schemas}}


def obj(required: str = "", /, **properties: Any) -> Schema:
    return {"type": "object", "properties": properties, "required": required.split()}


STRING, INTEGER, NULL = {"type": "string"}, {"type": "integer"}, {"type": "null"}
CLOSED = {"additionalProperties": False}

# (old, new, what breaks where the schema is an input, what breaks where it is an answer)
SCHEMAS: list[tuple[Schema, Schema, list[str], list[str]]] = [
    (STRING, STRING, [], []),
    (
        STRING,
        INTEGER,
        ["takes less: type was string, is integer"],
        ["may be more: type was string, is integer"],
    ),
    (INTEGER, {"type": "number"}, [], ["may be more: type was integer, is number"]),
    (STRING, {"anyOf": [STRING, NULL]}, [], ["may be null now"]),
    ({"anyOf": [STRING, NULL]}, STRING, ["no longer takes null"], []),
    ({"type": ["string", "null"]}, STRING, ["no longer takes null"], []),
    (
        {"type": "string", "maxLength": 9},
        {"type": "string", "maxLength": 5},
        ["takes less: maxLength was 9, is 5"],
        [],
    ),
    (STRING, {"type": "string", "minLength": 1}, ["takes less: minLength was open, is 1"], []),
    (
        {"type": "integer", "minimum": 5},
        {"type": "integer", "minimum": 1},
        [],
        ["may be more: minimum was 5, is 1"],
    ),
    (
        {"anyOf": [{"type": "string", "maxLength": 9}, NULL]},
        {"anyOf": [{"type": "string", "maxLength": 5}, NULL]},
        ["takes less: maxLength was 9, is 5"],
        [],
    ),
    (STRING, {"type": "string", "pattern": "a"}, ["takes less: pattern was open, is a"], []),
    (
        {"enum": ["a", "b"]},
        {"enum": ["a"]},
        ["takes less: enum was a, b, is a"],
        [],
    ),
    ({"const": "a"}, {"enum": ["a", "b"]}, [], ["may be more: enum was a, is a, b"]),
    (STRING, {"type": "string", "enum": ["a"]}, ["takes less: enum was open, is a"], []),
    (obj(a=STRING), obj("a", a=STRING), ["a: is required now"], []),
    (obj("a", a=STRING), obj(a=STRING), [], ["a: may be absent now"]),
    (obj("a", a=STRING), obj(), [], ["a: may be absent now"]),
    (
        obj(a=STRING) | CLOSED,
        obj() | CLOSED,
        ["a: is not taken any more"],
        [],
    ),
    (obj() | CLOSED, obj(a=STRING) | CLOSED, [], ["a: is new where nothing new could be"]),
    (
        obj() | CLOSED,
        obj("a", a=STRING) | CLOSED,
        ["a: is required now"],
        ["a: is new where nothing new could be"],
    ),
    (obj(), obj() | CLOSED, ["refuses unknown fields now"], []),
    (obj(), obj(a=STRING), [], []),
    (
        {"type": "array", "items": obj(a=STRING)},
        {"type": "array", "items": obj(a=INTEGER)},
        ["[].a: takes less: type was string, is integer"],
        ["[].a: may be more: type was string, is integer"],
    ),
    (
        {"type": "object", "additionalProperties": STRING},
        {"type": "object", "additionalProperties": INTEGER},
        ["*: takes less: type was string, is integer"],
        ["*: may be more: type was string, is integer"],
    ),
    ({}, STRING, ["takes less: type was open, is string"], []),
    (STRING, {}, [], ["may be more: type was string, is open"]),
    (
        {"anyOf": [obj("k", k={"const": "a"}), obj("k", k={"const": "b"})]},
        {"anyOf": [obj("k", k={"const": "a"})]},
        ["k: takes less: enum was b, is a"],
        [],
    ),
]


@pytest.mark.parametrize(("old", "new", "as_input", "as_answer"), SCHEMAS)
def test_schema_change_breaks_by_direction(
    old: Schema, new: Schema, as_input: list[str], as_answer: list[str]
) -> None:
    def said(place: str, lines: list[str]) -> list[str]:
        glue = [
            line if line.startswith("[") else f".{line}" if ": " in line[:5] else f": {line}"
            for line in lines
        ]
        return [f"POST /it: {place}{line}" for line in glue]

    found = breaking(document(body=old), document(body=new))
    assert [str(change) for change in found] == said("body", as_input)
    found = breaking(document(answer=old), document(answer=new))
    assert [str(change) for change in found] == said("200", as_answer)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (document(), {"paths": {}}, ["POST /it: is gone"]),
        ({"paths": {}}, document(), []),
        (document(), document(query=STRING), []),
        (
            document(),
            document(query=STRING, required=True),
            ["POST /it: query.q: is new and required"],
        ),
        (
            document(query=STRING),
            document(query=STRING, required=True),
            ["POST /it: query.q: is required now"],
        ),
        (document(query=STRING), document(), ["POST /it: query.q: is gone"]),
        (
            document(query=STRING),
            document(query=INTEGER),
            ["POST /it: query.q: takes less: type was string, is integer"],
        ),
        (document(), document(body=STRING), []),
        (
            document(),
            document(requestBody={"required": True, "content": {}}),
            ["POST /it: body: is required now"],
        ),
        (
            document(body=STRING),
            document(),
            ["POST /it: body: application/json is not taken any more"],
        ),
        (
            document(answer=STRING),
            document(),
            ["POST /it: 200: application/json does not arrive any more"],
        ),
        (document(), document(responses={"201": {}}), ["POST /it: 200: is gone"]),
        (document(), document(responses={"200": {}, "409": {}}), []),
        (document(), document(security=[{"session": []}]), ["POST /it: needs signing in now"]),
        (document(security=[{"session": []}]), document(), []),
        (
            document(**{"x-dovetail-scopes": ["a"]}),
            document(**{"x-dovetail-scopes": ["a", "b"]}),
            ["POST /it: needs the scope b now"],
        ),
        (
            document(**{"x-dovetail-roles": ["a", "b"]}),
            document(**{"x-dovetail-roles": ["a"]}),
            ["POST /it: is only for the role a now"],
        ),
        (document(**{"x-dovetail-roles": ["a"]}), document(**{"x-dovetail-roles": ["a", "b"]}), []),
    ],
)
def test_changes_of_an_operation(old: Schema, new: Schema, expected: list[str]) -> None:
    assert [str(change) for change in breaking(old, new)] == expected


def test_references_are_followed_also_in_a_circle() -> None:
    def tree(name: Schema) -> Schema:
        node = obj(
            "name",
            name=name,
            below={"type": "array", "items": {"$ref": "#/components/schemas/Node"}},
        )
        return document(answer={"$ref": "#/components/schemas/Node"}, schemas={"Node": node})

    assert breaking(tree(STRING), tree(STRING)) == []
    assert [str(c) for c in breaking(tree(STRING), tree(INTEGER))] == [
        "POST /it: 200.name: may be more: type was string, is integer"
    ]


def test_all_of_is_read_as_one_object() -> None:
    base = obj("a", a=STRING)
    one = document(answer={"allOf": [base, obj("b", b=STRING)]})

    assert breaking(one, document(answer=obj("a b", a=STRING, b=STRING))) == []
    assert len(breaking(one, document(answer=base))) == 1


schemas = st.recursive(
    st.sampled_from(
        [{}, STRING, INTEGER, NULL, {"enum": ["a", 1]}, {"type": "string", "maxLength": 3}]
    ),
    lambda inner: st.one_of(
        st.builds(lambda a: {"type": "array", "items": a}, inner),
        st.builds(lambda a, b: {"anyOf": [a, b]}, inner, inner),
        st.builds(lambda a, b: obj("a", a=a, b=b), inner, inner),
        st.builds(lambda a: obj(a=a) | CLOSED, inner),
    ),
    max_leaves=8,
)


@given(schemas)
def test_a_schema_allows_what_itself_allows(schema: Schema) -> None:
    assert Subset({}, {}).excess(schema, deepcopy(schema)) == []


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda d: None, []),
        (lambda d: d["paths"].clear(), ["- POST /it"]),
        (lambda d: d["paths"]["/it"].update(get={}), ["+ GET /it"]),
        (lambda d: d["paths"]["/it"]["post"].update(summary="x"), ["~ POST /it: summary"]),
        (lambda d: d["components"]["schemas"].update(A={}), ["~ schemas: A"]),
        (lambda d: d.update(info={"title": "x"}), ["~ info"]),
        (lambda d: d["paths"].update({"/empty": {}}), ["~ the order, or what no operation uses"]),
    ],
)
def test_drift_names_what_differs(change: Any, expected: list[str]) -> None:
    old = document(body=STRING)
    new = deepcopy(old)
    change(new)

    assert drift(old, new) == expected
