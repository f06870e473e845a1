"""Keep logins."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "dovetail_logins",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("subject", sa.String(255), nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("last_seen_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.Column("user_agent", sa.String(256), nullable=False),
        sa.Column("address", sa.String(64), nullable=False),
    )
    op.create_index("ix_dovetail_logins_token_hash", "dovetail_logins", ["token_hash"], unique=True)
    for column in ("subject", "last_seen_at", "expires_at"):
        op.create_index(f"ix_dovetail_logins_{column}", "dovetail_logins", [column])


def downgrade() -> None:
    op.drop_table("dovetail_logins")
