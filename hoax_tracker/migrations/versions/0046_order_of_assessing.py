"""the order in which items are assessed, and what officers ask the worker for: recorded items, claims from questions

Revision ID: 0046
Revises: 0045
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hoax_tracker.models.base import UtcDateTime

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None

ORDER = ["seen_at", "content_key", "item_id"]


def upgrade() -> None:
    with op.batch_alter_table("unassessed_item") as table:
        table.add_column(sa.Column("seen_at", UtcDateTime(), nullable=True))
        table.add_column(sa.Column("content_key", sa.String(64), nullable=True))
    op.execute(sa.text(FILL))
    with op.batch_alter_table("unassessed_item") as table:
        table.alter_column("seen_at", existing_type=UtcDateTime(), nullable=False)
        table.alter_column("content_key", existing_type=sa.String(64), nullable=False)
        table.create_index("ix_unassessed_item_order", ORDER)
    op.create_table(
        "recorded_item",
        sa.Column("item_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["item_id"], ["item.id"], name=op.f("fk_recorded_item_item_id_item"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("item_id", name=op.f("pk_recorded_item")),
    )
    with op.batch_alter_table("demand") as table:
        table.add_column(sa.Column("opening_at", UtcDateTime(), nullable=True))
        table.add_column(sa.Column("opened_by_id", sa.Integer(), nullable=True))
        table.create_foreign_key(
            op.f("fk_demand_opened_by_id_officer"), "officer", ["opened_by_id"], ["id"], ondelete="SET NULL"
        )


# In the database itself: a million items are not brought into memory.
FILL = """
    update unassessed_item set
        seen_at = (select coalesce(published_at, fetched_at) from item where item.id = unassessed_item.item_id),
        content_key = (select content_key from item where item.id = unassessed_item.item_id)
"""


def downgrade() -> None:
    with op.batch_alter_table("demand") as table:
        table.drop_constraint(op.f("fk_demand_opened_by_id_officer"), type_="foreignkey")
        table.drop_column("opened_by_id")
        table.drop_column("opening_at")
    op.drop_table("recorded_item")
    with op.batch_alter_table("unassessed_item") as table:
        table.drop_index("ix_unassessed_item_order")
        table.drop_column("content_key")
        table.drop_column("seen_at")
