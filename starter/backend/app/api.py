"""Posts: a public feed, and writing for whoever is signed in."""

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
from .database import db, found
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

# Made once: everybody's first request asks it. For strangers, `person` is None, who likes nothing.
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
        items=[shown_to(person, post, liked) for post, liked in page],
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
    return shown(post)


@posts.get("/<int:post_id>")
@operation(problems=[NotFound], tags=["posts"])
def read_post(post_id: RowId) -> Post:
    """One post."""
    return shown(found(models.Post, post_id))


@posts.patch("/<int:post_id>")
@signed_in(scope="posts:write")
@limit_changes
@operation(problems=[Forbidden, NotFound, TooManyRequests], tags=["posts"])
def change_post(post_id: RowId, body: PostChange) -> Post:
    """Edit a post of one's own (staff: of anybody's); what is left out or null stays."""
    post = changeable(post_id)
    post.title = body.title if body.title is not None else post.title
    post.body = body.body if body.body is not None else post.body
    post.edited_at = models.now()
    try:
        db.session.commit()
        return shown(post)
    except (StaleDataError, ObjectDeletedError):  # somebody deleted it meanwhile
        raise NotFound from None


@posts.delete("/<int:post_id>")
@signed_in(scope="posts:write")
@limit_changes
@operation(returns={204: None}, problems=[Forbidden, NotFound, TooManyRequests], tags=["posts"])
def delete_post(post_id: RowId) -> None:
    """Delete a post of one's own (staff: of anybody's)."""
    db.session.delete(changeable(post_id))
    db.session.commit()


def changeable(post_id: int) -> models.Post:
    """The post, where whoever asks may change it."""
    post = found(models.Post, post_id)
    check_author(post)
    return post


def shown(post: models.Post) -> Post:
    """The post as whoever asks sees it."""
    person = current_person()
    mine = {"post_id": post.id, "user_id": person}
    liked = person is not None and db.session.get(models.Like, mine) is not None
    return shown_to(person, post, liked)


def shown_to(person: int | None, post: models.Post, liked: bool) -> Post:
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
    """The id of whoever asks; None for strangers."""
    identity = current_identity()
    return None if identity is None else int(identity.subject)


def author_of(user: models.User) -> Author:
    return Author(id=user.id, name=user.name, avatar=avatar_of(user))
