"""official_channel: the city's own domains, numbers and accounts

Revision ID: 0110
Revises: 0109
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hoax_tracker.models.base import JsonType, UtcDateTime

revision = "0110"
down_revision = "0109"
branch_labels = None
depends_on = None

KINDS = ("domain", "telephone", "bank_account", "social_account")


def upgrade() -> None:
    op.create_table(
        "official_channel",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(*KINDS, name="channel_kind", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("value", sa.String(length=120), nullable=False),
        sa.Column("owner", sa.String(length=160), nullable=False),
        sa.Column("is_listed", sa.Boolean(), nullable=False),
        sa.Column("proposal", JsonType, nullable=True),
        sa.Column("proposal_hands", JsonType, nullable=False),
        sa.Column("proposed_by_id", sa.Integer(), nullable=True),
        sa.Column("proposed_at", UtcDateTime(), nullable=True),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("edited_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["proposed_by_id"],
            ["officer.id"],
            name=op.f("fk_official_channel_proposed_by_id_officer"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_official_channel")),
        sa.UniqueConstraint("kind", "value", name=op.f("uq_official_channel_kind_value")),
    )


def downgrade() -> None:
    op.drop_table("official_channel")
