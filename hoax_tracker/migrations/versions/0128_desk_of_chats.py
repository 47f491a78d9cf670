"""what the desk needs of chats: where was asked, what was forwarded or came together, officers' words, blocking

Revision ID: 0128
Revises: 0127
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from hoax_tracker.authority import guards
from hoax_tracker.models.base import UtcDateTime

revision = "0128"
down_revision = "0127"
branch_labels = None
depends_on = None

COUNTS = ("in_whatsapp", "in_telegram", "forwarded", "often_forwarded")
MEASURES_BEFORE = ("seen", "reported", "asked")


def upgrade() -> None:
    guards.drop_guards(op.get_bind())
    with op.batch_alter_table("check_query") as batch_op:
        for name in COUNTS:
            batch_op.add_column(sa.Column(name, sa.Integer(), server_default="0", nullable=False))
    is_forwarded = sa.text("forwarded > 0")
    op.create_index(
        "ix_check_query_forwarded", "check_query", ["day"], sqlite_where=is_forwarded, postgresql_where=is_forwarded
    )
    op.create_table(
        "asked_together",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("first", sa.String(length=80), nullable=False),
        sa.Column("second", sa.String(length=80), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.CheckConstraint("first < second", name=op.f("ck_asked_together_in_order")),
        sa.PrimaryKeyConstraint("day", "first", "second", name=op.f("pk_asked_together")),
    )
    op.create_index(op.f("ix_asked_together_second"), "asked_together", ["second"])
    with op.batch_alter_table("chat") as batch_op:
        batch_op.add_column(sa.Column("blocked_until", UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column("blocked_reason", sa.String(length=20), nullable=True))
        batch_op.create_check_constraint(
            op.f("ck_chat_blocked_for_a_reason"), sa.text("(blocked_until is null) = (blocked_reason is null)")
        )
    with op.batch_alter_table("chat_reply") as batch_op:
        batch_op.add_column(sa.Column("confirmation_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(
            op.f("fk_chat_reply_confirmation_id_proposal"), "proposal", ["confirmation_id"], ["id"], ondelete="RESTRICT"
        )
        batch_op.create_index(op.f("ix_chat_reply_confirmation_id"), ["confirmation_id"])
    allow_measures((*MEASURES_BEFORE, "forwarded"))
    guards.create_guards(op.get_bind())


def downgrade() -> None:
    guards.drop_guards(op.get_bind())
    for table in ("alarm", "hourly_count"):
        rows = sa.table(table, sa.column("measure"))
        op.execute(sa.delete(rows).where(rows.c.measure == "forwarded"))
    allow_measures(MEASURES_BEFORE)
    with op.batch_alter_table("chat_reply") as batch_op:
        batch_op.drop_index(op.f("ix_chat_reply_confirmation_id"))
        batch_op.drop_constraint(op.f("fk_chat_reply_confirmation_id_proposal"), type_="foreignkey")
        batch_op.drop_column("confirmation_id")
    with op.batch_alter_table("chat") as batch_op:
        batch_op.drop_constraint(op.f("ck_chat_blocked_for_a_reason"), type_="check")
        batch_op.drop_column("blocked_reason")
        batch_op.drop_column("blocked_until")
    op.drop_table("asked_together")
    op.drop_index("ix_check_query_forwarded", "check_query")
    with op.batch_alter_table("check_query") as batch_op:
        for name in COUNTS:
            batch_op.drop_column(name)
    guards.create_guards(op.get_bind())


def allow_measures(measures: Sequence[str]) -> None:
    listed = ", ".join(f"'{measure}'" for measure in measures)
    for table in ("alarm", "hourly_count"):
        with op.batch_alter_table(table) as batch_op:
            batch_op.drop_constraint(op.f(f"ck_{table}_measure"), type_="check")
            batch_op.create_check_constraint(op.f(f"ck_{table}_measure"), sa.text(f"measure in ({listed})"))
