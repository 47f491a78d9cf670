"""priority rank: what a priority is made of, and the order of claims that age does not change

Revision ID: 0010
Revises: 0009
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hoax_tracker.models import UtcDateTime, rank_of_claim

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

claim = sa.table(
    "claim", sa.column("id"), sa.column("priority"), sa.column("last_seen_at", UtcDateTime()), sa.column("rank")
)


def upgrade() -> None:
    with op.batch_alter_table("claim") as batch_op:
        batch_op.add_column(sa.Column("priority_parts", sa.JSON(none_as_null=True), nullable=True))
        batch_op.add_column(sa.Column("demand", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("rank", sa.Double(), nullable=False, server_default="0"))
    rank_claims()
    with op.batch_alter_table("claim") as batch_op:
        batch_op.alter_column("demand", server_default=None)
        batch_op.alter_column("rank", server_default=None)
    order_queue_by("rank")


def rank_claims() -> None:
    """Give every claim its place; not every SQLite knows logarithms, so they are taken here."""
    connection = op.get_bind()
    rows = connection.execute(sa.select(claim.c.id, claim.c.priority, claim.c.last_seen_at)).all()
    ranks = [{"key": key, "place": rank_of_claim(priority, seen)} for key, priority, seen in rows]
    if ranks:
        placed = sa.update(claim).where(claim.c.id == sa.bindparam("key")).values(rank=sa.bindparam("place"))
        connection.execute(placed, ranks)


def downgrade() -> None:
    order_queue_by("priority")
    with op.batch_alter_table("claim") as batch_op:
        batch_op.drop_column("rank")
        batch_op.drop_column("demand")
        batch_op.drop_column("priority_parts")


def order_queue_by(column: str) -> None:
    """Build the index of the queue anew, in the migration's own transaction: one that is interrupted leaves nothing."""
    op.drop_index("ix_claim_queue", table_name="claim")
    op.create_index("ix_claim_queue", "claim", ["status", column])
