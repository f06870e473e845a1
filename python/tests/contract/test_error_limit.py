"""Bodies that are wrong in very many places: what they may cost, and what is said of them."""

from __future__ import annotations

import json
import tracemalloc
from contextlib import suppress
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import pytest
from pydantic import BaseModel, Field, ValidationError

from flask_dovetail.contract.error_limit import ErrorLimitError
from flask_dovetail.contract.inputs import Refused, demand_plain
from flask_dovetail.contract.schemas import Reader
from flask_dovetail.contract.validation_errors import errors_of
from support.processor_time import least_seconds

LONG_KEY = "k" * 500_000


class Wide(BaseModel):
    a: int
    b: int
    c: int
    d: int
    e: int


class Tree(BaseModel):
    children: list[Tree] = []
    name: str


class Cat(BaseModel):
    miaow: int


class Dog(BaseModel):
    bark: int


def refusal(kind: Any, sent: Any) -> list[dict[str, str]]:
    """Return what is said of `sent`, at no more of Python's memory than 40 times its size."""
    raw = json.dumps(sent, separators=(",", ":")).encode()
    reader = Reader(kind)
    with suppress(ErrorLimitError, ValidationError):
        reader.read_json(raw)  # what the first reading compiles is no part of what a body costs
    tracemalloc.start()
    try:
        try:
            demand_plain(raw, "body")
            reader.read_json(raw)
        except ErrorLimitError as error:
            return [{"pointer": "/body", "code": error.code}]
        except ValidationError as error:
            return errors_of(error, sent, "body")
        except Refused as refused:
            return refused.errors
        finally:
            assert tracemalloc.get_traced_memory()[1] < max(40 * len(raw), 100_000)
    finally:
        tracemalloc.stop()
    raise AssertionError("nothing was refused")


@pytest.mark.parametrize(
    ("kind", "sent"),
    [
        (list[Wide], [{}] * 50_000),
        (dict[str, Wide], {str(number): {} for number in range(50_000)}),
        (set[tuple[Wide, ...]] | None, [[{}] * 500] * 100),
        (Tree, {"children": [{}] * 50_000, "name": ""}),
        (list[list[Wide]], [[{}]] * 50_000),
        (tuple[Wide, ...], [{}] * 50_000),
        (dict[str, int], {str(number): "x" for number in range(50_000)}),
    ],
)
def test_reading_ends_after_a_thousand_errors(kind: Any, sent: Any) -> None:
    assert [error["code"] for error in refusal(kind, sent)] == ["too_many_errors"]
    with pytest.raises(ErrorLimitError):  # otherwise all are found, and only then too many
        Reader(kind).read_json(json.dumps(sent).encode())


def test_key_is_not_repeated_for_each_error() -> None:
    sent = {LONG_KEY: ["x"] * 100_000}
    assert [error["code"] for error in refusal(dict[str, list[int]], sent)] == ["key_too_long"]


def test_null_bytes_are_listed_up_to_the_limit_only() -> None:
    """Each place repeats the keys above it."""
    errors = refusal(dict[str, list[str]], {LONG_KEY: ["\0"] * 50_000})
    assert len(errors) == 50
    assert {error["pointer"] for error in errors} == {"/body"}


def test_the_place_of_a_null_byte_costs_nothing_where_there_is_none() -> None:
    """A place that is put together at every value costs each level above it."""

    def seconds(depth: int) -> float:
        empty = ",".join(['""'] * 100_000)
        raw = f'{{"a":"\\u0000","b":{"[" * depth}{empty}{"]" * depth}}}'.encode()

        def run() -> None:
            with pytest.raises(Refused) as refused:
                demand_plain(raw, "body")
            assert [error["pointer"] for error in refused.value.errors] == ["/body/a"]

        return least_seconds(lambda: run)

    assert seconds(190) < 2.5 * seconds(1)


class Node(BaseModel):
    left: Node | None = None
    right: Node | None = None
    a: int
    b: int
    c: int


class Batch(BaseModel):
    items: list[Wide] | Wide


def test_model_that_holds_itself_is_counted() -> None:
    sent: dict[str, Any] = {}
    for _ in range(12):
        sent = {"left": sent, "right": sent}
    assert [error["code"] for error in refusal(Node, sent)] == ["too_many_errors"]


