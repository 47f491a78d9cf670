"""usefulness: whether readers found a page useful

Revision ID: 0011
Revises: 0010
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "usefulness",
        sa.Column("clarification_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("useful", sa.Integer(), nullable=False),
        sa.Column("not_useful", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["clarification_id"],
            ["clarification.id"],
            name=op.f("fk_usefulness_clarification_id_clarification"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("clarification_id", name=op.f("pk_usefulness")),
    )


def downgrade() -> None:
    op.drop_table("usefulness")
