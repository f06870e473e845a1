"""What strict mode accepts and refuses agrees with what inputs accept and refuse."""

from __future__ import annotations

from datetime import datetime
from io import BytesIO
from typing import Any

import pytest
from flask import Flask, Response, send_file
from pydantic import BaseModel, NaiveDatetime

from flask_dovetail.contract import Cursor, ResponseContractError, operation
from flask_dovetail.core.errors import DeclarationError


class Event(BaseModel):
    at: datetime


class Local(BaseModel):
    at: NaiveDatetime


@pytest.mark.parametrize("place", ["/body/at", "/query/at"])
@pytest.mark.parametrize("text", ["2024-05-01T12:00:00", "2024-05-01", "2024-05-01 12:00"])
def test_a_time_that_could_not_be_echoed_is_not_accepted(
    strict: Flask, text: str, place: str
) -> None:
    @strict.post("/body")
    @operation
    def body(body: Event) -> Event:
        return body

    @strict.get("/query")
    @operation
    def query(query: Event) -> Event:
        return query

    client = strict.test_client()
    if place.startswith("/body"):
        answer = client.post("/body", json={"at": text})
    else:
        answer = client.get("/query", query_string={"at": text})
    assert answer.status_code == 422
    (error,) = answer.json["errors"]
    assert (error["pointer"], error["code"]) == (place, "timezone_aware")
    sent = {"at": "2024-05-01T12:00:00+09:00"}
    assert client.post("/body", json=sent).json == sent
    assert client.get("/query", query_string=sent).json == sent


def test_a_type_may_want_no_zone(strict: Flask) -> None:
    @strict.post("/it")
    @operation
    def view(body: Local) -> Local:
        return body

    client = strict.test_client()
    assert client.post("/it", json={"at": "2024-05-01T12:00:00"}).json == {
        "at": "2024-05-01T12:00:00"
    }
    assert client.post("/it", json={"at": "2024-05-01T12:00:00Z"}).status_code == 422


def test_a_cursor_keeps_a_naive_time() -> None:
    """As rows of SQLite have it: the text is ours, and no `date-time` of the document."""
    by_age = Cursor(tuple[datetime, int])
    position = (datetime(2024, 5, 1), 7)  # noqa: DTZ001
    assert by_age.decode(by_age.encode(position)) == position


@pytest.mark.parametrize("sent", ["bytes=0-1", None, "bytes=9-"])
def test_ranges_of_a_file_are_answered(strict: Flask, sent: str | None) -> None:
    @strict.get("/it")
    @operation(returns={200: Response})
    def view() -> Any:
        return send_file(BytesIO(b"abcd"), download_name="a.txt", conditional=True)

    headers = {} if sent is None else {"Range": sent}
    answer = strict.test_client().get("/it", headers=headers)
    expected = {"bytes=0-1": (206, b"ab"), None: (200, b"abcd")}
    if sent in expected:
        assert (answer.status_code, answer.data) == expected[sent]
    else:
        assert answer.status_code == 416


def test_an_undeclared_206_of_a_model_is_refused(strict: Flask) -> None:
    strict.get("/it")(operation(returns={200: int})(lambda: Response("1", 206)))
    with pytest.raises(ResponseContractError, match="206"):
        strict.test_client().get("/it")


def test_the_decorator_needs_no_parentheses(strict: Flask) -> None:
    @strict.get("/it")
    @operation
    def view() -> int:
        """Say one."""
        return 1

    client = strict.test_client()
    assert client.get("/it").json == 1
    assert client.get("/openapi.json").json["paths"]["/it"]["get"]["summary"] == "Say one"


def test_an_argument_by_position_is_refused_with_the_cure() -> None:
    with pytest.raises(DeclarationError, match="keyword"):
        operation({201: Event})  # type: ignore[call-overload]
