"""sites whose pages a worker reads, so that another one leaves them alone meanwhile

Revision ID: 0036
Revises: 0035
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hoax_tracker.models.base import UtcDateTime

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "host_visit",
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("lease_until", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("host", name=op.f("pk_host_visit")),
    )


def downgrade() -> None:
    op.drop_table("host_visit")
