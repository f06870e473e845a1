from __future__ import annotations

import enum
import uuid
from dataclasses import dataclass
from datetime import UTC, date, datetime
from io import BytesIO
from typing import Annotated, Any, Generic, TypeVar

import pytest
from flask import Blueprint, Flask, Response, redirect
from flask.views import MethodView
from pydantic import AfterValidator, AliasChoices, BaseModel, ConfigDict, Field, model_validator
from typing_extensions import TypedDict

from flask_dovetail.contract import Problem, ResponseContractError, operation
from flask_dovetail.core.errors import DeclarationError
from flask_dovetail.problems import Conflict, Unauthenticated

T = TypeVar("T")


class Author(BaseModel):
    name: str


class PostIn(BaseModel):
    title: str = Field(min_length=1, max_length=20)
    tags: list[str] = []
    author: Author | None = None


class Post(PostIn):
    id: int


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Filters(BaseModel):
    q: str | None = None
    ids: list[int] = []
    colour: Colour | None = None
    since: date | None = None
    draft: bool = False


class Gone(Problem, code="POST_IS_GONE", status=410, title="The post is gone"):
    """It was deleted."""


def errors(answer: Any) -> list[tuple[str, str]]:
    assert answer.status_code == 422, answer.data
    assert answer.json["code"] == "VALIDATION_FAILED"
    return [(error["pointer"], error["code"]) for error in answer.json["errors"]]


# Inputs


def test_a_body_arrives_as_its_model_and_the_answer_leaves_as_declared(app: Flask) -> None:
    @app.post("/posts")
    @operation(returns={201: Post})
    def create(body: PostIn) -> Post:
        assert isinstance(body, PostIn)
        return Post(id=7, **body.model_dump())

    answer = app.test_client().post("/posts", json={"title": "Hi", "author": {"name": "Kim"}})

    assert answer.status_code == 201
    assert answer.content_type == "application/json"
    assert answer.json == {"title": "Hi", "tags": [], "author": {"name": "Kim"}, "id": 7}


def takes_strings(body: list[str]) -> None: ...


def post_to(app: Flask, kind: Any, **sent: Any) -> Any:
    def view(body: Any) -> None: ...

    view.__annotations__ = {"body": kind, "return": None}
    app.post("/it")(operation()(view))
    return app.test_client().post("/it", **sent)


class Note(TypedDict):
    text: str


@dataclass
class Point:
    x: int
    y: int


class Open(BaseModel):
    model_config = ConfigDict(extra="ignore")
    inner: Author | None = None


@pytest.mark.parametrize(
    ("kind", "good", "bad", "place"),
    [
        (PostIn, {"title": "a"}, {"title": "a", "x": 1}, "/body/x"),
        (PostIn, {"title": "a"}, {"title": "a", "author": {"name": "b", "x": 1}}, "/body/author/x"),
        (PostIn, {"title": "a"}, {}, "/body/title"),
        (PostIn, {"title": "a"}, [], "/body"),
        (list[Author], [{"name": "a"}], [{"name": "a"}, {"name": 1}], "/body/1/name"),
        (Note, {"text": "a"}, {"text": "a", "x": 1}, "/body/x"),
        (Point, {"x": 1, "y": 2}, {"x": 1, "y": 2, "z": 3}, "/body/z"),
        (dict[str, int], {"a": 1}, {"a/b~": "x"}, "/body/a~1b~0"),
        (Open, {"x": 1}, {"inner": {"name": "a", "x": 1}}, "/body/inner/x"),
        (Author | Note, {"name": "a"}, {"name": 5}, "/body/name"),
        (int, 2**53 - 1, 2**53, "/body"),
        (Annotated[int, Field(le=2**60, ge=0)], 2**60, -1, "/body"),
    ],
)
def test_a_body_is_any_type_and_each_wrong_place_has_a_pointer(
    app: Flask, kind: Any, good: Any, bad: Any, place: str
) -> None:
    answer = post_to(app, kind, json=good)
    assert answer.status_code == 204
    assert place in [pointer for pointer, _ in errors(app.test_client().post("/it", json=bad))]


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        (b"{", 400, "MALFORMED_JSON"),
        (b"\xef\xbb\xbf{}", 400, "MALFORMED_JSON"),
        (b'{"title": "\xff"}', 400, "MALFORMED_JSON"),
        (b'{"title": "\\ud800"}', 400, "MALFORMED_JSON"),
        (b'{"title": NaN}', 400, "MALFORMED_JSON"),
        (b'{"title": "a", "x": [-Infinity]}', 400, "MALFORMED_JSON"),
        (b"[" * 100_000, 400, "MALFORMED_JSON"),
        (b'{"title": 1' + b"0" * 10_000 + b"}", 400, "MALFORMED_JSON"),
        (b'{"title": "a", "title": 5}', 422, "VALIDATION_FAILED"),
        (b'{"title": "a\\u0000b"}', 422, "VALIDATION_FAILED"),
        (b'{"title": "a", "tags": ["NaN is a word", "\\\\u0000"]}', 204, None),
        (b"", 422, "VALIDATION_FAILED"),
        (b"null", 422, "VALIDATION_FAILED"),
    ],
)
def test_a_body_that_is_not_the_model_in_json_is_refused_and_never_an_error_of_ours(
    app: Flask, sent: bytes, status: int, code: str | None
) -> None:
    answer = post_to(app, PostIn, data=sent, content_type="application/json")

    assert answer.status_code == status
    assert code is None or answer.json["code"] == code


