"""tipline_channel: the template of WhatsApp; chat_reply: whether it went by one, and of which report it tells

Revision ID: 0129
Revises: 0127
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hoax_tracker.authority import guards
from hoax_tracker.models.base import UtcDateTime

revision = "0129"
down_revision = "0127"
branch_labels = None
depends_on = None
needs_program = ""

TEMPLATE_COLUMNS = (("business_id", 64), ("template_name", 100), ("template_language", 10))


def upgrade() -> None:
    guards.drop_guards(op.get_bind())
    for name, length in TEMPLATE_COLUMNS:
        column = sa.Column(name, sa.String(length=length), server_default="", nullable=False)
        op.add_column("tipline_channel", column)
    with op.batch_alter_table("chat_reply") as batch_op:
        batch_op.add_column(sa.Column("template_sent_at", UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column("report_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(
            op.f("fk_chat_reply_report_id_report"), "report", ["report_id"], ["id"], ondelete="CASCADE"
        )
        batch_op.create_index(op.f("ix_chat_reply_report_id"), ["report_id"])
    guards.create_guards(op.get_bind())


def downgrade() -> None:
    guards.drop_guards(op.get_bind())
    with op.batch_alter_table("chat_reply") as batch_op:
        batch_op.drop_index(op.f("ix_chat_reply_report_id"))
        batch_op.drop_constraint(op.f("fk_chat_reply_report_id_report"), type_="foreignkey")
        batch_op.drop_column("report_id")
        batch_op.drop_column("template_sent_at")
    with op.batch_alter_table("tipline_channel") as batch_op:
        for name, _length in TEMPLATE_COLUMNS:
            batch_op.drop_column(name)
    guards.create_guards(op.get_bind())
