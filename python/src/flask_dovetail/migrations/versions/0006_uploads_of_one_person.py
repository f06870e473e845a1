"""Count the uploads of one person without reading those that do not count."""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_dovetail_uploads_begun", "dovetail_uploads", ["owner", "ended_at", "created_at"]
    )
    op.create_index("ix_dovetail_uploads_room", "dovetail_uploads", ["owner", "size", "purpose"])
    op.drop_index("ix_dovetail_uploads_owner", "dovetail_uploads")


def downgrade() -> None:
    op.create_index("ix_dovetail_uploads_owner", "dovetail_uploads", ["owner"])
    op.drop_index("ix_dovetail_uploads_room", "dovetail_uploads")
    op.drop_index("ix_dovetail_uploads_begun", "dovetail_uploads")
