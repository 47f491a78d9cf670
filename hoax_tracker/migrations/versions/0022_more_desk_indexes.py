"""indexes for days far back, for the flagger's month, and for what was decided about a claim

Revision ID: 0022
Revises: 0021
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

HELD = sa.text("other_claim_id is not null")
FOUND = sa.text("clarification_id is not null")


def upgrade() -> None:
    op.create_index("ix_claim_created", "claim", ["created_at", "priority"])
    op.create_index("ix_assessment_scores", "assessment", ["assessed_at", "misinformation", "item_id"])
    op.drop_index("ix_decision_other_claim_id", table_name="decision")
    op.create_index("ix_decision_other", "decision", ["other_claim_id"], sqlite_where=HELD, postgresql_where=HELD)
    columns = ["clarification_id", "looked_at"]
    op.drop_index("ix_page_match_clarification_id", table_name="page_match")
    op.create_index("ix_page_match_found", "page_match", columns, sqlite_where=FOUND, postgresql_where=FOUND)


def downgrade() -> None:
    op.drop_index("ix_page_match_found", table_name="page_match")
    op.create_index("ix_page_match_clarification_id", "page_match", ["clarification_id"])
    op.drop_index("ix_decision_other", table_name="decision")
    op.create_index("ix_decision_other_claim_id", "decision", ["other_claim_id"])
    op.drop_index("ix_assessment_scores", table_name="assessment")
    op.drop_index("ix_claim_created", table_name="claim")
