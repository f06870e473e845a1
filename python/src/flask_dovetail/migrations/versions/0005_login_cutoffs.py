"""Keep since when a person's sign-ins count, for the hour after their logins were ended."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "dovetail_login_cutoffs",
        sa.Column("subject", sa.String(255), primary_key=True),
        sa.Column("not_before", sa.BigInteger, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("dovetail_login_cutoffs")
