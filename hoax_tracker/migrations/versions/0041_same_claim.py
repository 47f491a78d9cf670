"""usefulness: whether residents took a clarification for one about their message

Revision ID: 0041
Revises: 0040
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("usefulness", sa.Column("same", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("usefulness", sa.Column("not_same", sa.Integer(), nullable=False, server_default="0"))


def downgrade() -> None:
    op.drop_column("usefulness", "not_same")
    op.drop_column("usefulness", "same")
