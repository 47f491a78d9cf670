"""monthly_statistics: the figures of months that were counted for good

Revision ID: 0112
Revises: 0111
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hoax_tracker.models.base import JsonType, UtcDateTime

revision = "0112"
down_revision = "0111"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "monthly_statistics",
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("figures", JsonType, nullable=False),
        sa.Column("counted_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("month", name=op.f("pk_monthly_statistics")),
    )


def downgrade() -> None:
    op.drop_table("monthly_statistics")
