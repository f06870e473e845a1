"""Live events while people look: who is there, who writes, how the numbers change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel

from flask_dovetail import Identity, Namespace, signed_in
from flask_dovetail.problems import Forbidden, NotFound

from .auth import current_user
from .database import find_row
from .events import By, CommentAdded, PostChanged, PostPublished, Typing, by
from .fields import RowId
from .models import Post, User

if TYPE_CHECKING:
    from .models import Comment

live = Namespace("/live", sends=[PostPublished, PostChanged, CommentAdded, Typing])


class TypingIn(BaseModel):
    post_id: RowId


def person(identity: Identity) -> By:
    """Return what others in a room see of a person."""
    return by(find_row(User, int(identity.subject)))


@live.room("post", present_as=person, problems=[NotFound])
def watch_post(post_id: RowId) -> None:
    """Let everybody who may read a post watch it."""
    find_row(Post, post_id)


@live.on("typing", problems=[Forbidden])
@signed_in(scope="posts:write")
def typing(body: TypingIn) -> None:
    """I am writing a comment on a post that I watch."""
    room = _room(body.post_id)
    live.require_joined(room)
    live.emit(Typing(post_id=body.post_id, by=by(current_user())), room=room, skip_sender=True)


# After the commit: everybody who gets the event may ask for the post at once.


def tell_published(post: Post) -> None:
    """Send a new post to everybody who is connected."""
    live.emit(PostPublished(post_id=post.id, author_id=post.author_id))


def tell_changed(post: Post) -> None:
    """Send the new numbers of a post to its watchers."""
    live.emit(
        PostChanged(post_id=post.id, likes=post.likes, comments=post.comments), room=_room(post.id)
    )


def tell_commented(comment: Comment) -> None:
    """Send a new comment to the watchers of its post."""
    event = CommentAdded(post_id=comment.post_id, comment_id=comment.id)
    live.emit(event, room=_room(comment.post_id))


def _room(post_id: int) -> str:
    return f"post:{post_id}"
