"""tipline_channel: the chat channels, which a second person puts into service, and the notice that one is costly

Revision ID: 0126
Revises: 0124
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from hoax_tracker.authority import guards
from hoax_tracker.models.base import UtcDateTime

revision = "0126"
down_revision = "0124"
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
    "webhook_off",
    "replied",
    "rising",
    "proposed",
    "settled",
)


def upgrade() -> None:
    guards.drop_guards(op.get_bind())
    op.create_table(
        "tipline_channel",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("base_url", sa.String(length=300), nullable=False),
        sa.Column("auth_header", sa.String(length=60), nullable=False),
        sa.Column("is_polled", sa.Boolean(), nullable=False),
        sa.Column("is_in_service", sa.Boolean(), nullable=False),
        sa.Column("sealed_keys", sa.LargeBinary(), nullable=True),
        sa.Column("keys_saved_at", UtcDateTime(), nullable=True),
        sa.Column("paused_at", UtcDateTime(), nullable=True),
        sa.Column("monthly_ceiling", sa.Integer(), nullable=True),
        sa.Column("counted_month", sa.String(length=7), nullable=False),
        sa.Column("counted_replies", sa.Integer(), nullable=False),
        sa.Column("warned_month", sa.String(length=7), nullable=False),
        sa.Column("polled_offset", sa.BigInteger(), nullable=False),
        sa.Column("announced", sa.String(length=64), nullable=False),
        sa.Column("last_fault", sa.String(length=200), nullable=True),
        sa.Column("last_fault_at", UtcDateTime(), nullable=True),
        sa.Column("edited_at", UtcDateTime(), nullable=True),
        sa.Column("confirmation_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "monthly_ceiling is null or monthly_ceiling >= 0", name=op.f("ck_tipline_channel_ceiling_counts")
        ),
        sa.CheckConstraint("counted_replies >= 0", name=op.f("ck_tipline_channel_replies_count")),
        sa.ForeignKeyConstraint(
            ["confirmation_id"],
            ["proposal.id"],
            name=op.f("fk_tipline_channel_confirmation_id_proposal"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tipline_channel")),
        sa.UniqueConstraint("name", name=op.f("uq_tipline_channel_name")),
    )
    op.create_index(op.f("ix_tipline_channel_confirmation_id"), "tipline_channel", ["confirmation_id"])
    allow_notice_kinds((*KINDS_BEFORE, "tipline_cost"))
    guards.create_guards(op.get_bind())


def downgrade() -> None:
    guards.drop_guards(op.get_bind())
    op.execute(sa.text("delete from notice where kind = 'tipline_cost'"))
    allow_notice_kinds(KINDS_BEFORE)
    op.drop_table("tipline_channel")
    guards.create_guards(op.get_bind())


def allow_notice_kinds(kinds: Sequence[str]) -> None:
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    with op.batch_alter_table("notice") as batch_op:
        batch_op.drop_constraint(op.f("ck_notice_notice_kind"), type_="check")
        batch_op.create_check_constraint(op.f("ck_notice_notice_kind"), sa.text(f"kind in ({listed})"))
