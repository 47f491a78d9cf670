"""the words of evidence in the search

Revision ID: 0030
Revises: 0029
"""

from __future__ import annotations

from alembic import op

from hoax_tracker.desk_search.index_tables import Searched, create, drop

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None
EVIDENCE = Searched("evidence", ("title", "file_name"))


def upgrade() -> None:
    op.create_index("ix_evidence_added_at", "evidence", ["added_at"])
    create(op.get_bind(), EVIDENCE)


def downgrade() -> None:
    drop(op.get_bind(), EVIDENCE)
    op.drop_index("ix_evidence_added_at", "evidence")
