"""Make demo people, posts, likes and comments, so that the first screen is not empty.

`demo@example.com` and `staff@example.com` can sign in; the others have no password and cannot.
"""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from ..models import Comment, Like, Post, User, now
from ..passwords import hash_password, verify

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

HERE = Path(__file__).parent
LOGINS = ("demo@example.com", "staff@example.com")
BETWEEN_POSTS = timedelta(hours=17, minutes=23)
BETWEEN_REPLIES = timedelta(minutes=2)  # the newest post itself is minutes old


def seed(session: Session, password: str) -> bool:
    """Make the missing demo people, and return whether there were any.

    Existing people keep their passwords. Posts, likes and comments are made with the first people,
    once: later changes to them stay.
    """
    rows = {row["email"]: row for row in _read("people.json")}
    people = {u.email: u for u in session.scalars(select(User).where(User.email.in_(rows)))}
    is_new = not people
    missing = {
        email: User(**row, joined_at=now()) for email, row in rows.items() if email not in people
    }
    for email in LOGINS:
        if email in missing:
            missing[email].password_hash = hash_password(password)
    session.add_all(missing.values())
    if is_new:
        _replies(session, missing, _posts(session, missing))
    session.commit()
    return bool(missing)


def logins(session: Session, password: str) -> list[str]:
    """Return the demo logins that have this password."""
    people = {u.email: u for u in session.scalars(select(User).where(User.email.in_(LOGINS)))}
    return [e for e in LOGINS if e in people and verify(password, people[e].password_hash)]


def _posts(session: Session, people: dict[str, User]) -> dict[str, Post]:
    """Return posts by title.

    The file's order is the order of writing; the newest is minutes old.
    """
    rows = _read("posts.json")
    newest = now() - timedelta(minutes=12)
    posts: dict[str, Post] = {}
    for age, (email, title, body) in zip(reversed(range(len(rows))), rows, strict=True):
        written = newest - age * BETWEEN_POSTS
        posts[title] = Post(author=people[email], title=title, body=body, created_at=written)
    session.add_all(posts.values())
    return posts


def _replies(session: Session, people: dict[str, User], posts: dict[str, Post]) -> None:
    """Add likes and comments by the title of the post.

    Nobody is notified of them.
    """
    session.flush()  # they refer to people and posts by id
    for title, replies in _read("replies.json").items():
        post = posts[title]
        for email in replies["likes"]:
            session.add(Like(post_id=post.id, user_id=people[email].id))
        for number, (email, text) in enumerate(replies["comments"], start=1):
            written = post.created_at + number * BETWEEN_REPLIES
            author = people[email]
            session.add(Comment(post_id=post.id, author=author, text=text, created_at=written))


def _read(name: str) -> Any:
    return json.loads((HERE / name).read_text("utf-8"))
