"""words of everything that officers may see, kept by the database itself

Revision ID: 0013
Revises: 0012
"""

from __future__ import annotations

from alembic import op

from hoax_tracker.desk_search.index_tables import IndexedTable, create_index, drop_index, drop_words_function

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

SEARCHED = (
    IndexedTable("claim", ("title", "text")),
    IndexedTable("clarification", ("title", "summary", "claim_quote", "findings", "conclusion")),
    IndexedTable("report", ("text",)),
    IndexedTable("question", ("text", "answer")),
    IndexedTable("item", ("title", "text"), mark="source_id"),
)


def upgrade() -> None:
    for searched in SEARCHED:
        create_index(op.get_bind(), searched)


def downgrade() -> None:
    for searched in SEARCHED:
        drop_index(op.get_bind(), searched)
    drop_words_function(op.get_bind())
