"""the words of evidence in the search

Revision ID: 0030
Revises: 0029
"""

from __future__ import annotations

from alembic import op

from hoax_tracker.desk_search.index_tables import IndexedTable, create_index, drop_index

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None
EVIDENCE = IndexedTable("evidence", ("title", "file_name"))


def upgrade() -> None:
    op.create_index("ix_evidence_added_at", "evidence", ["added_at"])
    create_index(op.get_bind(), EVIDENCE)


def downgrade() -> None:
    drop_index(op.get_bind(), EVIDENCE)
    op.drop_index("ix_evidence_added_at", "evidence")
