"""Avatars: which files a person's picture is made of."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2"
down_revision = "1"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns of avatars."""
    op.add_column("users", sa.Column("avatar_file", sa.String(36)))
    op.add_column("users", sa.Column("avatar_copies", sa.JSON))


def downgrade() -> None:
    """Drop the columns of avatars."""
    op.drop_column("users", "avatar_copies")
    op.drop_column("users", "avatar_file")
