"""chat, chat_message, chat_reply and chat_answer: conversations in chat programs

Revision ID: 0126
Revises: 0125
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hoax_tracker.models.base import UtcDateTime

revision = "0126"
down_revision = "0125"
branch_labels = None
depends_on = None
needs_program = ""


def upgrade() -> None:
    op.create_table(
        "chat",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("sender_digest", sa.String(length=64), nullable=False),
        sa.Column("sender_encrypted", sa.LargeBinary(), nullable=False),
        sa.Column("state_encrypted", sa.LargeBinary(), nullable=True),
        sa.Column("language", sa.String(length=5), nullable=False),
        sa.Column("began_at", UtcDateTime(), nullable=False),
        sa.Column("last_message_at", UtcDateTime(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.Column("held_until", UtcDateTime(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("stopped_at", UtcDateTime(), nullable=True),
        sa.Column("erase_when_sent", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chat")),
        sa.UniqueConstraint("channel", "sender_digest", name=op.f("uq_chat_channel_sender_digest")),
    )
    for column in ("last_message_at", "due_at"):
        op.create_index(op.f(f"ix_chat_{column}"), "chat", [column])
    op.create_table(
        "chat_message",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("chat_id", sa.Integer(), nullable=True),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("message_digest", sa.String(length=64), nullable=False),
        sa.Column("body_encrypted", sa.LargeBinary(), nullable=True),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("answered_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("body_encrypted is null or chat_id is not null", name=op.f("ck_chat_message_body_of_chat")),
        sa.ForeignKeyConstraint(
            ["chat_id"], ["chat.id"], name=op.f("fk_chat_message_chat_id_chat"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chat_message")),
        sa.UniqueConstraint("channel", "message_digest", name=op.f("uq_chat_message_channel_message_digest")),
    )
    for column in ("chat_id", "received_at"):
        op.create_index(op.f(f"ix_chat_message_{column}"), "chat_message", [column])
    op.create_table(
        "chat_reply",
        sa.Column("chat_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("body_encrypted", sa.LargeBinary(), nullable=False),
        sa.Column("awaits_message", sa.Boolean(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("posted_at", UtcDateTime(), nullable=False),
        sa.Column("next_try_at", UtcDateTime(), nullable=True),
        sa.Column("held_until", UtcDateTime(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.String(length=120), nullable=True),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.Column("failed_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("sent_at is null or failed_at is null", name=op.f("ck_chat_reply_one_end")),
        sa.CheckConstraint(
            "(next_try_at is null) = (sent_at is not null or failed_at is not null)",
            name=op.f("ck_chat_reply_due_until_ended"),
        ),
        sa.ForeignKeyConstraint(["chat_id"], ["chat.id"], name=op.f("fk_chat_reply_chat_id_chat"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chat_reply")),
        sa.UniqueConstraint("chat_id", "key", name=op.f("uq_chat_reply_chat_id_key")),
    )
    op.create_index(op.f("ix_chat_reply_next_try_at"), "chat_reply", ["next_try_at"])
    op.create_table(
        "chat_answer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("chat_id", sa.Integer(), nullable=False),
        sa.Column("clarification_id", sa.Integer(), nullable=False),
        sa.Column("answered_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["chat_id"], ["chat.id"], name=op.f("fk_chat_answer_chat_id_chat"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["clarification_id"],
            ["clarification.id"],
            name=op.f("fk_chat_answer_clarification_id_clarification"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chat_answer")),
        sa.UniqueConstraint("chat_id", "clarification_id", name=op.f("uq_chat_answer_chat_id_clarification_id")),
    )
    op.create_index(op.f("ix_chat_answer_clarification_id"), "chat_answer", ["clarification_id"])


def downgrade() -> None:
    for table in ("chat_answer", "chat_reply", "chat_message", "chat"):
        op.drop_table(table)
