"""In production, too, what leaves is what the declared type declares, by alias, and is JSON."""

from __future__ import annotations

import dataclasses
import json
import logging
import math
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, NamedTuple

import pytest
from flask import Flask, jsonify
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    RootModel,
    computed_field,
    field_serializer,
    field_validator,
)
from pydantic.alias_generators import to_camel
from typing_extensions import TypeAliasType, TypedDict

from flask_dovetail.contract import Page, ResponseContractError, operation

SECRET = "S3CRET"


class Public(BaseModel):
    id: int
    name: str


class Subclass(Public):
    password_hash: str = SECRET


class Open(Public):
    model_config = ConfigDict(extra="allow")


class Other(BaseModel):
    """Another model, with a required field more."""

    password_hash: str
    id: int
    name: str


@dataclasses.dataclass
class PublicData:
    id: int
    name: str


@dataclasses.dataclass
class Row:
    id: int = 1
    name: str = "a"
    password_hash: str = SECRET


@dataclasses.dataclass
class RowOfRows:
    author: Any
    others: Any
    secret: str = SECRET


class Slots:
    """As objects of many drivers are: no dictionary."""

    __slots__ = ("id", "name", "password_hash")

    def __init__(self) -> None:
        self.id, self.name, self.password_hash = 1, "a", SECRET


class PublicDict(TypedDict):
    id: int
    name: str


class Post(BaseModel):
    author: Public
    others: list[Public] = []


class Tree(BaseModel):
    name: str
    below: list[Tree] = []


class Cat(BaseModel):
    kind: Literal["cat"] = "cat"
    name: str = "a"


class Dog(BaseModel):
    kind: Literal["dog"] = "dog"
    name: str = "a"


class BigCat(Cat):
    secret: str = SECRET


class Pair(NamedTuple):
    first: Public
    second: Public


class Hidden(BaseModel):
    id: int
    secret: str = Field(exclude=True)

    @computed_field  # type: ignore[prop-decorator]
    @property
    def double(self) -> int:
        return self.id * 2


class Upper(BaseModel):
    name: str

    @field_validator("name")
    @classmethod
    def shout(cls, name: str) -> str:
        return name + "!"


RAW = {"id": 1, "name": "a", "password_hash": SECRET}
FILTERED = {"id": 1, "name": "a"}
OTHER = Other(**RAW)  # type: ignore[arg-type]
Pet = Annotated[Cat | Dog, Field(discriminator="kind")]
Public_ = TypeAliasType("Public_", Public)
PetPage = Page[Pet]


def answer_of(app: Flask, kind: Any, returned: Any) -> Any:
    app.config["PROPAGATE_EXCEPTIONS"] = False
    app._got_first_request = False
    path = f"/{len(app.view_functions)}"
    app.get(path, endpoint=path)(operation(returns={200: kind})(lambda: returned))
    return app.test_client().get(path)


WRONG = [RAW, Subclass(id=1, name="a"), OTHER, Row(), Slots(), Open.model_validate(RAW)]


@pytest.mark.parametrize("kind", [Public, PublicData, PublicDict, Public_], ids=repr)
@pytest.mark.parametrize("returned", WRONG, ids=lambda value: type(value).__name__)
def test_only_declared_fields_leave(app: Flask, kind: Any, returned: Any) -> None:
    answer = answer_of(app, kind, returned)
    assert (answer.status_code, answer.json) == (200, FILTERED)


@pytest.mark.parametrize("returned", WRONG, ids=lambda value: type(value).__name__)
@pytest.mark.parametrize(
    ("kind", "wrap", "expected"),
    [
        (list[Public], lambda it: [it, it], [FILTERED] * 2),
        (dict[str, tuple[Public, ...]], lambda it: {"a": (it,)}, {"a": [FILTERED]}),
        (dict[str, Public], lambda it: {"a": it}, {"a": FILTERED}),
        (Public | None, lambda it: it, FILTERED),
        (Public | list[Public], lambda it: [it], [FILTERED]),
        (Page[Public], lambda it: {"items": [it]}, {"items": [FILTERED], "next_cursor": None}),
        (Page[Public], lambda it: Page(items=[it]), {"items": [FILTERED], "next_cursor": None}),
        (RootModel[list[Public]], lambda it: [it], [FILTERED]),
        (
            Post,
            lambda it: Post.model_construct(author=it, others=[it]),
            {"author": FILTERED, "others": [FILTERED]},
        ),
        (Post, lambda it: RowOfRows(it, [it]), {"author": FILTERED, "others": [FILTERED]}),
        (Pair, lambda it: Pair(it, it), [FILTERED, FILTERED]),
    ],
    ids=lambda value: getattr(value, "__name__", None) or "_",
)
def test_only_declared_fields_leave_inside(
    app: Flask, kind: Any, wrap: Any, expected: Any, returned: Any
) -> None:
    answer = answer_of(app, kind, wrap(returned))
    assert (answer.status_code, answer.json) == (200, expected)


