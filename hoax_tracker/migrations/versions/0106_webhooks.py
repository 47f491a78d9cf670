"""webhook_endpoint, webhook_delivery: other services that are told, and the notice that one was turned off

Revision ID: 0106
Revises: 0105
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from hoax_tracker.models.base import UtcDateTime

revision = "0106"
down_revision = "0105"
branch_labels = None
depends_on = None

KINDS_BEFORE = (
    "routed",
    "returned",
    "asked",
    "answered",
    "declined",
    "sent_back",
    "mentioned",
    "source_paused",
    "contact_shown",
)


def upgrade() -> None:
    allow_notice_kinds((*KINDS_BEFORE, "webhook_off"))
    op.create_table(
        "webhook_endpoint",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("url", sa.String(length=2000), nullable=False),
        sa.Column("events", sa.JSON(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("off_reason", sa.String(length=120), nullable=True),
        sa.Column("sealed_secret", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_previous_secret", sa.LargeBinary(), nullable=True),
        sa.Column("previous_until", UtcDateTime(), nullable=True),
        sa.Column("added_at", UtcDateTime(), nullable=False),
        sa.Column("edited_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_endpoint")),
    )
    op.create_table(
        "webhook_delivery",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("endpoint_id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.String(length=64), nullable=False),
        sa.Column("event", sa.String(length=40), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("answered_at", UtcDateTime(), nullable=True),
        sa.Column("answer_status", sa.Integer(), nullable=True),
        sa.Column("answer_line", sa.String(length=120), nullable=True),
        sa.Column("posted_at", UtcDateTime(), nullable=False),
        sa.Column("next_try_at", UtcDateTime(), nullable=True),
        sa.Column("held_until", UtcDateTime(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.String(length=120), nullable=True),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.Column("failed_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint(
            "(next_try_at is null) = (sent_at is not null or failed_at is not null)",
            name=op.f("ck_webhook_delivery_due_until_ended"),
        ),
        sa.CheckConstraint("sent_at is null or failed_at is null", name=op.f("ck_webhook_delivery_one_end")),
        sa.ForeignKeyConstraint(
            ["endpoint_id"],
            ["webhook_endpoint.id"],
            name=op.f("fk_webhook_delivery_endpoint_id_webhook_endpoint"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_delivery")),
        sa.UniqueConstraint("endpoint_id", "message_id", name=op.f("uq_webhook_delivery_endpoint_id_message_id")),
    )
    op.create_index(op.f("ix_webhook_delivery_next_try_at"), "webhook_delivery", ["next_try_at"])


def downgrade() -> None:
    op.drop_table("webhook_delivery")
    op.drop_table("webhook_endpoint")
    op.execute(sa.text("delete from notice where kind = 'webhook_off'"))
    allow_notice_kinds(KINDS_BEFORE)


def allow_notice_kinds(kinds: Sequence[str]) -> None:
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    with op.batch_alter_table("notice") as batch_op:
        batch_op.drop_constraint(op.f("ck_notice_notice_kind"), type_="check")
        batch_op.create_check_constraint(op.f("ck_notice_notice_kind"), sa.text(f"kind in ({listed})"))
