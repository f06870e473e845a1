"""`/api/notifications`: one's own, over HTTP, in both strategies."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from flask_dovetail import Dovetail, Identity
from support.realtime_app import SECRET_KEY
from support.realtime_site import RealtimeSite, Visitor

PATH = "/api/notifications"


@pytest.fixture
def reader(either_site: RealtimeSite) -> Visitor:
    return either_site.person("ada")


def test_the_newest_come_first_page_by_page(either_site: RealtimeSite, reader: Visitor) -> None:
    either_site.like("ada", *range(1, 6))
    either_site.like("bob", 9)
    seen: list[int] = []
    query = "?limit=2"
    while query:
        page = reader.get(PATH + query)
        assert (page["seq"], page["unread"]) == (5, 5)
        seen += [item["data"]["thing"] for item in page["items"]]
        cursor = page["next_cursor"]
        query = f"?limit=2&cursor={cursor}" if cursor else ""
    assert seen == [5, 4, 3, 2, 1]


def test_a_notification_looks_as_it_does_on_the_socket(
    either_site: RealtimeSite, reader: Visitor
) -> None:
    either_site.like("ada", 7)
    pushed = reader.connect(last=0).next("liked")
    assert reader.get(PATH)["items"] == [pushed]
    assert set(pushed) == {"seq", "event", "data", "created_at", "read_at"}


def test_new_notifications_do_not_disturb_pages(either_site: RealtimeSite, reader: Visitor) -> None:
    either_site.like("ada", *range(1, 5))
    first = reader.get(f"{PATH}?limit=2")
    either_site.like("ada", 5)
    rest = reader.get(f"{PATH}?limit=2&cursor={first['next_cursor']}")
    assert [item["seq"] for item in rest["items"]] == [2, 1]
    assert rest["next_cursor"] is None


def test_marking_is_the_same_however_often(either_site: RealtimeSite, reader: Visitor) -> None:
    either_site.like("ada", 1, 2, 3)
    for _ in range(2):
        assert reader.post(f"{PATH}/2/read").json() == {"seq": 3, "unread": 2}
    first = reader.get(f"{PATH}?unread=true")["items"]
    assert [item["seq"] for item in first] == [3, 1]
    read = next(item for item in reader.get(PATH)["items"] if item["seq"] == 2)
    assert read["read_at"].endswith("Z")
    for _ in range(2):
        assert reader.post(f"{PATH}/read", up_to=2).json() == {"seq": 3, "unread": 1}
    assert reader.get(f"{PATH}/unread") == {"seq": 3, "unread": 1}


def test_notifications_of_others_cannot_be_marked(
    either_site: RealtimeSite, reader: Visitor
) -> None:
    either_site.like("bob", 1, 2)
    answer = reader.post(f"{PATH}/1/read")
    assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")
    reader.post(f"{PATH}/read", up_to=2)
    bob = either_site.person("bob")
    assert bob.get(f"{PATH}/unread") == {"seq": 2, "unread": 2}
    assert reader.get(PATH)["items"] == []


@pytest.mark.parametrize("seq", ["0", "9", "9007199254740991", "-1", "x"])
def test_a_number_that_is_not_there_is_not_found(ada: Visitor, seq: str) -> None:
    answer = ada.post(f"{PATH}/{seq}/read")
    assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")


@pytest.mark.parametrize("digits", [20, 200, 4000])
def test_a_number_that_no_database_holds_is_refused(ada: Visitor, digits: int) -> None:
    answer = ada.post(f"{PATH}/{'9' * digits}/read")
    assert (answer.status_code, answer.json()["code"]) == (422, "VALIDATION_FAILED")


@pytest.mark.parametrize(
    ("query", "code", "status"),
    [
        ("?limit=0", "VALIDATION_FAILED", 422),
        ("?limit=x", "VALIDATION_FAILED", 422),
        ("?limit=1000000", "VALIDATION_FAILED", 422),
        ("?unread=perhaps", "VALIDATION_FAILED", 422),
        ("?cursor=nonsense", "INVALID_CURSOR", 400),
        ("?cursor=OTk5OTk5OTk5OTk5OTk5OTk5OTk5", "INVALID_CURSOR", 400),
        ("?cursor=", "INVALID_CURSOR", 400),
    ],
)
def test_a_query_that_cannot_be_is_refused(
    ada: Visitor, query: str, code: str, status: int
) -> None:
    answer = ada.http.get(PATH + query)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize(
    "body", [{}, {"up_to": -1}, {"up_to": "2"}, {"up_to": 1.5}, {"up_to": 2**53}, {"up_to": None}]
)
def test_a_body_that_cannot_be_is_refused(ada: Visitor, body: dict[str, Any]) -> None:
    answer = ada.http.post(f"{PATH}/read", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "VALIDATION_FAILED")
    assert answer.json()["errors"][0]["pointer"] == "/body/up_to"


@pytest.mark.parametrize("path", ["", "/unread"])
def test_a_stranger_reads_nothing(reader: Visitor, path: str) -> None:
    reader.http.cookies.clear()
    reader.http.headers.pop("Authorization", None)
    answer = reader.http.get(PATH + path)
    assert (answer.status_code, answer.json()["code"]) == (401, "UNAUTHENTICATED")


def test_marking_by_the_cookie_needs_the_csrf_token(site: RealtimeSite, ada: Visitor) -> None:
    site.like("ada", 1)
    ada.http.headers.pop("X-CSRF-Token")
    for path in ("/1/read", "/read"):
        answer = ada.http.post(PATH + path, json={"up_to": 1})
        assert (answer.status_code, answer.json()["code"]) == (403, "CSRF_FAILED")
    assert ada.get(f"{PATH}/unread")["unread"] == 1


def test_a_page_of_others_marks_nothing(site: RealtimeSite, ada: Visitor) -> None:
    site.like("ada", 1)
    answer = ada.http.post(f"{PATH}/1/read", headers={"Origin": "https://evil.example"})
    assert (answer.status_code, answer.json()["code"]) == (403, "ORIGIN_NOT_ALLOWED")
    assert ada.get(f"{PATH}/unread")["unread"] == 1


def test_no_cache_keeps_what_is_ones_own(reader: Visitor) -> None:
    answer = reader.http.get(PATH)
    assert {"private", "no-store"} & set(answer.headers["Cache-Control"].split(", "))


def test_the_contract_has_the_notifications_that_there_can_be(
    site: RealtimeSite, ada: Visitor
) -> None:
    document = ada.get("/openapi.json")
    page = document["components"]["schemas"]["NotificationPage"]
    assert set(page["properties"]) == {"items", "next_cursor", "seq", "unread"}
    item = page["properties"]["items"]["items"]
    assert item == {"$ref": "#/components/schemas/LikedNotification"}
    liked = document["components"]["schemas"]["LikedNotification"]
    assert liked["properties"]["event"]["const"] == "liked"
    assert liked["properties"]["data"] == {"$ref": "#/components/schemas/Liked"}
    assert {path for path in document["paths"] if path.startswith(PATH)} == {
        PATH,
        f"{PATH}/unread",
        f"{PATH}/read",
        f"{PATH}/{{seq}}/read",
    }


def test_an_app_without_sockets_has_no_such_routes(tmp_path: Path) -> None:
    app = Flask("plain", instance_path=str(tmp_path))
    app.config["SECRET_KEY"] = SECRET_KEY
    Dovetail(authenticate=lambda _: None, load_identity=Identity).init_app(app)
    client = app.test_client()
    for path in (PATH, "/asyncapi.json", "/socket.io/?EIO=4&transport=websocket"):
        assert client.get(path).status_code == 404
