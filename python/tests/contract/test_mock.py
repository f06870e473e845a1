from __future__ import annotations

from typing import Any

from flask import Flask
from pydantic import BaseModel, ConfigDict, Field

from flask_dovetail.contract import operation


class Author(BaseModel):
    name: str = Field(examples=["Kim"])


class Post(BaseModel):
    title: str = Field(examples=["Hello"])
    authors: list[Author]
    note: str | None
    stars: int = 3


class Sample(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [{"size": 4}]})
    size: int


def test_a_mock_answers_with_its_example_and_says_so(strict: Flask) -> None:
    @strict.post("/it")
    @operation(
        returns={201: Post}, mock=True, examples={201: {"title": "T", "authors": [], "note": "n"}}
    )
    def view(body: Sample) -> Any: ...

    answer = strict.test_client().post("/it", json={"size": 1})

    assert answer.status_code == 201
    assert answer.headers["X-Dovetail-Mock"] == "example"
    assert answer.json == {"title": "T", "authors": [], "note": "n", "stars": 3}


def test_a_mock_without_an_example_puts_one_together_from_its_models(strict: Flask) -> None:
    @strict.get("/post")
    @operation(mock=True)
    def post() -> Post: ...  # type: ignore[empty-body]

    @strict.get("/sample")
    @operation(mock=True)
    def sample() -> Sample: ...  # type: ignore[empty-body]

    @strict.delete("/sample")
    @operation(mock=True)
    def nothing() -> None: ...

    client = strict.test_client()
    assert client.get("/post").json == {
        "title": "Hello",
        "authors": [{"name": "Kim"}],
        "note": None,
        "stars": 3,
    }
    assert client.get("/sample").json == {"size": 4}
    assert client.delete("/sample").headers["X-Dovetail-Mock"] == "example"


def test_a_mock_still_guards_and_validates(strict: Flask, guard: Any) -> None:
    @strict.post("/it")
    @guard()
    @operation(mock=True)
    def view(body: Sample) -> Sample: ...  # type: ignore[empty-body]

    client = strict.test_client()
    assert client.post("/it", json={"size": 1}).status_code == 401
    client.set_cookie("sid", "x")
    assert client.post("/it", json={"size": "x"}).status_code == 422
    assert client.post("/it", json={"size": 1}).json == {"size": 4}
