"""Arguments that no path supplies are query parameters, or given by a decorator."""

from __future__ import annotations

import enum
from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any, Literal

import pytest
from flask import Flask
from flask.views import MethodView
from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import TypeAliasType

from flask_dovetail.contract import PageQuery, build_document, operation
from flask_dovetail.core.errors import DeclarationError

Ids = TypeAliasType("Ids", list[int])
Id = TypeAliasType("Id", int)


class Colour(enum.Enum):
    RED = "red"


class User:
    """No type that pydantic knows: a row of the app's."""

    name = "ada"


class UserModel(BaseModel):
    model_config = ConfigDict(arbitrary_types_allowed=True)
    name: str = "ada"
    row: User | None = None


def parameters_of(app: Flask, path: str = "/it") -> dict[str, Any]:
    node = build_document(app)["paths"][path]["get"]
    return {each["name"]: each for each in node.get("parameters", [])}


def errors_of(answer: Any) -> list[tuple[str, str]]:
    assert answer.status_code == 422, answer.data
    return [(error["pointer"], error["code"]) for error in answer.json["errors"]]


def test_an_argument_with_a_default_is_a_query_parameter(app: Flask) -> None:
    @app.get("/it")
    @operation()
    def search(limit: int = 20) -> int:
        return limit

    client = app.test_client()
    assert client.get("/it").json == 20
    assert client.get("/it?limit=5").json == 5
    assert errors_of(client.get("/it?limit=x")) == [("/query/limit", "int_parsing")]
    assert errors_of(client.get("/it?limits=5")) == [("/query/limits", "extra_forbidden")]
    assert errors_of(client.get("/it?limit=5&limit=6")) == [("/query/limit", "repeated")]
    (limit,) = parameters_of(app).values()
    assert (limit["in"], limit["required"]) == ("query", False)
    assert limit["schema"]["default"] == 20
    responses = build_document(app)["paths"]["/it"]["get"]["responses"]
    assert list(responses) == ["200", "422"]


def test_an_argument_without_a_default_is_required(app: Flask) -> None:
    @app.get("/it")
    @operation()
    def search(text: str) -> str:
        return text

    client = app.test_client()
    assert client.get("/it?text=a").json == "a"
    assert errors_of(client.get("/it")) == [("/query/text", "missing")]
    assert errors_of(client.get("/it?text=a%00")) == [("/query/text", "null_byte")]
    assert parameters_of(app)["text"]["required"] is True


@pytest.mark.parametrize(
    ("kind", "query", "expected"),
    [
        (list[int], "it=1&it=2", [1, 2]),
        (Ids, "it=1&it=2", [1, 2]),
        (Id, "it=3", 3),
        (set[str], "it=a&it=a", ["a"]),
        (int | None, "it=1", 1),
        (Colour, "it=red", "red"),
        (Literal["a", "b"], "it=b", "b"),
        (bool, "it=true", True),
        (Annotated[int, Field(ge=1, description="How many.")], "it=1", 1),
    ],
    ids=repr,
)
def test_plain_types_and_lists_of_them_are_read(
    app: Flask, kind: Any, query: str, expected: Any
) -> None:
    def view(it: Any) -> Any:
        return it

    view.__annotations__ = {"it": kind, "return": Any}
    app.get("/it")(operation()(view))
    assert app.test_client().get(f"/it?{query}").json == expected
    assert parameters_of(app)["it"]["in"] == "query"


def test_path_query_and_body_are_judged_together(app: Flask) -> None:
    @app.post("/it/<int:size>")
    @operation()
    def view(size: Annotated[int, Field(le=3)], limit: int, body: list[int]) -> None: ...

    answer = app.test_client().post("/it/9?limit=x", json=["y"])
    assert [pointer for pointer, _ in errors_of(answer)] == [
        "/path/size",
        "/body/0",
        "/query/limit",
    ]


