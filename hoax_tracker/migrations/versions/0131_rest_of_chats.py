"""chat_reply: the id under which a channel tells what became of it, and that its window was closed

Revision ID: 0131
Revises: 0130
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hoax_tracker.authority import guards
from hoax_tracker.models.base import UtcDateTime

revision = "0131"
down_revision = "0130"
branch_labels = None
depends_on = None
needs_program = ""


def upgrade() -> None:
    guards.drop_guards(op.get_bind())
    op.add_column("chat_reply", sa.Column("sent_digest", sa.String(length=64), nullable=True))
    op.add_column("chat_reply", sa.Column("window_closed_at", UtcDateTime(), nullable=True))
    op.create_index(op.f("ix_chat_reply_sent_digest"), "chat_reply", ["sent_digest"])
    guards.create_guards(op.get_bind())


def downgrade() -> None:
    guards.drop_guards(op.get_bind())
    op.drop_index(op.f("ix_chat_reply_sent_digest"), "chat_reply")
    with op.batch_alter_table("chat_reply") as batch_op:
        batch_op.drop_column("window_closed_at")
        batch_op.drop_column("sent_digest")
    guards.create_guards(op.get_bind())
