"""model_version: how far the list of what a version has not assessed is made, a slice at a time

Revision ID: 0040
Revises: 0039
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("model_version", sa.Column("listed_to", sa.Integer(), nullable=True))


def downgrade() -> None:
    op.drop_column("model_version", "listed_to")
