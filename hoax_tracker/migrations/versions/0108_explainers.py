"""explainer: short lessons for residents

Revision ID: 0108
Revises: 0107
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hoax_tracker.models.base import JsonType, UtcDateTime

revision = "0108"
down_revision = "0107"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "explainer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("summary", sa.String(length=500), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("cues", JsonType, nullable=False),
        sa.Column("is_shown", sa.Boolean(), nullable=False),
        sa.Column("proposal", JsonType, nullable=True),
        sa.Column("proposal_hands", JsonType, nullable=False),
        sa.Column("proposed_by_id", sa.Integer(), nullable=True),
        sa.Column("proposed_at", UtcDateTime(), nullable=True),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("edited_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["proposed_by_id"], ["officer.id"], name=op.f("fk_explainer_proposed_by_id_officer"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_explainer")),
        sa.UniqueConstraint("slug", name=op.f("uq_explainer_slug")),
    )


def downgrade() -> None:
    op.drop_table("explainer")
