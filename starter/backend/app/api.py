"""Posts: a public feed, and writing for whoever is signed in."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

from flask import Blueprint, current_app
from pydantic import AwareDatetime, BaseModel, Field
from sqlalchemy import bindparam, select, tuple_
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
from flask_dovetail.problems import Forbidden, NotFound

from . import models
from .auth import check_author, current_user
from .avatars import Avatar, avatar_of
from .database import db, found
from .fields import Body, RowId, Title
from .limits import limit_writing
from .live import tell_published

if TYPE_CHECKING:
    from collections.abc import Sequence, Set

posts = Blueprint("posts", __name__, url_prefix="/api/posts")

# Bounds that every database, and every time zone, can hold.
Moment = Annotated[
    AwareDatetime,
    Field(ge=datetime(1970, 1, 1, tzinfo=UTC), le=datetime(9000, 1, 1, tzinfo=UTC)),
]
POSITION = Cursor(tuple[Moment, RowId])

# Made once, and of columns, not entities: the feed asks this for everybody who is signed in.
_LIKES = models.Like.__table__.c
_LIKED = select(_LIKES.post_id).where(
    _LIKES.user_id == bindparam("person"),
    _LIKES.post_id.in_(bindparam("posts", expanding=True)),
)


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
    order = (models.Post.created_at, models.Post.id)
    statement = select(models.Post).order_by(*(column.desc() for column in order))
    if after := POSITION.decode(query.cursor):
        statement = statement.where(tuple_(*order) < tuple_(*after))
    rows = db.session.scalars(statement.limit(query.limit + 1)).all()
    page = rows[: query.limit]
    more = len(rows) > query.limit
    return Page[Post](
        items=shown(*page),
        next_cursor=POSITION.encode((page[-1].created_at, page[-1].id)) if more else None,
    )


@posts.post("")
@signed_in(scope="posts:write")
@operation(returns={201: Post}, problems=[TooManyPosts], tags=["posts"])
def create_post(body: PostIn) -> Post:
    """Publish a post."""
    author = current_user()
    limit_writing("post", author, current_app.config["STARTER_POSTS_PER_DAY"], TooManyPosts)
    post = models.Post(author=author, title=body.title, body=body.body)
    db.session.add(post)
    db.session.commit()
    tell_published(post)
    return shown(post)[0]


@posts.get("/<int:post_id>")
@operation(problems=[NotFound], tags=["posts"])
def read_post(post_id: RowId) -> Post:
    """One post."""
    return shown(found(models.Post, post_id))[0]


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
        return shown(post)[0]
    except (StaleDataError, ObjectDeletedError):  # somebody deleted it meanwhile
        raise NotFound from None


@posts.delete("/<int:post_id>")
@signed_in(scope="posts:write")
@operation(returns={204: None}, problems=[Forbidden, NotFound], tags=["posts"])
def delete_post(post_id: RowId) -> None:
    """Delete a post of one's own (staff: of anybody's)."""
    db.session.delete(changeable(post_id))
    db.session.commit()


def changeable(post_id: int) -> models.Post:
    """The post, where whoever asks may change it."""
    post = found(models.Post, post_id)
    check_author(post)
    return post


def shown(*posts: models.Post) -> list[Post]:
    """The posts as whoever asks sees them."""
    viewer = current_identity()
    person = None if viewer is None else int(viewer.subject)
    liked = _liked_by(person, posts)
    return [
        Post(
            id=post.id,
            title=post.title,
            body=post.body,
            author=author_of(post.author),
            created_at=post.created_at,
            edited_at=post.edited_at,
            mine=post.author_id == person,
            likes=post.likes,
            liked=post.id in liked,
            comments=post.comments,
        )
        for post in posts
    ]


def _liked_by(person: int | None, posts: Sequence[models.Post]) -> Set[int]:
    """Which of the posts that person likes: one query for all of them, for nobody none."""
    if person is None:
        return frozenset()
    these = {"person": person, "posts": [post.id for post in posts]}
    return frozenset(db.session.execute(_LIKED, these).scalars())


def author_of(user: models.User) -> Author:
    return Author(id=user.id, name=user.name, avatar=avatar_of(user))
