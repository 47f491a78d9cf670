"""words of everything that officers may see, kept by the database itself

Revision ID: 0013
Revises: 0012
"""

from __future__ import annotations

from alembic import op

from hoax_tracker.desk_search.index_tables import Searched, create, drop, drop_function

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

SEARCHED = (
    Searched("claim", ("title", "text")),
    Searched("clarification", ("title", "summary", "claim_quote", "findings", "conclusion")),
    Searched("report", ("text",)),
    Searched("question", ("text", "answer")),
    Searched("item", ("title", "text"), mark="source_id"),
)


def upgrade() -> None:
    for searched in SEARCHED:
        create(op.get_bind(), searched)


def downgrade() -> None:
    for searched in SEARCHED:
        drop(op.get_bind(), searched)
    drop_function(op.get_bind())
