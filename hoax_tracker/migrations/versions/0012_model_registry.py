"""model registry: what a version was made of, whether it is proposed, and one version in use

Revision ID: 0012
Revises: 0011
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hoax_tracker.models import UtcDateTime

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

ACTIVE = "uq_model_version_active"


def upgrade() -> None:
    op.add_column("model_version", sa.Column("about", sa.JSON(none_as_null=True), nullable=True))
    op.add_column("model_version", sa.Column("proposed_at", UtcDateTime(), nullable=True))
    op.execute(
        "update model_version set is_active = false where id <> (select max(id) from model_version where is_active)"
    )
    only = sa.text("is_active")
    op.create_index(ACTIVE, "model_version", ["is_active"], unique=True, sqlite_where=only, postgresql_where=only)


def downgrade() -> None:
    op.drop_index(ACTIVE, table_name="model_version")
    with op.batch_alter_table("model_version") as batch_op:
        batch_op.drop_column("proposed_at")
        batch_op.drop_column("about")
