"""The feed, and writing."""

from __future__ import annotations

import base64
import json
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from app.database import db
from starter_support.settings import PASSWORD
from starter_support.visitor import Visitor

pytestmark = pytest.mark.parametrize("strategy", ["session", "token"])

POST = {"title": "Hello", "body": "First line\n둘째 줄"}


def test_the_feed_is_public_newest_first_and_every_post_comes_once(visitor: Visitor) -> None:
    seen: list[dict[str, object]] = []
    cursor: str | None = ""
    while cursor is not None:
        page = visitor.get(
            "/api/posts", query_string={"limit": 7} | ({"cursor": cursor} if cursor else {})
        ).json
        assert len(page["items"]) <= 7
        seen += page["items"]
        cursor = page["next_cursor"]
    assert len(seen) == len({post["id"] for post in seen}) == 62
    moments = [str(post["created_at"]) for post in seen]
    assert moments == sorted(moments, reverse=True)


def test_a_page_stays_in_place_when_something_new_is_written(
    visitor: Visitor, member: Visitor
) -> None:
    first = visitor.get("/api/posts?limit=3").json
    follows = visitor.get(f"/api/posts?limit=3&cursor={first['next_cursor']}").json
    member.post("/api/posts", POST)
    assert visitor.get(f"/api/posts?limit=3&cursor={first['next_cursor']}").json == follows


def test_posts_of_the_same_moment_are_neither_lost_nor_repeated(
    visitor: Visitor, member: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = [member.post("/api/posts", POST).json["id"] for _ in range(5)]
    page = visitor.get("/api/posts?limit=2").json
    found = [post["id"] for post in page["items"]]
    while len(found) < 5:
        page = visitor.get(f"/api/posts?limit=2&cursor={page['next_cursor']}").json
        found += [post["id"] for post in page["items"]]
    assert found[:5] == written[::-1]


def test_a_post_is_written_read_edited_and_deleted(member: Visitor, visitor: Visitor) -> None:
    made = member.post("/api/posts", POST)
    assert made.status_code == 201
    assert {**POST, "mine": True, "edited_at": None}.items() <= made.json.items()
    path = f"/api/posts/{made.json['id']}"
    assert visitor.get(path).json == {**made.json, "mine": False}
    edited = member.patch(path, {"title": "Hello again"}).json
    assert edited["title"] == "Hello again"
    assert edited["body"] == POST["body"]
    assert edited["edited_at"] > edited["created_at"]
    assert member.delete(path).status_code == 204
    gone = visitor.get(path)
    assert (gone.status_code, gone.json["code"]) == (404, "NOT_FOUND")


def test_only_the_author_and_staff_may_change_a_post(member: Visitor, staff: Visitor) -> None:
    of_staff = f"/api/posts/{staff.post('/api/posts', POST).json['id']}"
    for refused in (member.patch(of_staff, {"title": "Mine"}), member.delete(of_staff)):
        assert (refused.status_code, refused.json["code"]) == (403, "FORBIDDEN")
    of_member = f"/api/posts/{member.post('/api/posts', POST).json['id']}"
    assert staff.patch(of_member, {"title": "Tidied"}).json["title"] == "Tidied"
    assert staff.delete(of_member).status_code == 204


def test_writing_needs_a_sign_in(visitor: Visitor) -> None:
    answer = visitor.post("/api/posts", POST)
    assert (answer.status_code, answer.json["code"]) == (401, "UNAUTHENTICATED")


def test_deleting_a_post_does_not_give_another_one(app: Flask, member: Visitor) -> None:
    app.config["STARTER_POSTS_PER_DAY"] = 2
    for _ in range(2):
        post = member.post("/api/posts", POST)
        assert post.status_code == 201
        assert member.delete(f"/api/posts/{post.json['id']}").status_code == 204
    assert member.post("/api/posts", POST).json["code"] == "TOO_MANY_POSTS"


def test_posts_at_once_are_never_more_than_the_limit(app: Flask) -> None:
    """Sixty by one person, where seven may be: seven are written, however they race."""
    app.config["STARTER_POSTS_PER_DAY"] = 7
    browsers = [Visitor(app).sign_in("demo@example.com", PASSWORD) for _ in range(6)]
    barrier = Barrier(len(browsers))

    def post(browser: Visitor) -> list[int]:
        barrier.wait(30)
        return [browser.post("/api/posts", POST).status_code for _ in range(10)]

    with ThreadPoolExecutor(len(browsers)) as pool:
        statuses = [status for ten in pool.map(post, browsers) for status in ten]
    assert sorted(set(statuses)) == [201, 429]
    assert statuses.count(201) == 7


def test_posts_a_day_are_limited(app: Flask, member: Visitor) -> None:
    app.config["STARTER_POSTS_PER_DAY"] = 2
    statuses = [member.post("/api/posts", POST).status_code for _ in range(2)]
    refused = member.post("/api/posts", POST)
    assert statuses[0] == 201
    assert (refused.status_code, refused.json["code"]) == (429, "TOO_MANY_POSTS")
    assert 0 < int(refused.headers["Retry-After"]) <= 24 * 3600


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"title": ""}, "/body/title"),
        ({"title": " \t "}, "/body/title"),
        ({"title": "x" * 121}, "/body/title"),
        ({"title": "one\r\nSet-Cookie: two"}, "/body/title"),
        ({"body": "x" * 5001}, "/body/body"),
        ({"body": "bell\x07"}, "/body/body"),
        ({"author": 1}, "/body/author"),
    ],
)
def test_a_post_that_cannot_be_is_refused_with_the_field(
    member: Visitor, change: dict[str, object], pointer: str
) -> None:
    answer = member.post("/api/posts", {**POST, **change})
    assert (answer.status_code, answer.json["code"]) == (422, "VALIDATION_FAILED")
    assert [error["pointer"] for error in answer.json["errors"]] == [pointer]


