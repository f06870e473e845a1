"""Posts: a public feed, and writing for whoever is signed in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated

from flask import Blueprint, current_app
from pydantic import AwareDatetime, BaseModel, Field, StringConstraints
from sqlalchemy import func, select, tuple_
from sqlalchemy.orm.exc import ObjectDeletedError, StaleDataError

from flask_dovetail import (
    Cursor,
    Identity,
    Page,
    PageQuery,
    Problem,
    current_identity,
    operation,
    signed_in,
)
from flask_dovetail.problems import Forbidden, NotFound

from . import models
from .auth import current_user
from .avatars import Avatar, avatar_of
from .database import db
from .fields import Line, RowId, Text

posts = Blueprint("posts", __name__, url_prefix="/api/posts")

Title = Annotated[Line, StringConstraints(max_length=120)]
Body = Annotated[Text, StringConstraints(max_length=5000)]

# Bounds that every database, and every time zone, can hold.
Moment = Annotated[
    AwareDatetime,
    Field(ge=datetime(1970, 1, 1, tzinfo=UTC), le=datetime(9000, 1, 1, tzinfo=UTC)),
]
POSITION = Cursor(tuple[Moment, RowId])


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


@posts.get("")
@operation(tags=["posts"])
def list_posts(query: PageQuery) -> Page[Post]:
    """The feed, newest first."""
    order = (models.Post.created_at, models.Post.id)
    statement = select(models.Post).order_by(*(column.desc() for column in order))
    if after := POSITION.decode(query.cursor):
        statement = statement.where(tuple_(*order) < tuple_(*after))
    rows = db.session.scalars(statement.limit(query.limit + 1)).all()
    page = rows[: query.limit]
    more = len(rows) > query.limit
    viewer = current_identity()
    return Page[Post](
        items=[shown(row, viewer) for row in page],
        next_cursor=POSITION.encode((page[-1].created_at, page[-1].id)) if more else None,
    )


@posts.post("")
@signed_in(scope="posts:write")
@operation(returns={201: Post}, problems=[TooManyPosts], tags=["posts"])
def create_post(body: PostIn) -> Post:
    """Publish a post."""
    author = current_user()
    limit_posts(author)
    post = models.Post(author=author, title=body.title, body=body.body)
    db.session.add(post)
    db.session.commit()
    return shown(post, current_identity())


@posts.get("/<int:post_id>")
@operation(problems=[NotFound], tags=["posts"])
def read_post(post_id: RowId) -> Post:
    """One post."""
    return shown(found(post_id), current_identity())


@posts.patch("/<int:post_id>")
@signed_in(scope="posts:write")
@operation(problems=[Forbidden, NotFound], tags=["posts"])
def change_post(post_id: RowId, body: PostChange) -> Post:
    """Edit a post of one's own (staff: of anybody's); what is left out or null stays."""
    post = changeable(post_id)
    post.title = body.title if body.title is not None else post.title
    post.body = body.body if body.body is not None else post.body
    post.edited_at = models.now()
    try:
        db.session.commit()
        return shown(post, current_identity())
    except (StaleDataError, ObjectDeletedError):  # somebody deleted it meanwhile
        raise NotFound from None


@posts.delete("/<int:post_id>")
@signed_in(scope="posts:write")
@operation(returns={204: None}, problems=[Forbidden, NotFound], tags=["posts"])
def delete_post(post_id: RowId) -> None:
    """Delete a post of one's own (staff: of anybody's)."""
    db.session.delete(changeable(post_id))
    db.session.commit()


def found(post_id: int) -> models.Post:
    post = db.session.get(models.Post, post_id)
    if post is None:
        raise NotFound
    return post


def changeable(post_id: int) -> models.Post:
    """The post, where whoever asks may change it."""
    post = found(post_id)
    user = current_user()
    if post.author_id != user.id and user.role != "staff":
        raise Forbidden("This post is somebody else's.")
    return post


def limit_posts(author: models.User) -> None:
    """Refuse more than `STARTER_POSTS_PER_DAY` posts in 24 hours."""
    limit = current_app.config["STARTER_POSTS_PER_DAY"]
    day = timedelta(days=1)
    count, oldest = db.session.execute(
        select(func.count(), func.min(models.Post.created_at)).where(
            models.Post.author_id == author.id, models.Post.created_at > models.now() - day
        )
    ).one()
    if count >= limit:
        wait = oldest + day - models.now()
        raise TooManyPosts(f"{limit} a day is the limit.", retry_after=int(wait.total_seconds()))


def shown(post: models.Post, viewer: Identity | None) -> Post:
    return Post(
        id=post.id,
        title=post.title,
        body=post.body,
        author=author_of(post.author),
        created_at=post.created_at,
        edited_at=post.edited_at,
        mine=viewer is not None and viewer.subject == str(post.author_id),
    )


def author_of(user: models.User) -> Author:
    return Author(id=user.id, name=user.name, avatar=avatar_of(user))
