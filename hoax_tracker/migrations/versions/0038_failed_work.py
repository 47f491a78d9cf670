"""worker_heartbeat: what failed in the last round

Revision ID: 0038
Revises: 0037
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hoax_tracker.models.base import JsonType

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("worker_heartbeat", sa.Column("failed_work", JsonType, nullable=False, server_default="[]"))


def downgrade() -> None:
    op.drop_column("worker_heartbeat", "failed_work")
