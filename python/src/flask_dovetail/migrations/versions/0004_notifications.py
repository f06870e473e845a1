"""Keep notifications, numbered for each person."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "dovetail_notification_heads",
        sa.Column("subject", sa.String(255), primary_key=True),
        sa.Column("last_seq", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "dovetail_notifications",
        sa.Column("subject", sa.String(255), primary_key=True),
        sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("event", sa.String(64), nullable=False),
        sa.Column("data", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("read_at", sa.BigInteger),
    )
    op.create_index(
        "ix_dovetail_notifications_created_at", "dovetail_notifications", ["created_at"]
    )
    op.create_index(
        "ix_dovetail_notifications_unread", "dovetail_notifications", ["subject", "read_at"]
    )


def downgrade() -> None:
    op.drop_table("dovetail_notifications")
    op.drop_table("dovetail_notification_heads")
