"""Keep refresh families beside session logins, signing keys, and connections to providers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for column in (
        sa.Column("strategy", sa.String(8), nullable=False, server_default="session"),
        sa.Column("refresh_hash", sa.String(64)),
        sa.Column("rotations", sa.Text, nullable=False, server_default=""),
        sa.Column("bound_key", sa.String(43)),
    ):
        op.add_column("dovetail_logins", column)
    op.create_table(
        "dovetail_signing_keys",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("kid", sa.String(64), nullable=False, unique=True),
        sa.Column("algorithm", sa.String(8), nullable=False),
        sa.Column("sealed", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("signs_from", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "dovetail_connections",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("issuer", sa.String(255), nullable=False),
        sa.Column("external_subject", sa.String(255), nullable=False),
        sa.Column("provider", sa.String(64), nullable=False),
        sa.Column("subject", sa.String(255), nullable=False),
        sa.Column("connected_at", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("issuer", "external_subject"),
    )
    op.create_index("ix_dovetail_connections_subject", "dovetail_connections", ["subject"])


def downgrade() -> None:
    op.drop_table("dovetail_connections")
    op.drop_table("dovetail_signing_keys")
    for column in ("bound_key", "rotations", "refresh_hash", "strategy"):
        op.drop_column("dovetail_logins", column)