@pytest.mark.parametrize(
    ("kind", "returned", "expected"),
    [
        (Pet, BigCat(), {"kind": "cat", "name": "a"}),
        (Pet, {"kind": "dog", "name": "a", "secret": SECRET}, {"kind": "dog", "name": "a"}),
        (Cat | Dog, {"kind": "dog", "name": "b", "secret": SECRET}, {"kind": "dog", "name": "b"}),
        (
            PetPage,
            {"items": [{"kind": "dog", "s": SECRET}, BigCat()]},
            {
                "items": [{"kind": "dog", "name": "a"}, {"kind": "cat", "name": "a"}],
                "next_cursor": None,
            },
        ),
        (
            Tree,
            {
                "name": "a",
                "s": SECRET,
                "below": [{"name": "b", "s": SECRET, "below": [{"name": "c", "s": 1}]}],
            },
            {"name": "a", "below": [{"name": "b", "below": [{"name": "c", "below": []}]}]},
        ),
        (Hidden, Hidden(id=1, secret=SECRET), {"id": 1, "double": 2}),
        (Hidden, {"id": 1, "other": SECRET}, {"id": 1, "double": 2}),
        (Open, RAW, RAW),
        (Upper, {"name": "a", "s": SECRET}, {"name": "a"}),
    ],
    ids=repr,
)
def test_unions_recursion_and_models_own_rules_hold(
    app: Flask, kind: Any, returned: Any, expected: Any
) -> None:
    answer = answer_of(app, kind, returned)
    assert (answer.status_code, answer.json) == (200, expected)


@pytest.mark.parametrize("status", [200, 203])
def test_an_undeclared_status_does_not_open_the_door(app: Flask, status: int) -> None:
    answer = answer_of(app, Public, (RAW, status))
    assert (answer.status_code, answer.json) == (status, FILTERED)


@pytest.mark.parametrize(
    ("kind", "returned"),
    [
        (Public, {"name": "a", "password_hash": SECRET}),
        (Public, [RAW]),
        (list[Public], RAW),
        (str, RAW),
        (int, [SECRET]),
        (list[str], [RAW]),
        (Cat | Dog, {"kind": "cow", "secret": SECRET}),
        (dict[str, int], {"a": {"secret": SECRET}}),
    ],
    ids=repr,
)
def test_what_cannot_be_narrowed_is_a_fault_that_repeats_no_value(
    app: Flask, caplog: pytest.LogCaptureFixture, kind: Any, returned: Any
) -> None:
    with caplog.at_level(logging.ERROR):
        answer = answer_of(app, kind, returned)
    assert (answer.status_code, answer.json["code"]) == (500, "INTERNAL_ERROR")
    assert SECRET not in answer.text
    assert "ResponseContractError" in caplog.text
    assert SECRET not in caplog.text


def test_an_iterator_that_gives_something_else_is_a_fault_and_not_an_empty_list(app: Flask) -> None:
    def rows() -> Iterator[Any]:
        yield Public(id=1, name="a")
        yield RAW

    assert answer_of(app, Iterable[Public], rows()).status_code == 500


def test_a_plain_value_of_another_type_still_leaves_in_production(app: Flask) -> None:
    """A text where a number was declared shows nothing that was to stay."""
    assert answer_of(app, Public, Public.model_construct(id="x", name=None)).json == {
        "id": "x",
        "name": None,
    }


@pytest.mark.parametrize("kind", [Any, object], ids=repr)
@pytest.mark.parametrize("testing", [True, False])
def test_any_is_anything(make_app: Any, testing: bool, kind: Any) -> None:
    app = make_app(TESTING=testing)
    assert answer_of(app, kind, {"a": [1]}).json == {"a": [1]}


# Aliases


class Person(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)
    first_name: str = "a"


class Renamed(BaseModel):
    first_name: str = Field(default="a", validation_alias="in", serialization_alias="out")


@dataclasses.dataclass
class PersonData:
    first_name: Annotated[str, Field(alias="firstName")] = "a"


class PersonDict(TypedDict):
    first_name: Annotated[str, Field(alias="firstName")]


@pytest.mark.parametrize("testing", [True, False])
@pytest.mark.parametrize(
    ("kind", "returned", "key"),
    [
        (Person, Person(first_name="a"), "firstName"),
        (Renamed, Renamed(), "out"),
        (PersonDict, {"first_name": "a"}, "firstName"),
    ],
    ids=repr,
)
def test_answers_leave_by_alias_as_the_document_says(
    make_app: Any, testing: bool, kind: Any, returned: Any, key: str
) -> None:
    app = make_app(TESTING=testing)
    assert answer_of(app, kind, returned).json == {key: "a"}
    assert answer_of(app, list[kind], [returned]).json == [{key: "a"}]
    document = app.test_client().get("/openapi.json").json
    (schema,) = [
        each
        for each in document["components"]["schemas"].values()
        if each.get("properties", {}).keys() & {"firstName", "out"}
    ]
    assert list(schema["properties"]) == [key]


