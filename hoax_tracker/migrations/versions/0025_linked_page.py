"""linked pages: the whole story where a feed gives its beginning, and the addresses of pictures

Revision ID: 0025
Revises: 0024
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hoax_tracker.models import UtcDateTime
from hoax_tracker.models.base import JsonType

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("item", sa.Column("full_text", sa.Text(), nullable=True))
    op.add_column("item", sa.Column("images", JsonType, nullable=True))
    op.create_table(
        "linked_page",
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("url", sa.String(length=2000), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_at", UtcDateTime(), nullable=True),
        sa.Column("awaited_until", UtcDateTime(), nullable=True),
        sa.Column("read_at", UtcDateTime(), nullable=True),
        sa.Column("trouble", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_linked_page_item_id_item"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("item_id", name=op.f("pk_linked_page")),
    )
    op.create_index(op.f("ix_linked_page_next_at"), "linked_page", ["next_at"])
    op.create_index(op.f("ix_linked_page_awaited_until"), "linked_page", ["awaited_until"])


def downgrade() -> None:
    op.drop_table("linked_page")
    op.drop_column("item", "images")
    op.drop_column("item", "full_text")
