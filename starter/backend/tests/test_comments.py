"""What people say about posts."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from app.database import db
from starter_support.visitor import Visitor

pytestmark = pytest.mark.parametrize("strategy", ["session", "token"])

POST = {"title": "Hello", "body": "World"}


@pytest.fixture
def path(staff: Visitor) -> str:
    """The comments of a post of staff's."""
    return f"/api/posts/{staff.post('/api/posts', POST).json['id']}/comments"


def say(who: Visitor, path: str, text: str) -> dict[str, object]:
    answer = who.post(path, {"text": text})
    assert answer.status_code == 201, answer.text
    comment: dict[str, object] = answer.json
    return comment


def test_a_comment_is_written_read_by_everybody_and_deleted(
    visitor: Visitor, member: Visitor, path: str
) -> None:
    made = say(member, path, "Nice\n좋아요")
    assert {"text": "Nice\n좋아요", "mine": True}.items() <= made.items()
    assert visitor.get(path).json["items"] == [{**made, "mine": False}]
    post = path.removesuffix("/comments")
    assert visitor.get(post).json["comments"] == 1
    assert member.delete(f"/api/comments/{made['id']}").status_code == 204
    assert visitor.get(path).json == {"items": [], "next_cursor": None}
    assert visitor.get(post).json["comments"] == 0
    again = member.delete(f"/api/comments/{made['id']}")
    assert (again.status_code, again.json["code"]) == (404, "NOT_FOUND")


def test_comments_come_oldest_first_each_once_and_later_ones_are_found(
    visitor: Visitor, member: Visitor, staff: Visitor, path: str
) -> None:
    said = [say(who, path, str(n))["id"] for n, who in enumerate([member, staff] * 3)]
    page = visitor.get(path, query_string={"limit": 4}).json
    said.append(say(member, path, "later")["id"])
    rest = visitor.get(path, query_string={"limit": 4, "cursor": page["next_cursor"]}).json
    assert [comment["id"] for comment in page["items"] + rest["items"]] == said
    assert rest["next_cursor"] is None


def test_comments_of_another_post_are_not_among_them(
    member: Visitor, path: str, visitor: Visitor
) -> None:
    other = f"/api/posts/{member.post('/api/posts', POST).json['id']}/comments"
    say(member, path, "here")
    assert visitor.get(other).json["items"] == []


def test_only_who_wrote_a_comment_and_staff_may_delete_it(
    member: Visitor, staff: Visitor, path: str
) -> None:
    refused = member.delete(f"/api/comments/{say(staff, path, 'Mine')['id']}")
    assert (refused.status_code, refused.json["code"]) == (403, "FORBIDDEN")
    assert staff.delete(f"/api/comments/{say(member, path, 'Rude')['id']}").status_code == 204


def test_writing_and_deleting_need_a_sign_in(visitor: Visitor, member: Visitor, path: str) -> None:
    made = say(member, path, "Hello")
    for answer in (
        visitor.post(path, {"text": "Hello"}),
        visitor.delete(f"/api/comments/{made['id']}"),
    ):
        assert (answer.status_code, answer.json["code"]) == (401, "UNAUTHENTICATED")


def test_a_post_that_is_not_there_has_no_comments(member: Visitor) -> None:
    unknown = "/api/posts/2147483647/comments"
    for answer in (member.get(unknown), member.post(unknown, {"text": "Hello"})):
        assert (answer.status_code, answer.json["code"]) == (404, "NOT_FOUND")


def test_a_post_that_is_deleted_while_it_is_commented_is_not_found(
    app: Flask, member: Visitor, path: str
) -> None:
    def delete(*_: object) -> None:
        with app.app_context(), db.engine.begin() as other:
            other.execute(sa.text("DELETE FROM posts WHERE title = 'Hello'"))

    sa.event.listen(Session, "before_flush", delete, once=True)
    answer = member.post(path, {"text": "Hello"})
    assert (answer.status_code, answer.json["code"]) == (404, "NOT_FOUND")


def test_comments_a_day_are_limited(app: Flask, member: Visitor, staff: Visitor, path: str) -> None:
    app.config["STARTER_COMMENTS_PER_DAY"] = 2
    for _ in range(2):
        say(member, path, "again")
    refused = member.post(path, {"text": "again"})
    assert (refused.status_code, refused.json["code"]) == (429, "TOO_MANY_COMMENTS")
    assert 0 < int(refused.headers["Retry-After"]) <= 24 * 3600
    say(staff, path, "somebody else's first")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"text": ""},
        {"text": " \n "},
        {"text": "x" * 2001},
        {"text": "bell\x07"},
        {"text": None},
        {"text": 1},
    ],
)
def test_a_comment_that_cannot_be_is_refused_with_the_field(
    member: Visitor, path: str, body: dict[str, object]
) -> None:
    answer = member.post(path, body)
    assert (answer.status_code, answer.json["code"]) == (422, "VALIDATION_FAILED")
    assert [error["pointer"] for error in answer.json["errors"]] == ["/body/text"]