def test_null_byte_in_a_key_is_refused(app: Flask) -> None:
    """The place is what holds the key, since a pointer to the key itself would have the byte."""
    answer = post_to(app, dict[str, dict[str, int]], json={"a": {"b\0": 1}, "c\0": {}})
    assert errors(answer) == [("/body", "null_byte"), ("/body/a", "null_byte")]


def test_a_float_that_overflows_is_not_a_number(app: Flask) -> None:
    answer = post_to(app, dict[str, float], data=b'{"a": 1e999}', content_type="application/json")
    assert errors(answer) == [("/body/a", "finite_number")]


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json", 204),
        ("application/json; charset=utf-8", 204),
        ("application/json;charset=UTF-8", 204),
        ("APPLICATION/JSON", 204),
        ("application/merge-patch+json", 204),
        ("application/json; charset=latin-1", 415),
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
        ("multipart/form-data; boundary=x", 415),
        ("image/svg+json", 415),
        (None, 415),
    ],
)
def test_only_json_media_types_are_read(app: Flask, content_type: str | None, status: int) -> None:
    answer = post_to(app, PostIn, data=b'{"title": "a"}', content_type=content_type)

    assert answer.status_code == status


def test_an_optional_body_may_be_absent(app: Flask) -> None:
    @app.post("/it")
    @operation()
    def view(body: PostIn | None = None) -> bool:
        return body is None

    client = app.test_client()
    assert client.post("/it").json is True
    assert client.post("/it", json={"title": "a"}).json is False
    assert client.post("/it", json={"title": ""}).status_code == 422


class BrokenChunks(BytesIO):
    """A server's reader raises an exception of its own at a broken chunk."""

    def readinto(self, _: object) -> int:
        raise RuntimeError("Invalid chunk size: b'zz'")


