"""Comments on posts: everybody reads them, everybody who is signed in writes them."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, current_app
from pydantic import BaseModel, Field
from sqlalchemy import select, tuple_
from sqlalchemy.exc import IntegrityError

from flask_dovetail import (
    Identity,
    Page,
    PageQuery,
    Problem,
    current_identity,
    operation,
    signed_in,
)
from flask_dovetail.problems import Forbidden, NotFound, TooManyRequests

from . import models
from .api import POSITION, Author, author_of
from .auth import check_author, current_user
from .database import db, find_row
from .events import PostCommented, by, excerpt, tell_author
from .fields import CommentText, RowId
from .limits import limit_changes, limit_writing
from .live import tell_changed, tell_commented

comments = Blueprint("comments", __name__, url_prefix="/api")


class TooManyComments(
    Problem, code="TOO_MANY_COMMENTS", status=429, title="Too many comments today"
):
    """The author has reached the daily limit."""


class CommentIn(BaseModel):
    text: CommentText


class Comment(BaseModel):
    id: int
    text: str
    author: Author
    created_at: datetime
    mine: bool = Field(description="Whether whoever asks wrote it.")


@comments.get("/posts/<int:post_id>/comments")
@operation(problems=[NotFound], tags=["posts"])
def list_comments(post_id: RowId, query: PageQuery) -> Page[Comment]:
    """What was said about a post, oldest first."""
    find_row(models.Post, post_id)
    order = (models.Comment.created_at, models.Comment.id)
    statement = select(models.Comment).where(models.Comment.post_id == post_id).order_by(*order)
    if after := POSITION.decode(query.cursor):
        statement = statement.where(tuple_(*order) > tuple_(*after))
    rows = db.session.scalars(statement.limit(query.limit + 1)).all()
    page = rows[: query.limit]
    more = len(rows) > query.limit
    viewer = current_identity()
    return Page[Comment](
        items=[describe_comment(row, viewer) for row in page],
        next_cursor=POSITION.encode((page[-1].created_at, page[-1].id)) if more else None,
    )


@comments.post("/posts/<int:post_id>/comments")
@signed_in(scope="posts:write")
@limit_changes
@operation(
    returns={201: Comment}, problems=[NotFound, TooManyComments, TooManyRequests], tags=["posts"]
)
def create_comment(post_id: RowId, body: CommentIn) -> Comment:
    """Comment on a post."""
    post, author = find_row(models.Post, post_id), current_user()
    limit = current_app.config["STARTER_COMMENTS_PER_DAY"]
    limit_writing("comment", author, limit, TooManyComments)
    comment = models.Comment(post_id=post_id, author=author, text=body.text)
    db.session.add(comment)
    try:
        db.session.flush()
    except IntegrityError:  # the post was deleted in between
        raise NotFound from None
    event = PostCommented(
        post_id=post_id,
        comment_id=comment.id,
        title=post.title,
        excerpt=excerpt(body.text),
        by=by(author),
    )
    tell_author(post, event)
    db.session.commit()
    comment = find_row(models.Comment, event.comment_id)
    tell_commented(comment)
    tell_changed(find_row(models.Post, post_id))
    return describe_comment(comment, current_identity())


@comments.delete("/comments/<int:comment_id>")
@signed_in(scope="posts:write")
@limit_changes
@operation(returns={204: None}, problems=[Forbidden, NotFound, TooManyRequests], tags=["posts"])
def delete_comment(comment_id: RowId) -> None:
    """Delete a comment of one's own (staff: of anybody's)."""
    comment = find_row(models.Comment, comment_id)
    check_author(comment)
    post_id = comment.post_id
    db.session.delete(comment)
    db.session.commit()
    tell_changed(find_row(models.Post, post_id))


def describe_comment(comment: models.Comment, viewer: Identity | None) -> Comment:
    """Describe a comment to a person."""
    return Comment(
        id=comment.id,
        text=comment.text,
        author=author_of(comment.author),
        created_at=comment.created_at,
        mine=viewer is not None and viewer.subject == str(comment.author_id),
    )