@pytest.mark.parametrize(
    ("kind", "sent"),
    [
        (Batch, {"items": [{}] * 50_000}),
        (list[int] | int, ["x"] * 50_000),
        (list[Wide] | dict[str, Wide], [{}] * 50_000),
    ],
)
def test_branch_of_a_union_ends_at_its_first_wrong_element(kind: Any, sent: Any) -> None:
    assert 0 < len(refusal(kind, sent)) < 20


class Sum(BaseModel):
    left: Sum | Product | int
    plus: int = 0


class Product(BaseModel):
    left: Sum | Product | int
    times: int = 0


@pytest.mark.parametrize("name", ["times", "wrong"])
def test_nested_unions_cannot_multiply_the_work(name: str) -> None:
    """Each level is read twice: these forty would take days."""
    sent: Any = 1
    for _ in range(40):
        sent = {"left": sent, name: 1}
    assert [error["code"] for error in refusal(Sum | Product, sent)] == ["too_complex"]


def test_long_row_of_nested_unions_is_read() -> None:
    sent = [{"left": {"left": {"left": 1, "times": 2}}} for _ in range(10_000)]
    read = Reader(list[Sum | Product]).read_json(json.dumps(sent).encode())
    assert len(read) == 10_000
    assert read == Reader(list[Sum | Product]).validator.validate_json(json.dumps(sent).encode())


@pytest.mark.parametrize(
    ("kind", "sent"),
    [
        (set[int], list(range(1001))),
        (frozenset[UUID], [str(UUID(int=number)) for number in range(1001)]),
        (set[Decimal], [str(number) for number in range(1001)]),
        (set[tuple[int, int]], [[number, 1] for number in range(1001)]),
        (dict[int, str], {str(number): "" for number in range(1001)}),
        (set[float | str], list(range(1001))),
    ],
)
def test_values_that_could_collide_are_bounded(kind: Any, sent: Any) -> None:
    assert [error["code"] for error in refusal(kind, sent)] == ["too_long"]
    fewer = dict(list(sent.items())[:1000]) if isinstance(sent, dict) else sent[:1000]
    assert len(Reader(kind).read_json(json.dumps(fewer).encode())) == 1000


@pytest.mark.parametrize(
    "kind",
    [set[str], set[Annotated[int, Field(ge=0)]], Annotated[set[int], Field(max_length=2000)]],
)
def test_texts_and_what_the_model_bounds_itself_are_not(kind: Any) -> None:
    bound = 1000 if "ge" in str(kind) else 2000
    sent = [str(number) if kind == set[str] else number for number in range(bound)]
    assert len(Reader(kind).read_json(json.dumps(sent).encode())) == bound


def test_large_list_of_plain_values_names_the_first_wrong_one() -> None:
    sent = [1] * 9000 + ["x"] * 9000
    assert [error["pointer"] for error in refusal(list[int], sent)] == ["/body/9000"]


def test_few_errors_of_a_large_body_are_all_listed() -> None:
    right = {"a": 1, "b": 2, "c": 3, "d": 4, "e": 5}
    sent = [right] * 500 + [{**right, "a": None}] * 3
    assert [error["pointer"] for error in refusal(list[Wide], sent)] == [
        f"/body/{number}/a" for number in (500, 501, 502)
    ]


@pytest.mark.parametrize(
    ("kind", "sent"),
    [
        (list[Cat | Dog], [{"bark": 1}] * 3000),
        (list[Cat] | list[Dog], [{"bark": 1}] * 3000),
        (dict[str, list[Cat | Dog]], {"all": [{"bark": 1}] * 3000}),
        (Annotated[list[int], Field(max_length=9000)], [1] * 9000),
    ],
)
def test_large_body_that_is_right_is_read_as_a_small_one(kind: Any, sent: Any) -> None:
    """Errors of the first branch of a union do not count when another one fits."""
    reader = Reader(kind)
    raw = json.dumps(sent).encode()
    assert reader.read_json(raw) == reader.validator.validate_json(raw)


def test_each_body_is_counted_anew() -> None:
    reader = Reader(list[Wide])
    raw = json.dumps([{}] * 150).encode() + b" " * 3000
    for _ in range(3):
        with pytest.raises(ValidationError) as caught:
            reader.read_json(raw)
        assert caught.value.error_count() == 750
