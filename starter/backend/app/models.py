"""The tables of the app: people, what they wrote, and what they like."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import JSON, ForeignKey, Index, String, Text, func, select
from sqlalchemy.orm import Mapped, column_property, mapped_column, relationship

from .database import Base


def now() -> datetime:
    """Return the current moment in UTC."""
    return datetime.now(UTC)


class User(Base):
    """A person with an account."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    """Lower case."""
    name: Mapped[str] = mapped_column(String(80))
    bio: Mapped[str] = mapped_column(String(500), default="")
    role: Mapped[str] = mapped_column(String(20), default="member")
    """`member` or `staff`."""
    password_hash: Mapped[str | None] = mapped_column(String(255))
    """Argon2id; None for people with an outside provider only, and demo people without a login."""
    joined_at: Mapped[datetime] = mapped_column(default=now)
    avatar_file: Mapped[str | None] = mapped_column(String(36))
    """The file that they chose as their picture."""
    avatar_copies: Mapped[dict[str, dict[str, str]] | None] = mapped_column(JSON(none_as_null=True))
    """The files that were made of it: `{content type: {width: id}}`."""

    @property
    def has_password(self) -> bool:
        """Whether the person can sign in by password."""
        return self.password_hash is not None


class Like(Base):
    """One person's like of one post."""

    __tablename__ = "likes"

    post_id: Mapped[int] = mapped_column(
        ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    created_at: Mapped[datetime] = mapped_column(default=now)


class Comment(Base):
    """A comment on a post."""

    __tablename__ = "comments"
    __table_args__ = (
        Index("ix_comments_post", "post_id", "created_at", "id"),
        Index("ix_comments_author", "author_id", "created_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"))
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    text: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(default=now)

    author: Mapped[User] = relationship(lazy="joined", innerjoin=True)


class Post(Base):
    """A post in the feed."""

    __tablename__ = "posts"
    __table_args__ = (
        Index("ix_posts_feed", "created_at", "id"),
        Index("ix_posts_author", "author_id", "created_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    title: Mapped[str] = mapped_column(String(120))
    body: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(default=now)
    edited_at: Mapped[datetime | None]

    author: Mapped[User] = relationship(lazy="joined", innerjoin=True)
    # Counted by the query that reads the post, in an index that begins with the post's id.
    likes: Mapped[int] = column_property(
        select(func.count())
        .where(Like.post_id == id)  # noqa: A003 - the column
        .correlate_except(Like)
        .scalar_subquery()
    )
    comments: Mapped[int] = column_property(
        select(func.count())
        .where(Comment.post_id == id)  # noqa: A003 - the column
        .correlate_except(Comment)
        .scalar_subquery()
    )
