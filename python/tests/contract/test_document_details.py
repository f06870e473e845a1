"""The document says of paths, bodies, answers and mocks what the server does."""

from __future__ import annotations

import dataclasses
import uuid
from typing import Annotated, Any, Literal

import pytest
from flask import Flask
from flask.views import View
from openapi_spec_validator import validate
from pydantic import BaseModel, Field, RootModel, computed_field

from flask_dovetail.contract import Page, build_document, operation


class A(BaseModel):
    x: str


class B(BaseModel):
    y: str


class Either(RootModel[A | B]):
    """One of two."""


class Cat(BaseModel):
    kind: Literal["cat"] = "cat"
    lives: int = 9


class Dog(BaseModel):
    kind: Literal["dog"] = "dog"


class Tree(BaseModel):
    name: str = "a"
    parent: Tree | None = None
    below: list[Tree] = []


class Branch(BaseModel):
    name: str = Field(examples=["b"])
    twigs: list[Branch]


class Made(BaseModel):
    tags: list[str] = Field(default_factory=lambda: ["made"])
    author: A = Field(default_factory=lambda: A(x="a"))

    @computed_field  # type: ignore[prop-decorator]
    @property
    def count(self) -> int:
        return len(self.tags)


class Half(BaseModel):
    always: int = 1
    never: int = Field(default=1, exclude=True)
    required: int


@dataclasses.dataclass
class HalfData:
    always: int = 1


Pet = Annotated[Cat | Dog, Field(discriminator="kind")]


def schemas_of(app: Flask) -> dict[str, Any]:
    made = build_document(app)
    validate(made)
    schemas: dict[str, Any] = made["components"]["schemas"]
    return schemas


def test_a_root_model_of_a_union_is_not_closed_against_its_own_bodies(app: Flask) -> None:
    @app.post("/it")
    @operation
    def view(body: Either) -> Either:
        return body

    client = app.test_client()
    assert client.post("/it", json={"y": "b"}).json == {"y": "b"}
    assert client.post("/it", json={"y": "b", "z": 1}).status_code == 422
    schemas = schemas_of(app)
    assert "additionalProperties" not in schemas["Either-Input"]
    assert schemas["A-Input"]["additionalProperties"] is False


@pytest.mark.parametrize(
    ("converter", "expected"),
    [
        ("int", {"type": "integer", "minimum": 0}),
        ("int(signed=True)", {"type": "integer"}),
        ("int(min=2, max=9)", {"type": "integer", "minimum": 2, "maximum": 9}),
        ("int(signed=True, min=5)", {"type": "integer", "minimum": 5}),
        ("int(4, 2, 9)", {"type": "integer", "minimum": 2, "maximum": 9}),
        ("float", {"type": "number", "minimum": 0}),
        ("float(signed=True, max=1.5)", {"type": "number", "maximum": 1.5}),
        ("uuid", {"type": "string", "format": "uuid"}),
        ("string(length=2)", {"type": "string", "minLength": 2, "maxLength": 2}),
        ("string(minlength=2, maxlength=4)", {"type": "string", "minLength": 2, "maxLength": 4}),
        ("string(maxlength=4)", {"type": "string", "maxLength": 4}),
        ('any(red, "light blue")', {"type": "string", "enum": ["red", "light blue"]}),
        ("path", {"type": "string"}),
    ],
)
def test_the_rules_of_a_converter_are_documented(
    app: Flask, converter: str, expected: dict[str, Any]
) -> None:
    @app.get(f"/it/<{converter}:key>")
    @operation
    def view(key) -> str:  # type: ignore[no-untyped-def]
        return str(key)

    (parameter,) = build_document(app)["paths"]["/it/{key}"]["get"]["parameters"]
    assert parameter["schema"] == expected


def test_annotation_and_converter_are_documented_together(app: Flask) -> None:
    @app.get("/it/<int(max=9):key>")
    @operation
    def view(key: Annotated[int, Field(ge=3, le=20)]) -> int:
        return key

    (parameter,) = build_document(app)["paths"]["/it/{key}"]["get"]["parameters"]
    assert parameter["schema"] == {"type": "integer", "minimum": 3, "maximum": 9}


def test_two_converters_on_one_path_are_two_operations(app: Flask) -> None:
    @app.get("/it/<int:key>")
    @operation
    def by_number(key: int) -> int:
        return key

    @app.get("/it/<uuid:key>")
    @operation
    def by_id(key: uuid.UUID) -> uuid.UUID:
        return key

    made = build_document(app)
    validate(made)
    operations = {
        op["operationId"]: (path, op["parameters"][0]["name"])
        for path, item in made["paths"].items()
        for op in item.values()
    }
    assert operations.keys() == {"by_number", "by_id"}
    assert set(operations.values()) == {("/it/{key}", "key"), ("/it/{key_2}", "key_2")}


def test_dispatch_request_of_a_view_is_an_operation(app: Flask, guard: Any) -> None:
    class Both(View):
        methods = ["GET", "POST"]  # noqa: RUF012

        @guard()
        @operation
        def dispatch_request(self) -> int:
            return 1

    app.add_url_rule("/it", view_func=Both.as_view("both"))
    client = app.test_client()
    assert client.get("/it").status_code == 401
    client.set_cookie("sid", "1")
    assert client.get("/it").json == 1
    item = build_document(app)["paths"]["/it"]
    assert item.keys() == {"get", "post"}
    assert item["get"]["security"] == [{"session": []}]


@pytest.mark.parametrize(
    ("kind", "required"),
    [(Half, ["always", "required"]), (HalfData, ["always"]), (Cat, ["kind", "lives"])],
)
def test_fields_with_defaults_are_required_in_answers_alone(
    app: Flask, kind: Any, required: list[str]
) -> None:
    app.get("/it")(operation(returns=kind)(lambda: None))
    (schema,) = [each for each in schemas_of(app).values() if each["title"] == kind.__name__]
    assert schema["required"] == required

    def view(body: Any) -> None: ...

    view.__annotations__ = {"body": kind, "return": None}
    app.post("/it")(operation(view))
    bodies = [name for name in schemas_of(app) if name == f"{kind.__name__}-Input"]
    assert [schemas_of(app)[name].get("required", []) for name in bodies] == [
        [name for name in required if name == "required"]
    ]


def test_a_page_of_an_annotated_union_has_a_readable_name(app: Flask) -> None:
    app.get("/it")(operation(returns=Page[Pet])(lambda: None))
    assert "UnionCat_DogPage" in schemas_of(app)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (Pet, {"kind": "cat", "lives": 9}),
        (list[Pet], [{"kind": "cat", "lives": 9}]),
        (Tree, {"name": "a", "parent": None, "below": []}),
        (Branch, {"name": "b", "twigs": []}),
        (Made, {"tags": ["made"], "author": {"x": "a"}, "count": 1}),
    ],
    ids=repr,
)
def test_mocks_of_unions_recursive_models_and_factories(
    strict: Flask, kind: Any, expected: Any
) -> None:
    @strict.get("/it")
    @operation(returns=kind, mock=True)
    def view() -> Any: ...

    assert strict.test_client().get("/it").json == expected