def position(*values: object) -> str:
    raw = json.dumps(values, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@pytest.mark.parametrize(
    "cursor",
    [
        "nonsense",
        position(1, 2),
        position("2026-01-01T00:00:00Z", 2**40),
        position("2026-01-01T00:00:00Z", "1 OR 1=1"),
        position("0001-01-01T00:00:00+23:59", 1),
        position("9999-12-31T23:59:59-23:59", 1),
        position("2026-01-01T00:00:00", 1),
    ],
)
def test_a_cursor_that_the_feed_did_not_make_is_refused(visitor: Visitor, cursor: str) -> None:
    answer = visitor.get("/api/posts", query_string={"cursor": cursor})
    assert (answer.status_code, answer.json["code"]) == (400, "INVALID_CURSOR")


@pytest.mark.parametrize("moment", ["before_flush", "after_commit"])
def test_a_post_that_is_deleted_while_it_is_edited_is_not_found(
    app: Flask, member: Visitor, moment: str
) -> None:
    path = f"/api/posts/{member.post('/api/posts', POST).json['id']}"

    def delete(*_: object) -> None:
        with app.app_context(), db.engine.begin() as other:
            other.execute(sa.text("DELETE FROM posts WHERE title = 'Hello'"))

    sa.event.listen(Session, moment, delete)
    try:
        answer = member.patch(path, {"title": "Hello" if moment == "after_commit" else "Hi"})
    finally:
        sa.event.remove(Session, moment, delete)
    assert (answer.status_code, answer.json["code"]) == (404, "NOT_FOUND")


def test_an_error_of_the_database_quotes_no_row(app: Flask) -> None:
    with app.app_context(), pytest.raises(sa.exc.OperationalError) as failed:
        db.session.execute(sa.text("INSERT INTO nowhere VALUES (:value)"), {"value": "hunter2"})
    assert "hunter2" not in str(failed.value)