def test_production_narrows_by_name_and_alias(app: Flask) -> None:
    assert answer_of(app, list[Person], [{"firstName": "x"}, {"first_name": "y", "s": 1}]).json == [
        {"firstName": "x"},
        {"firstName": "y"},
    ]


@pytest.mark.parametrize(
    ("kind", "example", "expected"),
    [
        (Person, Person(first_name="x"), {"firstName": "x"}),
        (Person, {"first_name": "x"}, {"firstName": "x"}),
        (Renamed, Renamed(**{"in": "x"}), {"out": "x"}),
        (Renamed, {"out": "x"}, {"out": "x"}),
        (Person, None, {"firstName": "a"}),
        (Renamed, None, {"out": "a"}),
    ],
    ids=repr,
)
def test_mocks_and_examples_are_by_alias(
    strict: Flask, kind: Any, example: Any, expected: Any
) -> None:
    examples = {} if example is None else {200: example}

    @strict.get("/it")
    @operation(returns={200: kind}, mock=True, examples=examples)
    def view() -> Any: ...

    client = strict.test_client()
    assert client.get("/it").json == expected
    content = client.get("/openapi.json").json["paths"]["/it"]["get"]["responses"]["200"]["content"]
    assert content["application/json"].get("example") in (None, expected)


# Numbers


class Measured(BaseModel):
    value: float


class Named(BaseModel):
    model_config = ConfigDict(ser_json_inf_nan="strings")
    value: float


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize(
    ("kind", "wrap"),
    [
        (Measured, lambda number: Measured(value=number)),
        (list[Measured], lambda number: [Measured(value=number)]),
        (float, lambda number: number),
        (Any, lambda number: {"a": number}),
        (dict[str, float], lambda number: {"a": number}),
        (Measured, lambda number: {"value": number}),
    ],
)
def test_a_number_that_is_not_finite_is_a_fault(
    app: Flask, strict: Flask, kind: Any, wrap: Any, number: float
) -> None:
    for each in (app, strict):
        assert answer_of(each, kind, wrap(number)).status_code == 500


def test_words_that_look_like_such_numbers_leave(app: Flask) -> None:
    assert answer_of(app, list[str], ["NaN", "Infinity"]).json == ["NaN", "Infinity"]
    assert answer_of(app, Named, Named(value=math.nan)).json == {"value": "NaN"}


@pytest.mark.parametrize("number", [2**53, -(2**53)])
def test_strict_mode_refuses_a_number_that_no_browser_can_hold(strict: Flask, number: int) -> None:
    strict.get("/it")(operation(returns=Public)(lambda: Public(id=number, name="a")))
    with pytest.raises(ResponseContractError, match="id"):
        strict.test_client().get("/it")


def test_a_model_may_allow_large_numbers(strict: Flask) -> None:
    kind = Annotated[int, Field(ge=0, le=2**60)]
    assert answer_of(strict, kind, 2**60).json == 2**60


# When strict mode is on


@pytest.mark.parametrize("key", ["TESTING", "DEBUG"])
def test_strictness_follows_the_app_after_init_app(app: Flask, key: str) -> None:
    """As a fixture of pytest-flask sets it, and `app.run(debug=True)`."""
    app.get("/it")(operation(returns=Public)(lambda: RAW))
    assert app.test_client().get("/it").json == FILTERED
    app.config[key] = True
    with pytest.raises(ResponseContractError):
        app.test_client().get("/it")
    app.config[key] = False
    app.config["PROPAGATE_EXCEPTIONS"] = None
    assert app.test_client().get("/it").json == FILTERED


# What strict mode does not refuse


@pytest.mark.parametrize(
    ("kind", "returned", "expected"),
    [
        (float, 3, 3),
        (list[float], [3], [3]),
        (float, 2.5, 2.5),
    ],
    ids=repr,
)
def test_an_integer_is_a_number(strict: Flask, kind: Any, returned: Any, expected: Any) -> None:
    assert answer_of(strict, kind, returned).json == expected


@pytest.mark.parametrize("empty", ["", b"", None])
def test_an_empty_text_is_an_empty_answer(strict: Flask, empty: Any) -> None:
    strict.get("/it")(operation(returns={204: None})(lambda: (empty, 204)))
    answer = strict.test_client().get("/it")
    assert (answer.status_code, answer.data) == (204, b"")


def test_a_response_is_the_views_own(strict: Flask) -> None:
    """As documented: nobody looks into it."""

    @strict.get("/it")
    @operation(returns=Public)
    def view() -> Any:
        return jsonify(RAW)

    assert strict.test_client().get("/it").json == RAW


def test_serializers_of_the_model_are_used(app: Flask, strict: Flask) -> None:
    class At(BaseModel):
        at: datetime

        @field_serializer("at")
        def short(self, at: datetime) -> str:
            return at.strftime("%d.%m.")

    at = datetime(2024, 5, 1, tzinfo=UTC)
    for each in (app, strict):
        assert answer_of(each, At, At(at=at)).json == {"at": "01.05."}
    assert json.loads(answer_of(app, At, {"at": at, "s": SECRET}).data) == {"at": "01.05."}
