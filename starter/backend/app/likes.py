"""Likes: one of each person for each post."""

from __future__ import annotations

from flask import Blueprint
from pydantic import BaseModel, Field
from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError

from flask_dovetail import operation, signed_in
from flask_dovetail.problems import NotFound, TooManyRequests

from .auth import current_user
from .database import db, find_row
from .events import PostLiked, by, tell_author
from .fields import RowId
from .limits import is_first_in_a_day, limit_changes
from .live import tell_changed
from .models import Like, Post, User

likes = Blueprint("likes", __name__, url_prefix="/api/posts/<int:post_id>/like")


class Likes(BaseModel):
    likes: int = Field(description="How many people like the post.")
    liked: bool = Field(description="Whether whoever asks is one of them.")


@likes.put("")
@signed_in(scope="posts:write")
@limit_changes
@operation(problems=[NotFound, TooManyRequests], tags=["posts"])
def like_post(post_id: RowId) -> Likes:
    """Like a post. Once more changes nothing."""
    post, user = find_row(Post, post_id), current_user()
    is_new = db.session.get(Like, (post_id, user.id)) is None and _add_like(post, user)
    db.session.commit()  # the likes are counted again from here on
    post = find_row(Post, post_id)
    if is_new:
        tell_changed(post)
    return Likes(likes=post.likes, liked=True)


@likes.delete("")
@signed_in(scope="posts:write")
@limit_changes
@operation(problems=[NotFound, TooManyRequests], tags=["posts"])
def unlike_post(post_id: RowId) -> Likes:
    """Like a post no more. Once more changes nothing."""
    find_row(Post, post_id)
    mine = (Like.post_id == post_id, Like.user_id == current_user().id)
    was_there = db.session.scalar(delete(Like).where(*mine).returning(Like.post_id))
    db.session.commit()
    post = find_row(Post, post_id)
    if was_there:
        tell_changed(post)
    return Likes(likes=post.likes, liked=False)


def _add_like(post: Post, user: User) -> bool:
    """Write a like, and return whether it is new."""
    db.session.add(Like(post_id=post.id, user_id=user.id))
    try:
        db.session.flush()
    except IntegrityError:  # liked in another tab, or the post deleted, at the same moment
        db.session.rollback()
        return False
    # A like taken back and given again is news once a day: nobody rings at a door all the time.
    if is_first_in_a_day("like", str(post.id), str(user.id)):
        tell_author(post, PostLiked(post_id=post.id, title=post.title, by=by(user)))
    return True