def test_an_argument_of_another_path_of_the_view_is_no_query_parameter(app: Flask) -> None:
    @app.get("/pages")
    @app.get("/pages/<int:page>")
    @operation()
    def view(page: int = 1) -> int:
        return page

    client = app.test_client()
    assert client.get("/pages?page=5").json == 1
    assert client.get("/pages/5").json == 5
    assert parameters_of(app, "/pages") == {}
    assert parameters_of(app, "/pages/{page}")["page"]["in"] == "path"


def test_methods_of_a_method_view_have_query_parameters(app: Flask) -> None:
    class Posts(MethodView):
        @operation()
        def get(self, post_id: int, limit: int = 3) -> list[int]:
            return [post_id, limit]

    app.add_url_rule("/it/<int:post_id>", view_func=Posts.as_view("posts"))
    assert app.test_client().get("/it/7?limit=5").json == [7, 5]
    assert set(parameters_of(app, "/it/{post_id}")) == {"post_id", "limit"}


def test_two_apps_may_place_one_view_differently(make_app: Any) -> None:
    @operation()
    def view(number: int) -> int:
        return number

    one, other = make_app(), make_app()
    one.get("/it/<int:number>")(view)
    other.get("/it")(view)
    assert one.test_client().get("/it/5").json == 5
    assert other.test_client().get("/it?number=6").json == 6
    assert one.test_client().get("/it/7").json == 7


def by_name(view: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(view)
    def call(*args: Any, **values: Any) -> Any:
        return view(*args, user=User(), **values)

    return call


def by_position(view: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(view)
    def call(*args: Any, **values: Any) -> Any:
        return view(User(), *args, **values)

    return call


@pytest.mark.parametrize("inject", [by_name, by_position])
@pytest.mark.parametrize("kind", [User, UserModel, None])
def test_what_a_decorator_gives_is_no_part_of_the_contract(
    app: Flask, inject: Any, kind: Any
) -> None:
    def view(user, post_id, limit=3):  # type: ignore[no-untyped-def]
        return [user.name, post_id, limit]

    view.__annotations__ = {"post_id": int, "limit": int, "return": list[Any]}
    if kind is not None:
        view.__annotations__["user"] = kind
    if kind is UserModel:
        inject = _inject_model(inject)
    app.get("/it/<int:post_id>")(inject(operation()(view)))
    client = app.test_client()
    assert client.get("/it/7?limit=5").json == ["ada", 7, 3]
    assert client.get("/openapi.json").status_code == 200
    assert set(parameters_of(app, "/it/{post_id}")) == {"post_id"}


def _inject_model(_: Any) -> Any:
    def inject(view: Any) -> Any:
        @wraps(view)
        def call(**values: Any) -> Any:
            return view(user=UserModel(), **values)

        return call

    return inject


def test_what_nobody_gives_is_a_fault_with_a_cure(strict: Flask) -> None:
    @strict.get("/it")
    @operation()
    def view(user: UserModel) -> None: ...

    with pytest.raises(DeclarationError, match="'user'"):
        strict.test_client().get("/it")
    assert strict.test_client().get("/openapi.json").status_code == 200


def test_a_model_of_the_query_has_all_of_it(app: Flask) -> None:
    @app.get("/it")
    @operation()
    def view(query: PageQuery, text: str = "") -> None: ...

    with pytest.raises(DeclarationError, match="field of PageQuery"):
        build_document(app)


class Search(BaseModel):
    ids: Ids = []
    maybe: Ids | None = None
    one: Id = 0


def test_a_query_model_may_use_type_aliases(app: Flask) -> None:
    @app.get("/it")
    @operation()
    def view(query: Search) -> Search:
        return query

    client = app.test_client()
    assert client.get("/it?ids=1&ids=2&maybe=3&one=4").json == {
        "ids": [1, 2],
        "maybe": [3],
        "one": 4,
    }
    assert client.get("/it?one=1&one=2").status_code == 422