def test_a_body_whose_chunks_are_broken_is_refused(make_app: Any) -> None:
    app = make_app()
    app.post("/it")(operation(returns={204: None})(takes_strings))
    answer = app.test_client().post(
        "/it",
        content_type="application/json",
        input_stream=BrokenChunks(),
        environ_overrides={"wsgi.input_terminated": True},
    )
    assert (answer.status_code, answer.json["code"]) == (400, "MALFORMED_JSON")
    assert "zz" not in answer.text


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_is_limited_to_a_mebibyte_unless_the_app_says_otherwise(
    make_app: Any, chunked: bool
) -> None:
    def size(app: Flask, count: int) -> int:
        @app.post("/it")
        @operation()
        def view(body: list[str]) -> None: ...

        data = b'["' + b"a" * (count - 4) + b'"]'
        sent: dict[str, Any] = {"data": data}
        if chunked:
            environ = {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
            sent = {"input_stream": BytesIO(data), "environ_overrides": environ}
        answer = app.test_client().post("/it", content_type="application/json", **sent)
        if answer.status_code != 204:
            assert answer.json["code"] == "PAYLOAD_TOO_LARGE"
        return answer.status_code

    assert size(make_app(), 1024 * 1024) == 204
    assert size(make_app(), 1024 * 1024 + 1) == 413
    assert size(make_app(MAX_CONTENT_LENGTH=2_000_000), 1024 * 1024 + 1) == 204
    assert size(make_app(MAX_CONTENT_LENGTH=100), 101) == 413


@pytest.mark.parametrize(
    ("chunked", "length", "expects", "left"),
    [
        (False, 300_000, False, 0),
        (True, 300_000, False, 0),
        (False, 3_000_000, False, 3_000_000 - 1024 * 1024),
        (False, 300_000, True, 300_000),
    ],
)
def test_a_body_that_is_too_large_is_read_for_a_while_so_that_the_client_hears_the_answer(
    make_app: Any, chunked: bool, length: int, expects: bool, left: int
) -> None:
    app = make_app(MAX_CONTENT_LENGTH=1000)
    app.post("/it")(operation(returns={204: None})(takes_strings))
    stream = BytesIO(b"x" * length)
    environ: dict[str, Any] = {"wsgi.input_terminated": True}
    if not chunked:
        environ["CONTENT_LENGTH"] = str(length)
    if expects:
        environ["HTTP_EXPECT"] = "100-continue"

    answer = app.test_client().post(
        "/it", content_type="application/json", input_stream=stream, environ_overrides=environ
    )

    assert answer.json["code"] == "PAYLOAD_TOO_LARGE"
    assert len(stream.read()) == left


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {"q": None, "ids": [], "colour": None, "since": None, "draft": False}),
        ("ids=1&ids=2", {"ids": [1, 2]}),
        ("ids=3", {"ids": [3]}),
        ("draft=true&q=%ED%95%9C", {"draft": True, "q": "한"}),
        ("colour=blue&since=2024-05-01", {"colour": "blue", "since": "2024-05-01"}),
        ("q=", {"q": ""}),
        ("q=%FF", {"q": "%FF"}),
    ],
)
def test_query_strings_become_typed_values(
    app: Flask, query: str, expected: dict[str, Any]
) -> None:
    @app.get("/it")
    @operation()
    def view(query: Filters) -> Filters:
        return query

    answer = app.test_client().get(f"/it?{query}")

    assert answer.status_code == 200, answer.data
    assert expected.items() <= answer.json.items()


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("x=1", [("/query/x", "extra_forbidden")]),
        ("q=a&q=b", [("/query/q", "repeated")]),
        ("q=a%00b", [("/query/q", "null_byte")]),
        ("ids=1&ids=x", [("/query/ids/1", "int_parsing")]),
        ("colour=green", [("/query/colour", "enum")]),
        ("ids=" + "9" * 30, [("/query/ids/0", "less_than_equal")]),
        (
            "draft=maybe&since=x",
            [("/query/since", "date_from_datetime_parsing"), ("/query/draft", "bool_parsing")],
        ),
    ],
)
def test_a_wrong_query_is_refused_with_each_place(
    app: Flask, query: str, expected: list[tuple[str, str]]
) -> None:
    @app.get("/it")
    @operation()
    def view(query: Filters) -> None: ...

    assert errors(app.test_client().get(f"/it?{query}")) == expected


def test_declared_headers_are_read_by_hyphenated_name_or_alias(app: Flask) -> None:
    class Conditions(BaseModel):
        x_retry_count: int = 0
        key: str = Field(alias="Idempotency-Key")

    @app.get("/it")
    @operation()
    def view(headers: Conditions) -> list[Any]:
        return [headers.x_retry_count, headers.key]

    client = app.test_client()
    sent = {"X-Retry-Count": "3", "Idempotency-Key": "k", "X-Other": "is not looked at"}
    assert client.get("/it", headers=sent).json == [3, "k"]
    wrong = client.get("/it", headers={"X-Retry-Count": "many"})
    assert errors(wrong) == [
        ("/headers/x-retry-count", "int_parsing"),
        ("/headers/idempotency-key", "missing"),
    ]


def test_a_header_is_read_by_the_alias_that_validation_knows(app: Flask) -> None:
    class Conditions(BaseModel):
        key: str = Field(validation_alias="Idempotency-Key")

    @app.get("/it")
    @operation()
    def view(headers: Conditions) -> str:
        return headers.key

    client = app.test_client()
    assert client.get("/it", headers={"Idempotency-Key": "k"}).json == "k"
    (parameter,) = client.get("/openapi.json").json["paths"]["/it"]["get"]["parameters"]
    assert (parameter["name"], parameter["in"]) == ("idempotency-key", "header")


