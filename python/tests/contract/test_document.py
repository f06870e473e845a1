from __future__ import annotations

import json
from typing import Annotated, Any

import pytest
from flask import Blueprint, Flask, Response
from flask.views import MethodView
from openapi_spec_validator import validate
from pydantic import BaseModel, Field

from flask_dovetail.contract import Page, PageQuery, Problem, build_document, operation
from flask_dovetail.core.errors import DeclarationError


class TooManyPosts(Problem, code="TOO_MANY_POSTS", status=429, title="Too many posts today"):
    """Five a day."""


class PostIn(BaseModel):
    """What one writes."""

    title: str = Field(max_length=120, description="A headline.", examples=["Hello"])
    stars: int = 0


class Post(BaseModel):
    id: int
    title: str


class Filters(PageQuery):
    tag: list[str] = Field(default=[], description="Any of these.", examples=[["news"]])
    old: bool = Field(default=False, deprecated=True)


class Conditions(BaseModel):
    idempotency_key: str | None = None


@pytest.fixture
def shop(app: Flask, guard: Any) -> Flask:
    posts = Blueprint("posts", __name__, url_prefix="/api/posts")

    @posts.get("")
    @operation()
    def list_posts(query: Filters) -> Page[Post]: ...  # type: ignore[empty-body]

    @posts.post("")
    @guard(scopes=("posts:write",))
    @operation(
        returns={201: Post},
        problems=[TooManyPosts],
        tags=["writing"],
        examples={"body": {"title": "Hi"}, 201: Post(id=1, title="Hi")},
        deprecated=True,
    )
    def create_post(headers: Conditions, body: PostIn) -> Post:
        """Write a post.

        It is shown *at once*.
        """
        raise NotImplementedError

    class One(MethodView):
        @operation(returns=Post)
        def get(self, post_id: int) -> Post: ...  # type: ignore[empty-body]

        @guard(roles=("staff",))
        @operation()
        def delete(self, post_id: int) -> None: ...

    posts.add_url_rule("/<int:post_id>", view_func=One.as_view("one"))

    @posts.get("/<int:post_id>/file")
    @operation(returns={200: Response}, operation_id="download", summary="The file", mock=False)
    def file(post_id: Annotated[int, Field(ge=1, description="Which post.")]) -> Any: ...

    @app.get("/undocumented")
    def plain() -> str:
        return "x"

    app.register_blueprint(posts)
    return app


@pytest.fixture
def document(shop: Flask) -> dict[str, Any]:
    answer = shop.test_client().get("/openapi.json")
    assert answer.status_code == 200
    made: dict[str, Any] = answer.json
    return made


def codes(made: dict[str, Any], status: int) -> list[str]:
    content = made["responses"][str(status)]["content"]["application/problem+json"]
    variants = content["schema"].get("anyOf", [content["schema"]])
    found: list[str] = []
    for variant in variants:
        if "$ref" in variant:
            found.append("VALIDATION_FAILED")
        else:
            found += variant["allOf"][1]["properties"]["code"]["enum"]
    return found


def test_the_document_is_valid_openapi_and_has_every_operation_and_no_other_view(
    document: dict[str, Any],
) -> None:
    validate(document)
    assert document["openapi"] == "3.1.0"
    assert {path: list(item) for path, item in document["paths"].items()} == {
        "/api/posts": ["get", "post"],
        "/api/posts/{post_id}": ["get", "delete"],
        "/api/posts/{post_id}/file": ["get"],
    }


def test_an_operation_says_what_its_view_says(document: dict[str, Any]) -> None:
    made = document["paths"]["/api/posts"]["post"]

    assert made["operationId"] == "posts_create_post"
    assert made["summary"] == "Write a post"
    assert made["description"] == "It is shown *at once*."
    assert made["tags"] == ["writing"]
    assert made["deprecated"] is True
    assert made["requestBody"]["required"] is True
    assert made["requestBody"]["content"]["application/json"]["example"] == {"title": "Hi"}
    created = made["responses"]["201"]["content"]["application/json"]
    assert created == {
        "schema": {"$ref": "#/components/schemas/Post"},
        "example": {"id": 1, "title": "Hi"},
    }
    other = document["paths"]["/api/posts/{post_id}/file"]["get"]
    assert other["operationId"] == "download"
    assert other["tags"] == ["posts"]
    assert document["paths"]["/api/posts/{post_id}"]["delete"]["operationId"] == "posts_one_delete"
    assert document["tags"] == [{"name": "posts"}, {"name": "writing"}]


