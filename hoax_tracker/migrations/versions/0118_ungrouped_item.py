"""ungrouped_item: assessed items that have yet to join or open a claim

Revision ID: 0118
Revises: 0117
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hoax_tracker.models.base import UtcDateTime

revision = "0118"
down_revision = "0117"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ungrouped_item",
        sa.Column("item_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.Column("content_key", sa.String(length=64), nullable=False),
        sa.Column("suggestion", sa.JSON(none_as_null=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["item_id"], ["item.id"], name=op.f("fk_ungrouped_item_item_id_item"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("item_id", name=op.f("pk_ungrouped_item")),
    )
    op.create_index("ix_ungrouped_item_order", "ungrouped_item", ["seen_at", "content_key", "item_id"])


def downgrade() -> None:
    """Queue what was assessed and not grouped, to be assessed again: the program before groups what it assesses."""
    op.execute(
        "insert into unassessed_item (item_id, seen_at, content_key) select item_id, seen_at, content_key"
        " from ungrouped_item where item_id not in (select item_id from unassessed_item)"
    )
    op.execute(
        "delete from assessment where item_id in (select item_id from ungrouped_item)"
        " and model_version_id in (select id from model_version where is_active)"
    )
    op.drop_table("ungrouped_item")
