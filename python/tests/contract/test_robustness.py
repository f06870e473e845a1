"""Any bytes are answered by the model or by a refusal, never by a fault of ours."""

from __future__ import annotations

import enum
import json
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from flask import Flask
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, EmailStr, Field

from flask_dovetail.contract import PageQuery, operation


class Kind(enum.Enum):
    A = "a"
    B = "b"


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: Annotated[int, Field(ge=0, le=9)]


class Dog(BaseModel):
    kind: Literal["dog"]
    name: str


class Everything(BaseModel):
    text: str = Field(default="", max_length=20, pattern="^[a-z]*$")
    number: int = 0
    ratio: float = 0.0
    price: Decimal = Decimal(0)
    at: datetime | None = None
    span: timedelta | None = None
    key: UUID | None = None
    mail: EmailStr | None = None
    kind: Kind = Kind.A
    pet: Annotated[Cat | Dog, Field(discriminator="kind")] | None = None
    either: int | str | list[int] = 0
    tree: list[Everything] = Field(default=[])
    anything: Any = None
    mapping: dict[str, int] = Field(default={})


class Query(PageQuery):
    ids: list[int] = Field(default=[])
    at: datetime | None = None
    kind: Kind | None = None


FIELDS = st.sampled_from([*Everything.model_fields, "unknown", ""])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | FIELDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(FIELDS, inner, max_size=5),
    max_leaves=12,
)
FEW = settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture
def client(app: Flask) -> Any:
    @app.post("/<key>")
    @operation()
    def view(key: str, query: Query, body: Everything) -> Everything:
        return body

    return app.test_client()


def judge(answer: Any) -> None:
    assert answer.status_code in (200, 400, 404, 413, 415, 422), answer.text
    if answer.status_code != 200:
        assert answer.content_type == "application/problem+json"
        assert answer.json["status"] == answer.status_code
        for error in answer.json.get("errors", ()):
            assert error["pointer"].startswith(("/body", "/query", "/path/"))


@FEW
@given(st.dictionaries(FIELDS, JSON, max_size=5) | JSON)
@example({"tree": [{"tree": [{"pet": {"kind": "x"}}]}]})
@example({"anything": {"a": "\0", "\0": 1}})
@example({"number": 10**400, "ratio": 1e308, "price": "1e999999999"})
@example({"span": 1e300, "at": -(10**18)})
@example({"price": "9" * 500, "at": "9999-12-31T23:59:59+23:59"})
def test_any_json(client: Any, sent: Any) -> None:
    judge(client.post("/k", data=json.dumps(sent), content_type="application/json"))


@FEW
@given(st.binary(max_size=60))
@example(b'{"text": "\\ud800"}')
@example(b'{"number": 1e400, "ratio": 1e400}')
@example(b'{"a":' * 300)
@example(b"\x00")
def test_any_bytes(client: Any, sent: bytes) -> None:
    judge(client.post("/k", data=sent, content_type="application/json"))


@FEW
@given(
    st.lists(
        st.tuples(st.sampled_from([*Query.model_fields, "x"]), st.text(max_size=9)), max_size=4
    )
)
def test_any_query(client: Any, pairs: list[tuple[str, str]]) -> None:
    judge(client.post("/k", query_string=pairs, json={}))


@FEW
@given(st.binary(max_size=30).map(lambda raw: "".join(f"%{byte:02x}" for byte in raw)))
def test_any_escaped_query_and_path(client: Any, text: str) -> None:
    judge(client.post(f"/{text}?limit={text}&{text}", json={}))


@FEW
@given(st.text(st.characters(codec="latin-1", exclude_categories=["Cc"]), max_size=30))
@example('application/json; charset="')
@example("application/json;" + ";" * 500)
def test_any_content_type(client: Any, content_type: str) -> None:
    judge(client.post("/k", data=b"{}", content_type=content_type))
