"""programme code: what the shipped file calls a programme, so that a renamed one is not loaded again beside it

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("programme") as batch_op:
        batch_op.add_column(sa.Column("code", sa.String(length=120), nullable=True))
        batch_op.create_unique_constraint(batch_op.f("uq_programme_code"), ["code"])
    op.execute("update programme set code = name")


def downgrade() -> None:
    with op.batch_alter_table("programme") as batch_op:
        batch_op.drop_constraint(batch_op.f("uq_programme_code"), type_="unique")
        batch_op.drop_column("code")