def test_path_values_are_validated_by_annotation(app: Flask) -> None:
    @app.get("/a/<int:post_id>/<kind>")
    @operation()
    def view(post_id: int, kind: Colour) -> list[Any]:
        return [post_id, kind]

    @app.get("/b/<key>")
    @operation()
    def other(key: uuid.UUID) -> uuid.UUID:
        return key

    @app.get("/c/<text>")
    @operation()
    def plain(text) -> str:  # type: ignore[no-untyped-def]
        return str(text)

    client = app.test_client()
    assert client.get("/a/5/red").json == [5, "red"]
    assert errors(client.get("/a/5/green")) == [("/path/kind", "enum")]
    assert errors(client.get(f"/a/{2**70}/red")) == [("/path/post_id", "less_than_equal")]
    assert errors(client.get("/b/x")) == [("/path/key", "uuid_parsing")]
    assert client.get("/c/x").json == "x"
    assert errors(client.get("/c/a%00b")) == [("/path/text", "null_byte")]


def test_all_inputs_are_judged_in_one_answer(app: Flask) -> None:
    @app.post("/<int:size>")
    @operation()
    def view(size: Annotated[int, Field(le=3)], query: Filters, body: PostIn) -> None: ...

    answer = app.test_client().post("/9?x=1", json={})

    assert [pointer for pointer, _ in errors(answer)] == ["/path/size", "/query/x", "/body/title"]


def test_neither_values_nor_internals_are_repeated_in_a_refusal(app: Flask) -> None:
    answer = post_to(app, dict[str, int], json={"a": "hunter2"})

    assert errors(answer)
    assert "hunter2" not in answer.text


def test_a_refusal_lists_at_most_fifty_places(app: Flask) -> None:
    assert len(errors(post_to(app, list[int], json=["x"] * 1000))) == 50
    many = app.test_client().post("/it", json=["x"] * 1001)
    assert errors(many) == [("/body", "too_many_errors")]
    assert len(errors(app.test_client().post("/it", json=["\0"] * 100))) == 50


# Views


def test_methods_of_a_method_view_are_operations(app: Flask) -> None:
    class Posts(MethodView):
        @operation()
        def get(self, post_id: int) -> int:
            return post_id

        @operation()
        def patch(self, post_id: int, body: PostIn) -> str:
            return f"{post_id} {body.title}"

    blueprint = Blueprint("posts", __name__, url_prefix="/posts")
    blueprint.add_url_rule("/<int:post_id>", view_func=Posts.as_view("one"))
    app.register_blueprint(blueprint)
    client = app.test_client()

    assert client.get("/posts/4").json == 4
    assert client.patch("/posts/4", json={"title": "a"}).json == "4 a"


def test_an_async_view_is_an_operation(app: Flask) -> None:
    @app.post("/it")
    @operation()
    async def view(body: PostIn) -> str:
        return body.title

    client = app.test_client()
    assert client.post("/it", json={"title": "a"}).json == "a"
    assert client.post("/it", json={}).status_code == 422


def test_head_and_options_work(app: Flask) -> None:
    @app.get("/it")
    @operation()
    def view() -> str:
        return "x"

    client = app.test_client()
    head = client.head("/it")
    assert (head.status_code, head.data, head.content_length) == (200, b"", 3)
    assert client.options("/it").status_code == 200


def test_two_apps_in_one_process_keep_their_own_strictness(make_app: Any) -> None:
    @operation(returns={200: Author})
    def view() -> Any:
        return Author.model_construct(name=5)

    strict, loose = make_app(TESTING=True), make_app()
    for app in (strict, loose):
        app.get("/it")(view)

    assert loose.test_client().get("/it").json == {"name": 5}
    with pytest.raises(ResponseContractError):
        strict.test_client().get("/it")


# Answers


def test_a_bare_answer_takes_the_status_of_the_model_that_it_is(strict: Flask) -> None:
    @strict.get("/<int:which>")
    @operation(returns={200: Post, 202: Author, 204: None, 302: Response})
    def view(which: int) -> Any:
        return [
            Post(id=1, title="a"),
            Author(name="b"),
            None,
            (Author(name="c"), 202),
            (Author(name="d"), 202, {"X-Thing": "1"}),
            (Author(name="e"), {"X-Thing": "2"}),
            redirect("/elsewhere"),
        ][which]

    client = strict.test_client()
    answers = [client.get(f"/{which}") for which in range(7)]

    assert [answer.status_code for answer in answers] == [200, 202, 204, 202, 202, 202, 302]
    assert answers[2].data == b""
    assert "Content-Type" not in answers[2].headers
    assert answers[4].headers["X-Thing"] == "1"
    assert answers[5].headers["X-Thing"] == "2"
    assert answers[6].headers["Location"] == "/elsewhere"


