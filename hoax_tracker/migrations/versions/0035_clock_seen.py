"""what each clock said last, so that a leap deletes nothing; when a hub last sent what it had not signed

Revision ID: 0035
Revises: 0034
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hoax_tracker.models.base import UtcDateTime

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "clock_seen",
        sa.Column("host", sa.String(180), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.Column("watched_s", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("host", name=op.f("pk_clock_seen")),
    )
    op.add_column("hub_subscription", sa.Column("unsigned_at", UtcDateTime(), nullable=True))


def downgrade() -> None:
    op.drop_column("hub_subscription", "unsigned_at")
    op.drop_table("clock_seen")
