"""what a source brought is counted from indexes; PostgreSQL: ids in indexes, and what making a text's words costs

Revision ID: 0037
Revises: 0036
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hoax_tracker.desk_search import index_tables

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

COLUMNS = {
    "ix_claim_due": ("claim", ["status", "due_at", "rank", "unit_id", "topic"]),
    "ix_claim_closed": ("claim", ["status", "last_seen_at", "rank", "unit_id", "topic"]),
    "ix_item_source_fetched": ("item", ["source_id", "fetched_at"]),
}


def upgrade() -> None:
    op.create_index(
        "ix_assessment_flagged",
        "assessment",
        ["item_id", "model_version_id"],
        sqlite_where=sa.text("flagged = 1"),
        postgresql_where=sa.text("flagged"),
    )
    if op.get_bind().dialect.name == "postgresql":
        index_tables.create_words_function(op.get_bind())
        for name, (table, columns) in COLUMNS.items():
            op.drop_index(name, table_name=table)
            op.create_index(name, table, columns, postgresql_include=["id"])


def downgrade() -> None:
    # The function gives the words that it always gave: it stays.
    if op.get_bind().dialect.name == "postgresql":
        for name, (table, columns) in COLUMNS.items():
            op.drop_index(name, table_name=table)
            op.create_index(name, table, columns)
    op.drop_index("ix_assessment_flagged", table_name="assessment")