def test_parameters_carry_their_documentation(document: dict[str, Any]) -> None:
    found = {p["name"]: p for p in document["paths"]["/api/posts"]["get"]["parameters"]}

    assert list(found) == ["cursor", "limit", "tag", "old"]
    assert found["limit"]["schema"] == {
        "type": "integer",
        "minimum": 1,
        "maximum": 100,
        "default": 20,
    }
    assert found["tag"]["description"] == "Any of these."
    assert found["tag"]["example"] == ["news"]
    assert found["old"]["deprecated"] is True
    path = document["paths"]["/api/posts/{post_id}/file"]["get"]["parameters"][0]
    assert (path["in"], path["required"], path["description"]) == ("path", True, "Which post.")
    header = document["paths"]["/api/posts"]["post"]["parameters"][0]
    assert (header["in"], header["name"], header["required"]) == (
        "header",
        "idempotency-key",
        False,
    )


def test_the_refusals_that_follow_from_inputs_and_guard_are_there_by_code(
    document: dict[str, Any],
) -> None:
    create = document["paths"]["/api/posts"]["post"]
    assert codes(create, 400) == ["AMBIGUOUS_COOKIE", "MALFORMED_JSON"]
    assert codes(create, 401) == ["UNAUTHENTICATED"]
    assert codes(create, 403) == ["CSRF_FAILED", "ORIGIN_NOT_ALLOWED"]
    assert codes(create, 413) == ["PAYLOAD_TOO_LARGE"]
    assert codes(create, 415) == ["UNSUPPORTED_MEDIA_TYPE"]
    assert codes(create, 422) == ["VALIDATION_FAILED"]
    assert codes(create, 429) == ["TOO_MANY_POSTS"]
    assert "Retry-After" in create["responses"]["429"]["headers"]
    listing = document["paths"]["/api/posts"]["get"]
    assert codes(listing, 400) == ["INVALID_CURSOR"]
    assert "401" not in listing["responses"]
    delete = document["paths"]["/api/posts/{post_id}"]["delete"]
    assert codes(delete, 403) == ["CSRF_FAILED", "MISSING_ROLE", "ORIGIN_NOT_ALLOWED"]


def test_security_is_that_of_the_guard(document: dict[str, Any], make_app: Any, guard: Any) -> None:
    create = document["paths"]["/api/posts"]["post"]
    assert create["security"] == [{"session": []}]
    assert create["x-dovetail-scopes"] == ["posts:write"]
    assert document["paths"]["/api/posts/{post_id}"]["delete"]["x-dovetail-roles"] == ["staff"]
    assert "security" not in document["paths"]["/api/posts"]["get"]
    assert document["components"]["securitySchemes"]["session"]["in"] == "cookie"

    flows = {"clientCredentials": {"tokenUrl": "/token", "scopes": {"a": "A"}}}
    app = make_app(schemes={"oauth": {"type": "oauth2", "flows": flows}})
    app.post("/it")(guard(scopes=("a",))(operation(returns={204: None})(lambda: None)))
    made = build_document(app)
    validate(made)
    assert made["paths"]["/it"]["post"]["security"] == [{"oauth": ["a"]}]
    assert "403" not in made["paths"]["/it"]["post"]["responses"]  # no cookie, no CSRF


def test_a_guard_on_the_class_of_a_method_view_counts(app: Flask, guard: Any) -> None:
    class One(MethodView):
        decorators = [guard(scopes=("a",))]  # noqa: RUF012

        @guard(scopes=("b",))
        @operation()
        def get(self) -> None: ...

    app.add_url_rule("/it", view_func=One.as_view("one"))

    assert build_document(app)["paths"]["/it"]["get"]["x-dovetail-scopes"] == ["a", "b"]


def test_schemas_have_readable_names_and_only_those_in_use_are_there(
    document: dict[str, Any],
) -> None:
    schemas = document["components"]["schemas"]

    assert list(schemas) == [
        "InvalidPlace",
        "Post",
        "PostIn",
        "PostPage",
        "Problem",
        "ValidationProblem",
    ]
    assert schemas["PostIn"]["additionalProperties"] is False
    assert schemas["PostIn"]["description"] == "What one writes."
    assert "additionalProperties" not in schemas["Post"]


