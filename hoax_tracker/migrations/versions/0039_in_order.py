"""lists in the order of their moments: when notes and clarifications were begun

Revision ID: 0039
Revises: 0038
"""

from __future__ import annotations

from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_clarification_created", "clarification", ["created_at"])
    op.create_index("ix_note_written_at", "note", ["written_at"])


def downgrade() -> None:
    op.drop_index("ix_note_written_at", table_name="note")
    op.drop_index("ix_clarification_created", table_name="clarification")
