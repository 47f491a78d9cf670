"""what each clock said is no longer noted: the purge itself refuses to delete in bulk what is long overdue

Revision ID: 0048
Revises: 0047
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hoax_tracker.models.base import UtcDateTime

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_table("clock_seen")


def downgrade() -> None:
    op.create_table(
        "clock_seen",
        sa.Column("host", sa.String(180), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.Column("watched_s", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("host", name=op.f("pk_clock_seen")),
    )
