"""kept figures: what pages show of very many rows, counted by the worker; the entries of one source in order

Revision ID: 0026
Revises: 0025
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hoax_tracker.models import UtcDateTime
from hoax_tracker.models.base import JsonType

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "kept_figures",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("value", JsonType, nullable=False),
        sa.Column("counted_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_kept_figures")),
    )
    op.create_index("ix_item_source_fetched", "item", ["source_id", "fetched_at"])


def downgrade() -> None:
    op.drop_index("ix_item_source_fetched", "item")
    op.drop_table("kept_figures")