@pytest.mark.parametrize(
    ("returned", "words"),
    [
        (Author(name="a"), "Author"),
        ({"title": "a", "id": 1}, "dict"),
        (Post.model_construct(title="a", id="x"), "id"),
        (Post.model_construct(title="far too long to be a title", id=1), "title"),
        (Post.model_construct(title="a", id=1, author=Author.model_construct(name=3)), "name"),
        ((Post(title="a", id=1), 203), "203"),
        (None, "None"),
        ("text", "str"),
        (Response("x", 500), "500"),
        ((1, 2, 3, 4), "tuple"),
    ],
)
def test_strict_mode_names_the_operation_whose_answer_is_not_declared(
    strict: Flask, returned: Any, words: str
) -> None:
    @strict.get("/it")
    @operation(returns={200: Post})
    def view() -> Any:
        return returned

    with pytest.raises(ResponseContractError, match="view") as caught:
        strict.test_client().get("/it")
    assert words in str(caught.value)


def test_an_answer_may_be_any_type(strict: Flask) -> None:
    class Pair(BaseModel, Generic[T]):
        both: tuple[T, T]

    @strict.get("/<int:which>")
    @operation(returns={200: Pair[int], 201: Note, 202: list[Point]})
    def view(which: int) -> Any:
        return [
            Pair(both=(1, 2)),
            Pair[int](both=(3, 4)),
            ({"text": "a"}, 201),
            ([Point(1, 2)], 202),
            Pair(both=("a", "b")),
            ({"text": 5}, 201),
            ([Point(1, "y")], 202),
        ][which]

    client = strict.test_client()
    assert [client.get(f"/{which}").json for which in range(4)] == [
        {"both": [1, 2]},
        {"both": [3, 4]},
        {"text": "a"},
        [{"x": 1, "y": 2}],
    ]
    for which in (4, 5, 6):
        with pytest.raises(ResponseContractError):
            client.get(f"/{which}")


def test_view_may_raise_what_its_guard_raises(strict: Flask, guard: Any) -> None:
    """The contract says so already: the account may be gone by the time that the view runs."""

    @operation()
    def view() -> None:
        raise Unauthenticated

    class Views(MethodView):
        get = staticmethod(guard()(view))

    strict.add_url_rule("/guarded", "guarded", guard()(view))
    strict.add_url_rule("/class", view_func=Views.as_view("views"))
    strict.add_url_rule("/open", "open", view)
    client = strict.test_client()
    client.set_cookie("sid", "1")
    assert [client.get(path).status_code for path in ("/guarded", "/class")] == [401, 401]
    with pytest.raises(ResponseContractError, match="UNAUTHENTICATED"):
        client.get("/open")


def test_an_answer_with_validators_of_its_own_is_not_run_through_them_again(
    strict: Flask,
) -> None:
    class Shouted(BaseModel):
        text: Annotated[str, AfterValidator(lambda text: text + "!")]
        at: datetime

        @model_validator(mode="before")
        @classmethod
        def from_row(cls, row: tuple[str, datetime]) -> dict[str, Any]:
            return {"text": row[0], "at": row[1]}

        def model_post_init(self, context: Any) -> None:
            assert self.text.endswith("!")
            assert not self.text.endswith("!!")

    @strict.get("/it")
    @operation()
    def view() -> Shouted:
        return Shouted.model_validate(("hey", datetime(2024, 1, 1, tzinfo=UTC)))

    assert strict.test_client().get("/it").json == {"text": "hey!", "at": "2024-01-01T00:00:00Z"}


def test_strict_mode_wants_a_time_zone_as_the_document_promises(strict: Flask) -> None:
    @strict.get("/it")
    @operation()
    def view() -> datetime:
        return datetime(2024, 1, 1)  # noqa: DTZ001

    with pytest.raises(ResponseContractError, match="timezone"):
        strict.test_client().get("/it")