def test_models_of_one_name_do_not_clash(app: Flask) -> None:
    def model(**fields: Any) -> Any:
        return type("Thing", (BaseModel,), {"__annotations__": fields})

    one, two = model(a=int), model(b=str)

    @app.get("/one")
    @operation(returns=one)
    def first() -> Any: ...

    @app.get("/two")
    @operation(returns=list[two])
    def second() -> Any: ...

    made = build_document(app)
    validate(made)
    found = [
        s["properties"] for name, s in made["components"]["schemas"].items() if "Thing" in name
    ]
    assert sorted(map(list, found)) == [["a"], ["b"]]


def test_one_model_for_input_and_answer_may_differ_by_direction(app: Flask) -> None:
    class Draft(BaseModel):
        text: str = ""

    @app.post("/it")
    @operation()
    def view(body: Draft) -> Draft:
        return body

    made = build_document(app)
    validate(made)
    assert set(made["components"]["schemas"]) >= {"Draft-Input", "Draft-Output"}


def test_the_same_app_makes_the_same_bytes_whatever_the_order_of_registration(
    make_app: Any,
) -> None:
    def made(names: str) -> str:
        app = make_app()
        for name in names:
            app.add_url_rule(f"/{name}", name, operation(returns=Post)(lambda: None))
        return json.dumps(build_document(app))

    assert made("abc") == made("cba")


def test_the_served_document_is_conditional(shop: Flask) -> None:
    client = shop.test_client()
    first = client.get("/openapi.json")
    again = client.get("/openapi.json", headers={"If-None-Match": first.headers["ETag"]})

    assert again.status_code == 304
    assert again.data == b""
    assert first.headers["Cache-Control"] == "no-cache"


def test_settings_fill_the_info(make_app: Any) -> None:
    app = make_app(
        DOVETAIL_CONTRACT_TITLE="Shop",
        DOVETAIL_CONTRACT_VERSION="7",
        DOVETAIL_CONTRACT_DESCRIPTION="All of it.",
    )
    assert build_document(app)["info"] == {
        "title": "Shop",
        "version": "7",
        "description": "All of it.",
    }


def test_operation_ids_are_unique_also_where_a_view_has_several_methods_or_paths(
    app: Flask,
) -> None:
    @app.route("/a", methods=["GET", "POST"])
    @app.get("/b")
    @operation()
    def view() -> None: ...

    made = build_document(app)
    validate(made)
    assert [op["operationId"] for item in made["paths"].values() for op in item.values()] == [
        "view_get",
        "view_post",
        "view_get_2",
    ]


def test_two_views_with_one_declared_id_are_refused(app: Flask) -> None:
    for name in "ab":
        app.add_url_rule(f"/{name}", name, operation(operation_id="x", returns=int)(lambda: 1))

    with pytest.raises(DeclarationError, match="'x'"):
        build_document(app)


def test_an_argument_that_is_in_no_path_is_refused(app: Flask) -> None:
    @app.get("/posts/<int:id>")
    @operation()
    def view(post_id: int) -> None: ...

    with pytest.raises(DeclarationError, match="'post_id' is not in the path"):
        build_document(app)


def test_a_status_that_no_registry_knows_is_documented(app: Flask) -> None:
    @app.get("/it")
    @operation(returns={218: Post})
    def view() -> Post: ...  # type: ignore[empty-body]

    responses = build_document(app)["paths"]["/it"]["get"]["responses"]
    assert responses["218"]["description"] == "Success"


def test_paths_of_every_converter_are_templates(app: Flask) -> None:
    @app.get("/<any(a, b):kind>/<path:rest>/<uuid:key>/<string(length=2):lang>/<float:x>/<word>")
    @operation(returns=int)
    def view(kind, rest, key, lang, x, word) -> int: ...  # type: ignore[no-untyped-def,empty-body]

    made = build_document(app)
    validate(made)
    assert list(made["paths"]) == ["/{kind}/{rest}/{key}/{lang}/{x}/{word}"]
    parameters = made["paths"]["/{kind}/{rest}/{key}/{lang}/{x}/{word}"]["get"]["parameters"]
    assert parameters[2]["schema"] == {"type": "string", "format": "uuid"}
