"""indexes for the lists of clarifications and for what residents ask

Revision ID: 0033
Revises: 0032
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

WAITS = sa.text("proposed_kind is not null")


def upgrade() -> None:
    op.create_index("ix_clarification_changed", "clarification", ["status", "changed_at"])
    op.drop_index("ix_clarification_status", table_name="clarification")
    op.create_index("ix_clarification_topic", "clarification", ["topic", "published_at", "status"])
    columns = ["changed_at"]
    op.create_index("ix_clarification_proposed", "clarification", columns, sqlite_where=WAITS, postgresql_where=WAITS)
    op.create_index("ix_check_query_lately", "check_query", ["day", "demand_id", "count"])
    op.drop_index("ix_check_query_day", table_name="check_query")
    op.create_index("ix_check_query_asked", "check_query", ["demand_id", "count"])
    op.drop_index("ix_check_query_demand_id", table_name="check_query")


def downgrade() -> None:
    op.create_index("ix_check_query_demand_id", "check_query", ["demand_id"])
    op.drop_index("ix_check_query_asked", table_name="check_query")
    op.create_index("ix_check_query_day", "check_query", ["day"])
    op.drop_index("ix_check_query_lately", table_name="check_query")
    op.drop_index("ix_clarification_proposed", table_name="clarification")
    op.drop_index("ix_clarification_topic", table_name="clarification")
    op.create_index("ix_clarification_status", "clarification", ["status"])
    op.drop_index("ix_clarification_changed", table_name="clarification")
