"""chat_reply: the id under which a channel tells what became of it, and that its window was closed; chat.paused_until; reported_media

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
    op.add_column("chat", sa.Column("paused_until", UtcDateTime(), nullable=True))
    op.create_table(
        "reported_media",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("report_id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.CheckConstraint("size_bytes > 0", name=op.f("ck_reported_media_size_counts")),
        sa.ForeignKeyConstraint(
            ["report_id"], ["report.id"], name=op.f("fk_reported_media_report_id_report"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reported_media")),
        sa.UniqueConstraint("report_id", "sha256", name=op.f("uq_reported_media_report_id_sha256")),
    )
    op.create_index(op.f("ix_reported_media_sha256"), "reported_media", ["sha256"])
    guards.create_guards(op.get_bind())


def downgrade() -> None:
    guards.drop_guards(op.get_bind())
    op.drop_table("reported_media")
    op.drop_index(op.f("ix_chat_reply_sent_digest"), "chat_reply")
    with op.batch_alter_table("chat_reply") as batch_op:
        batch_op.drop_column("window_closed_at")
        batch_op.drop_column("sent_digest")
    with op.batch_alter_table("chat") as batch_op:
        batch_op.drop_column("paused_until")
    guards.create_guards(op.get_bind())
