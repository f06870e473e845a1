"""Keep files, and uploads under way."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "dovetail_uploads",
        sa.Column("key", sa.String(43), primary_key=True),
        sa.Column("owner", sa.String(255), nullable=False),
        sa.Column("purpose", sa.String(64), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("content_type", sa.String(127), nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("sha256", sa.String(64)),
        sa.Column("part_size", sa.Integer, nullable=False),
        sa.Column("handle", sa.String(1024)),
        sa.Column("fingerprint", sa.String(64)),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.Column("ended_at", sa.BigInteger),
    )
    op.create_index("ix_dovetail_uploads_owner", "dovetail_uploads", ["owner"])
    op.create_index("ix_dovetail_uploads_expires_at", "dovetail_uploads", ["expires_at"])
    op.create_index("ix_dovetail_uploads_ended_at", "dovetail_uploads", ["ended_at"])
    op.create_table(
        "dovetail_files",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("key", sa.String(43), nullable=False, unique=True),
        sa.Column("owner", sa.String(255), nullable=False),
        sa.Column("purpose", sa.String(64), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("content_type", sa.String(127), nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("sha256", sa.String(64)),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("deleted_at", sa.BigInteger),
    )
    op.create_index("ix_dovetail_files_deleted_at", "dovetail_files", ["deleted_at"])
    op.create_index(
        "ix_dovetail_files_listing", "dovetail_files", ["owner", "purpose", "created_at", "id"]
    )


def downgrade() -> None:
    op.drop_table("dovetail_files")
    op.drop_table("dovetail_uploads")
