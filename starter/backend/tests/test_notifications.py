"""What people are notified of: likes and comments on what they wrote."""

from __future__ import annotations

import sqlite3
import time

import pytest
import sqlalchemy as sa
from flask import Flask

from app.database import db
from app.events import excerpt
from starter_support.visitor import Visitor

POST = {"title": "Hello", "body": "World"}
ADA = {"email": "ada@example.com", "name": "Ada", "password": "analytical engine"}


@pytest.fixture
def post(staff: Visitor) -> int:
    """A post of staff's."""
    post_id: int = staff.post("/api/posts", POST).json["id"]
    return post_id


def told(who: Visitor) -> list[tuple[str, dict[str, object]]]:
    """Their notifications, the newest first."""
    items = who.get("/api/notifications").json["items"]
    return [(item["event"], item["data"]) for item in items]


@pytest.mark.parametrize("strategy", ["session", "token"])
def test_who_wrote_a_post_is_notified_of_likes_and_comments_and_nobody_else(
    member: Visitor, staff: Visitor, post: int
) -> None:
    member.put(f"/api/posts/{post}/like", None)
    made = member.post(f"/api/posts/{post}/comments", {"text": "Nice\n\n좋아요"}).json
    by = {"id": made["author"]["id"], "name": "Demo Kim"}
    about = {"post_id": post, "title": "Hello", "by": by}
    assert told(staff) == [
        ("post-commented", {**about, "comment_id": made["id"], "excerpt": "Nice 좋아요"}),
        ("post-liked", about),
    ]
    assert staff.get("/api/notifications/unread").json == {"seq": 2, "unread": 2}
    assert told(member) == []


def test_nobody_is_notified_of_what_they_did_themselves(staff: Visitor, post: int) -> None:
    staff.put(f"/api/posts/{post}/like", None)
    staff.post(f"/api/posts/{post}/comments", {"text": "And another thing"})
    assert told(staff) == []


def test_a_like_that_is_given_again_is_news_after_a_day_only(
    app: Flask, member: Visitor, staff: Visitor, post: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def again() -> None:
        member.delete(f"/api/posts/{post}/like")
        assert member.put(f"/api/posts/{post}/like", None).json == {"likes": 1, "liked": True}

    for _ in range(3):
        again()
    assert len(told(staff)) == 1
    tomorrow = time.time() + 24 * 3600
    monkeypatch.setattr(time, "time", lambda: tomorrow)
    again()
    assert len(told(staff)) == 2


def test_likes_of_others_and_of_other_posts_are_news_each(
    visitor: Visitor, member: Visitor, staff: Visitor, post: int
) -> None:
    other = staff.post("/api/posts", POST).json["id"]
    visitor.post("/api/signup", ADA)
    ada = visitor.sign_in(ADA["email"], ADA["password"])
    for who, liked in ((member, post), (member, other), (ada, post)):
        who.put(f"/api/posts/{liked}/like", None)
    seen = [(data["by"]["name"], data["post_id"]) for _, data in told(staff)]
    assert seen == [("Ada", post), ("Demo Kim", other), ("Demo Kim", post)]


@pytest.mark.parametrize("what", ["like", "comment"])
def test_what_is_not_committed_notifies_nobody(
    app: Flask, member: Visitor, staff: Visitor, post: int, what: str
) -> None:
    written: list[str] = []

    def fail(_: object) -> None:
        full = sqlite3.OperationalError("database or disk is full")
        full.sqlite_errorcode = sqlite3.SQLITE_FULL
        raise sa.exc.OperationalError("COMMIT", None, full)

    with app.app_context():
        engine = db.engine
    sa.event.listen(engine, "before_cursor_execute", lambda *call: written.append(str(call[2])))
    sa.event.listen(engine, "commit", fail)
    if what == "like":
        answer = member.put(f"/api/posts/{post}/like", None)
    else:
        answer = member.post(f"/api/posts/{post}/comments", {"text": "Hello"})
    sa.event.remove(engine, "commit", fail)
    assert (answer.status_code, answer.json["code"]) == (503, "SERVICE_UNAVAILABLE")
    assert "INSERT INTO dovetail_notifications" in written[-1]
    assert told(staff) == []
    shown = staff.get(f"/api/posts/{post}").json
    assert (shown["likes"], shown["comments"]) == (0, 0)


def test_a_long_comment_is_told_by_its_beginning(
    member: Visitor, staff: Visitor, post: int
) -> None:
    member.post(f"/api/posts/{post}/comments", {"text": "말" * 2000})
    ((_, data),) = told(staff)
    assert data["excerpt"] == "말" * 139 + "…"


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("short", "short"),
        ("x" * 140, "x" * 140),
        ("x" * 141, "x" * 139 + "…"),
        ("x" * 138 + " yes", "x" * 138 + "…"),
        (" two \n\n lines\t", "two lines"),
    ],
)
def test_an_excerpt_is_one_line_of_140_characters_at_most(text: str, cut: str) -> None:
    assert excerpt(text) == cut
