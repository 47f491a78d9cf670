"""demand: questions of the public that ask the same

Revision ID: 0007
Revises: 0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hoax_tracker.models import UtcDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "demand",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("claim_id", sa.Integer(), nullable=True),
        sa.Column("suggested_id", sa.Integer(), nullable=True),
        sa.Column("set_aside_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_demand_claim_id_claim"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["suggested_id"], ["claim.id"], name=op.f("fk_demand_suggested_id_claim"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_demand")),
    )
    op.create_index(op.f("ix_demand_claim_id"), "demand", ["claim_id"])
    op.create_index(op.f("ix_demand_last_day"), "demand", ["last_day"])
    with op.batch_alter_table("check_query") as batch_op:
        batch_op.add_column(sa.Column("demand_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_check_query_demand_id_demand"), "demand", ["demand_id"], ["id"], ondelete="SET NULL"
        )
        batch_op.create_index(batch_op.f("ix_check_query_demand_id"), ["demand_id"])


def downgrade() -> None:
    with op.batch_alter_table("check_query") as batch_op:
        batch_op.drop_index(batch_op.f("ix_check_query_demand_id"))
        batch_op.drop_constraint(batch_op.f("fk_check_query_demand_id_demand"), type_="foreignkey")
        batch_op.drop_column("demand_id")
    op.drop_table("demand")
