"""item bands: near-copies are found among any number of items

Revision ID: 0027
Revises: 0026
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "item_band",
        sa.Column("band", sa.BigInteger(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_item_band_item_id_item"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("band", "item_id", name=op.f("pk_item_band")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_item_band_item_id"), "item_band", ["item_id"])


def downgrade() -> None:
    op.drop_table("item_band")
