"""a list of the items that the model in use has not assessed, instead of looking for them among all

Revision ID: 0034
Revises: 0033
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "unassessed_item",
        sa.Column("item_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["item_id"], ["item.id"], name=op.f("fk_unassessed_item_item_id_item"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("item_id", name=op.f("pk_unassessed_item")),
    )
    op.add_column("model_version", sa.Column("is_listed", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute(sa.text(FILL))
    op.execute(sa.text("update model_version set is_listed = is_active"))


# In the database itself: a million items are not brought into memory.
FILL = """
    insert into unassessed_item (item_id)
    select item.id from item
    where item.source_id not in (select id from source where kind = 'claim_review')
    and not exists (
        select 1 from assessment join model_version on model_version.id = assessment.model_version_id
        where assessment.item_id = item.id and model_version.is_active
    )
"""


def downgrade() -> None:
    op.drop_column("model_version", "is_listed")
    op.drop_table("unassessed_item")
