"""clarification.picture: the picture that circulates, which changes only with a second person's confirmation

Revision ID: 0130
Revises: 0129
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hoax_tracker.authority import guards

revision = "0130"
down_revision = "0129"
branch_labels = None
depends_on = None
needs_program = ""


def upgrade() -> None:
    guards.drop_guards(op.get_bind())
    op.add_column("clarification", sa.Column("picture", sa.JSON(none_as_null=True), nullable=True))
    guards.create_guards(op.get_bind())


def downgrade() -> None:
    guards.drop_guards(op.get_bind())
    op.execute(sa.text("delete from evidence where clarification_id is not null and file_name is not null"))
    with op.batch_alter_table("clarification") as batch_op:
        batch_op.drop_column("picture")
