"""indexes that the queue is read from alone, at a hundred thousand claims

Revision ID: 0019
Revises: 0018
"""

from __future__ import annotations

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

NEW = {
    "ix_claim_due": ["status", "due_at", "rank", "unit_id", "topic"],
    "ix_claim_closed": ["status", "last_seen_at", "rank", "unit_id", "topic"],
    "ix_claim_unit": ["unit_id", "status", "due_at"],
}
OLD = {"ix_claim_due": ["status", "due_at", "unit_id"], "ix_claim_unit_id": ["unit_id"]}


def upgrade() -> None:
    for name in OLD:
        op.drop_index(name, table_name="claim")
    for name, columns in NEW.items():
        op.create_index(name, "claim", columns)


def downgrade() -> None:
    for name in NEW:
        op.drop_index(name, table_name="claim")
    for name, columns in OLD.items():
        op.create_index(name, "claim", columns)