def test_strict_mode_finds_a_refusal_that_is_not_declared(strict: Flask) -> None:
    @strict.get("/<int:which>")
    @operation(problems=[Gone])
    def view(which: int) -> None:
        raise [Gone(), Conflict()][which]

    client = strict.test_client()
    assert client.get("/0").json["code"] == "POST_IS_GONE"
    with pytest.raises(ResponseContractError, match="Conflict to problems="):
        client.get("/1")


def test_production_answers_an_undeclared_refusal(app: Flask) -> None:
    @app.get("/it")
    @operation()
    def view() -> None:
        raise Gone("yesterday")

    assert app.test_client().get("/it").json["code"] == "POST_IS_GONE"


def test_the_setting_wins_over_testing(make_app: Any) -> None:
    app = make_app(TESTING=True, DOVETAIL_CONTRACT_CHECK_RESPONSES=False)

    @app.get("/it")
    @operation()
    def view() -> Author:
        return Author.model_construct(name=5)

    assert app.test_client().get("/it").json == {"name": 5}


def test_production_sends_an_undeclared_answer_as_far_as_it_is_declared(app: Flask) -> None:
    @app.get("/<int:which>")
    @operation(returns={200: Post})
    def view(which: int) -> Any:
        row = {"id": 1, "title": "a", "secret": "s"}
        return [(row, 203), Author(name="a"), (Response("x"), 418)][which]

    client = app.test_client()
    answer = client.get("/0")
    assert (answer.status_code, answer.json) == (
        203,
        {"id": 1, "title": "a", "tags": [], "author": None},
    )
    assert client.get("/1").status_code == 500
    assert client.get("/2").status_code == 418


def test_strict_mode_wants_an_empty_answer_to_be_empty(strict: Flask) -> None:
    @strict.get("/it")
    @operation()
    def view() -> None:
        return 5  # type: ignore[return-value]

    with pytest.raises(ResponseContractError, match="with a body"):
        strict.test_client().get("/it")


# Declarations


def guarded(view: Any) -> Any:
    from flask_dovetail.contract.security import ATTRIBUTE, Security

    setattr(view, ATTRIBUTE, Security())
    return view


class Unfinished(BaseModel):
    later: NotThere  # type: ignore[name-defined]  # noqa: F821


def _view() -> None: ...


def _unannotated(body) -> None: ...  # type: ignore[no-untyped-def]


def _no_answer(body: PostIn): ...  # type: ignore[no-untyped-def]


def _tuple() -> tuple[Post, int]:
    raise NotImplementedError


def _query(query: dict[str, str]) -> None: ...


class SeveralNames(BaseModel):
    key: str = Field(validation_alias=AliasChoices("X-Key", "X-Old-Key"))


def _headers(headers: SeveralNames) -> None: ...


def _starred(**values: int) -> None: ...


def _odd(body: type) -> None: ...


def _missing_name(body: NotThere) -> None: ...  # type: ignore[name-defined]  # noqa: F821


@pytest.mark.parametrize(
    ("view", "arguments", "words"),
    [
        (guarded(lambda: None), {}, "above a guard"),
        (operation()(_view), {}, "twice"),
        (_unannotated, {}, "body has no annotation"),
        (_no_answer, {}, "what it answers"),
        (_tuple, {}, "which status"),
        (_query, {}, "query is annotated"),
        (_headers, {}, "several aliases"),
        (_starred, {}, "values"),
        (_missing_name, {}, "NotThere"),
        (_view, {"returns": {404: Post}}, "404"),
        (_view, {"returns": {204: Post}}, "204 has a body"),
        (_view, {"returns": {}}, "empty"),
        (_view, {"returns": {200: object()}}, "no type"),
        (_view, {"returns": Unfinished}, "no type"),
        (_view, {"problems": [ValueError]}, "ValueError"),
        (_view, {"examples": {200: 1}}, "example for 200"),
        (_view, {"returns": int, "examples": {200: "x"}}, "contradicts"),
        (_view, {"returns": Author, "mock": True}, "/name"),
        (_view, {"returns": {200: Response}, "mock": True}, "mocked"),
    ],
)
def test_a_declaration_that_cannot_work_is_refused_at_import_with_the_cure(
    view: Any, arguments: dict[str, Any], words: str
) -> None:
    with pytest.raises(DeclarationError, match=words) as caught:
        operation(**arguments)(view)
    assert "cure:" in str(caught.value) or "no type" in words
