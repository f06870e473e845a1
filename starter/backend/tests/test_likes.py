"""Likes: counted on every post, one of each person."""

from __future__ import annotations

import threading

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.database import db
from app.models import Comment, Like
from starter_support.settings import PASSWORD
from starter_support.visitor import Visitor

pytestmark = pytest.mark.parametrize("strategy", ["session", "token"])

POST = {"title": "Hello", "body": "World"}


@pytest.fixture
def path(staff: Visitor) -> str:
    """A post of staff's."""
    return f"/api/posts/{staff.post('/api/posts', POST).json['id']}"


def test_a_new_post_is_liked_by_nobody(visitor: Visitor, path: str) -> None:
    post = visitor.get(path).json
    assert (post["likes"], post["liked"], post["comments"]) == (0, False, 0)


def test_a_like_is_counted_once_however_often_it_is_given(
    visitor: Visitor, member: Visitor, staff: Visitor, path: str
) -> None:
    for _ in range(2):
        answer = member.put(f"{path}/like", None)
        assert (answer.status_code, answer.json) == (200, {"likes": 1, "liked": True})
    assert staff.put(f"{path}/like", None).json == {"likes": 2, "liked": True}
    assert visitor.get(path).json["likes"] == 2


def test_a_like_that_is_taken_back_counts_no_more(
    member: Visitor, staff: Visitor, path: str
) -> None:
    member.put(f"{path}/like", None)
    staff.put(f"{path}/like", None)
    for _ in range(2):
        answer = member.delete(f"{path}/like")
        assert (answer.status_code, answer.json) == (200, {"likes": 1, "liked": False})
    assert member.put(f"{path}/like", None).json == {"likes": 2, "liked": True}


def test_whoever_asks_is_told_of_their_own_likes(
    visitor: Visitor, member: Visitor, staff: Visitor, path: str
) -> None:
    member.put(f"{path}/like", None)
    for who, liked in ((member, True), (staff, False), (visitor, False)):
        assert who.get(path).json["liked"] is liked
        assert who.get("/api/posts?limit=1").json["items"][0]["liked"] is liked
    assert staff.patch(path, {"title": "Hi"}).json["likes"] == 1


def test_the_same_like_from_two_tabs_at_once_is_one(app: Flask, path: str) -> None:
    tabs = [Visitor(app).sign_in("demo@example.com", PASSWORD) for _ in range(4)]
    together = threading.Barrier(len(tabs))
    answers: list[object] = []

    def like(tab: Visitor) -> None:
        together.wait()
        answers.append(tab.put(f"{path}/like", None).json)

    threads = [threading.Thread(target=like, args=[tab]) for tab in tabs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [{"likes": 1, "liked": True}] * 4


@pytest.mark.parametrize(
    ("meanwhile", "answer"),
    [
        ("INSERT INTO likes SELECT posts.id, users.id, joined_at FROM posts, users {which}", 200),
        ("DELETE FROM posts WHERE title = 'Hello'", 404),
    ],
    ids=["liked in another tab", "deleted"],
)
def test_what_happens_to_the_post_while_it_is_liked_is_no_fault(
    app: Flask, member: Visitor, path: str, meanwhile: str, answer: int
) -> None:
    which = "WHERE title = 'Hello' AND email = 'demo@example.com'"

    def act(*_: object) -> None:
        with app.app_context(), db.engine.begin() as other:
            other.execute(sa.text(meanwhile.format(which=which)))

    sa.event.listen(Session, "before_flush", act, once=True)
    answered = member.put(f"{path}/like", None)
    assert answered.status_code == answer
    if answer == 200:
        assert answered.json == {"likes": 1, "liked": True}


def test_liking_needs_a_sign_in(visitor: Visitor, path: str) -> None:
    for answer in (visitor.put(f"{path}/like", None), visitor.delete(f"{path}/like")):
        assert (answer.status_code, answer.json["code"]) == (401, "UNAUTHENTICATED")


def test_a_post_that_is_not_there_cannot_be_liked(member: Visitor) -> None:
    unknown = "/api/posts/2147483647/like"
    for answer in (member.put(unknown, None), member.delete(unknown)):
        assert (answer.status_code, answer.json["code"]) == (404, "NOT_FOUND")


def test_likes_and_comments_go_with_their_post(
    app: Flask, member: Visitor, staff: Visitor, path: str
) -> None:
    def rows() -> list[int | None]:
        with app.app_context():
            return [
                db.session.scalar(select(func.count()).select_from(kind))
                for kind in (Like, Comment)
            ]

    before = rows()
    member.put(f"{path}/like", None)
    member.post(f"{path}/comments", {"text": "Hello"})
    assert rows() != before
    assert staff.delete(path).status_code == 204
    assert rows() == before


def test_a_longer_feed_costs_no_query_more(app: Flask, member: Visitor) -> None:
    queries: list[str] = []
    with app.app_context():
        engine = db.engine
    sa.event.listen(engine, "before_cursor_execute", lambda *call: queries.append(str(call[2])))
    costs = []
    for limit in (1, 50):
        queries.clear()
        items = member.get(f"/api/posts?limit={limit}").json["items"]
        assert len(items) == limit
        costs.append(len(queries))
    assert sum(item["likes"] for item in items) > 20
    assert sum(item["comments"] for item in items) > 10
    assert costs[1] <= costs[0]
