"""Demo people, posts, likes and comments, so that the first screen has something on it.

`demo@example.com` and `staff@example.com` can sign in; the others cannot, they have no password.
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
BETWEEN_REPLIES = timedelta(minutes=2)  # the newest post is minutes old itself


def seed(session: Session, password: str) -> bool:
    """Make what is missing, and let the two demo logins have `password`. Whether it made anything.

    What people did to the demo posts since stays: all of it is made with the people, once.
    """
    people = {u.email: u for u in session.scalars(select(User).where(User.email.in_(LOGINS)))}
    is_new = not people
    if is_new:
        people = _people(session)
        _replies(session, people, _posts(session, people))
    for email in LOGINS:
        if (person := people.get(email)) and not _has(person, password):
            person.password_hash = hash_password(password)
    session.commit()
    return is_new


def _has(person: User, password: str) -> bool:
    return person.password_hash is not None and verify(password, person.password_hash)


def _people(session: Session) -> dict[str, User]:
    people = {row["email"]: User(**row, joined_at=now()) for row in _read("people.json")}
    session.add_all(people.values())
    return people


def _posts(session: Session, people: dict[str, User]) -> dict[str, Post]:
    """By title. The file's order is the order of writing; the newest is minutes old."""
    rows = _read("posts.json")
    newest = now() - timedelta(minutes=12)
    posts: dict[str, Post] = {}
    for age, (email, title, body) in zip(reversed(range(len(rows))), rows, strict=True):
        written = newest - age * BETWEEN_POSTS
        posts[title] = Post(author=people[email], title=title, body=body, created_at=written)
    session.add_all(posts.values())
    return posts


def _replies(session: Session, people: dict[str, User], posts: dict[str, Post]) -> None:
    """Likes and comments, by the title of the post. Nobody is notified of them."""
    session.flush()  # they name people and posts by their ids
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
