"""sources: where one said once that it went for good

Revision ID: 0028
Revises: 0027
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("source", sa.Column("moving_to", sa.String(length=2000), nullable=True))


def downgrade() -> None:
    op.drop_column("source", "moving_to")
