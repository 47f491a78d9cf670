"""waiting periods of accounts that somebody else changed, the named second, sign-ins that stopped at the second step

Revision ID: 0105
Revises: 0104
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from hoax_tracker.models.base import UtcDateTime

revision = "0105"
down_revision = "0104"
branch_labels = None
depends_on = None

JSON: Any = sa.JSON(none_as_null=True)
REASONS = ("roles", "unit", "invitation", "reopened", "password", "second_factor", "identity", "named_second")


def upgrade() -> None:
    op.add_column("officer", sa.Column("is_named_second", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("sign_in_failure", sa.Column("stopped_after", sa.String(length=16), nullable=True))
    op.create_table(
        "waiting_period",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column(
            "reason",
            sa.Enum(*REASONS, name="waiting_reason", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("powers", JSON, nullable=False),
        sa.Column("roles", JSON, nullable=False),
        sa.Column("made_by", JSON, nullable=False),
        sa.Column("began_at", UtcDateTime(), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officer.id"], name=op.f("fk_waiting_period_officer_id_officer"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waiting_period")),
    )
    op.create_index(op.f("ix_waiting_period_officer_id"), "waiting_period", ["officer_id"])


def downgrade() -> None:
    op.drop_table("waiting_period")
    with op.batch_alter_table("sign_in_failure") as batch_op:
        batch_op.drop_column("stopped_after")
    with op.batch_alter_table("officer") as batch_op:
        batch_op.drop_column("is_named_second")
