"""The events of the app: those in a person's list, and those for people who look right now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, Field

from flask_dovetail import Event, notify

from .database import db

if TYPE_CHECKING:
    from .models import Post, User

EXCERPT_CHARS = 140


class By(BaseModel):
    """Who did it."""

    id: int
    name: str


# Notifications


class PostLiked(Event, name="post-liked"):
    """Somebody likes a post of yours."""

    post_id: int
    title: str
    by: By


class PostCommented(Event, name="post-commented"):
    """Somebody commented on a post of yours."""

    post_id: int
    comment_id: int
    title: str
    excerpt: str = Field(max_length=EXCERPT_CHARS, description="How the comment begins.")
    by: By


# Not stored


class PostPublished(Event, name="post-published"):
    """There is a new post at the top of the feed."""

    post_id: int
    author_id: int


class PostChanged(Event, name="post-changed"):
    """A post that you look at has other numbers."""

    post_id: int
    likes: int
    comments: int


class CommentAdded(Event, name="comment-added"):
    """Somebody commented on a post that you look at."""

    post_id: int
    comment_id: int


class Typing(Event, name="typing"):
    """Somebody writes a comment on a post that you look at."""

    post_id: int
    by: By


def by(user: User) -> By:
    """Return the person who did it, as events name them."""
    return By(id=user.id, name=user.name)


def excerpt(text: str) -> str:
    """Return one line, cut if it is too long."""
    line = " ".join(text.split())
    return line if len(line) <= EXCERPT_CHARS else f"{line[: EXCERPT_CHARS - 1].rstrip()}…"


def tell_author(post: Post, event: PostLiked | PostCommented) -> None:
    """Notify the author of a post in the current transaction, unless they did it themselves."""
    if post.author_id != event.by.id:
        notify(str(post.author_id), event, session=db.session)
