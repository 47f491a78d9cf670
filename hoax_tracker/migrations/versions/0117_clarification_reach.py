"""clarification_reach: how often a clarification was shown, by day

Revision ID: 0117
Revises: 0116
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0117"
down_revision = "0116"
branch_labels = None
depends_on = None
needs_program = ""


def upgrade() -> None:
    op.create_table(
        "clarification_reach",
        sa.Column("clarification_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("views", sa.Integer(), server_default="0", nullable=False),
        sa.Column("short_visits", sa.Integer(), server_default="0", nullable=False),
        sa.Column("answers", sa.Integer(), server_default="0", nullable=False),
        sa.Column("comparisons", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["clarification_id"],
            ["clarification.id"],
            name=op.f("fk_clarification_reach_clarification_id_clarification"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("clarification_id", "day", name=op.f("pk_clarification_reach")),
    )
    op.create_index(op.f("ix_clarification_reach_day"), "clarification_reach", ["day"])


def downgrade() -> None:
    op.drop_table("clarification_reach")
