"""Posts: a public feed, and writing for everybody who is signed in."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from flask import Blueprint, current_app
from pydantic import AwareDatetime, BaseModel, Field
from sqlalchemy import bindparam, exists, select, tuple_
from sqlalchemy.orm.exc import ObjectDeletedError, StaleDataError

from flask_dovetail import (
    Cursor,
    Page,
    PageQuery,
    Problem,
    current_identity,
    operation,
    signed_in,
)
from flask_dovetail.problems import Forbidden, NotFound, TooManyRequests

from . import models
from .auth import check_author, current_user
from .avatars import Avatar, avatar_of
from .database import db, find_row
from .fields import Body, RowId, Title
from .limits import limit_changes, limit_writing
from .live import tell_published

posts = Blueprint("posts", __name__, url_prefix="/api/posts")

# Bounds that every database, and every time zone, can hold.
Moment = Annotated[
    AwareDatetime,
    Field(ge=datetime(1970, 1, 1, tzinfo=UTC), le=datetime(9000, 1, 1, tzinfo=UTC)),
]
POSITION = Cursor(tuple[Moment, RowId])

# Made once: everybody's first request runs it. `person` is None for strangers, who like nothing.
IS_LIKED = exists().where(
    models.Like.post_id == models.Post.id, models.Like.user_id == bindparam("person")
)
NEWEST = (models.Post.created_at, models.Post.id)
FEED = select(models.Post, IS_LIKED).order_by(*(column.desc() for column in NEWEST))


class TooManyPosts(Problem, code="TOO_MANY_POSTS", status=429, title="Too many posts today"):
    """The author has reached the daily limit."""


class PostIn(BaseModel):
    title: Title
    body: Body


class PostChange(BaseModel):
    title: Title | None = None
    body: Body | None = None


class Author(BaseModel):
    id: int
    name: str
    avatar: Avatar | None


class Post(BaseModel):
    id: int
    title: str
    body: str
    author: Author
    created_at: datetime
    edited_at: datetime | None
    mine: bool = Field(description="Whether whoever asks wrote it.")
    likes: int
    liked: bool = Field(description="Whether whoever asks likes it.")
    comments: int


@posts.get("")
@operation(tags=["posts"])
def list_posts(query: PageQuery) -> Page[Post]:
    """The feed, newest first."""
    statement, person = FEED, current_person()
    if after := POSITION.decode(query.cursor):
        statement = statement.where(tuple_(*NEWEST) < tuple_(*after))
    rows = db.session.execute(statement.limit(query.limit + 1), {"person": person}).all()
    page = rows[: query.limit]
    last = page[-1][0] if len(rows) > query.limit else None
    return Page[Post](
        items=[describe_post_for(person, post, liked) for post, liked in page],
        next_cursor=None if last is None else POSITION.encode((last.created_at, last.id)),
    )


@posts.post("")
@signed_in(scope="posts:write")
@limit_changes
@operation(returns={201: Post}, problems=[TooManyPosts, TooManyRequests], tags=["posts"])
def create_post(body: PostIn) -> Post:
    """Publish a post."""
    author = current_user()
    limit_writing("post", author, current_app.config["STARTER_POSTS_PER_DAY"], TooManyPosts)
    post = models.Post(author=author, title=body.title, body=body.body)
    db.session.add(post)
    db.session.commit()
    tell_published(post)
    return describe_post(post)


@posts.get("/<int:post_id>")
@operation(problems=[NotFound], tags=["posts"])
def read_post(post_id: RowId) -> Post:
    """One post."""
    return describe_post(find_row(models.Post, post_id))


@posts.patch("/<int:post_id>")
@signed_in(scope="posts:write")
@limit_changes
@operation(problems=[Forbidden, NotFound, TooManyRequests], tags=["posts"])
def change_post(post_id: RowId, body: PostChange) -> Post:
    """Edit a post of one's own (staff: of anybody's); what is left out or null stays."""
    post = find_changeable(post_id)
    post.title = body.title if body.title is not None else post.title
    post.body = body.body if body.body is not None else post.body
    post.edited_at = models.now()
    try:
        db.session.commit()
        return describe_post(post)
    except (StaleDataError, ObjectDeletedError):  # somebody has deleted it in between
        raise NotFound from None


@posts.delete("/<int:post_id>")
@signed_in(scope="posts:write")
@limit_changes
@operation(returns={204: None}, problems=[Forbidden, NotFound, TooManyRequests], tags=["posts"])
def delete_post(post_id: RowId) -> None:
    """Delete a post of one's own (staff: of anybody's)."""
    db.session.delete(find_changeable(post_id))
    db.session.commit()


def find_changeable(post_id: int) -> models.Post:
    """Return the post if the caller may change it."""
    post = find_row(models.Post, post_id)
    check_author(post)
    return post


def describe_post(post: models.Post) -> Post:
    """Describe the post to the caller."""
    person = current_person()
    mine = {"post_id": post.id, "user_id": person}
    liked = person is not None and db.session.get(models.Like, mine) is not None
    return describe_post_for(person, post, liked)


def describe_post_for(person: int | None, post: models.Post, liked: bool) -> Post:
    """Describe the post to a person."""
    return Post(
        id=post.id,
        title=post.title,
        body=post.body,
        author=author_of(post.author),
        created_at=post.created_at,
        edited_at=post.edited_at,
        mine=post.author_id == person,
        likes=post.likes,
        liked=liked,
        comments=post.comments,
    )


def current_person() -> int | None:
    """Return the id of the caller's account, or None for strangers."""
    identity = current_identity()
    return None if identity is None else int(identity.subject)


def author_of(user: models.User) -> Author:
    """Describe the author of a post."""
    return Author(id=user.id, name=user.name, avatar=avatar_of(user))
