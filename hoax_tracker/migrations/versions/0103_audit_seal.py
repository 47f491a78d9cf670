"""audit_event: the seal of each row, and indexes by which the log is paged

Revision ID: 0103
Revises: 0102
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0103"
down_revision = "0102"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("audit_event", sa.Column("seal", sa.String(64), nullable=True))
    op.drop_index("ix_audit_event_officer_id", "audit_event")
    op.drop_index("ix_audit_event_subject", "audit_event")
    op.create_index("ix_audit_event_officer_id_id", "audit_event", ["officer_id", "id"])
    op.create_index("ix_audit_event_subject_id", "audit_event", ["subject", "id"])
    op.create_index("ix_audit_event_action_id", "audit_event", ["action", "id"])
    op.create_index("ix_audit_event_at", "audit_event", ["at"])


def downgrade() -> None:
    for name in ("at", "action_id", "subject_id", "officer_id_id"):
        op.drop_index(f"ix_audit_event_{name}", "audit_event")
    op.create_index("ix_audit_event_subject", "audit_event", ["subject"])
    op.create_index("ix_audit_event_officer_id", "audit_event", ["officer_id"])
    op.drop_column("audit_event", "seal")
