"""alarm, hourly_count, early_warning_state: what rises, and the notice to officers

Revision ID: 0115
Revises: 0114
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from hoax_tracker.models.base import UtcDateTime

revision = "0115"
down_revision = "0114"
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
)
TOPICS = (
    "health",
    "water",
    "civil_registry",
    "education",
    "social_aid",
    "transport",
    "public_works",
    "waste",
    "market",
    "tax",
    "disaster",
    "public_order",
    "personnel",
    "government",
    "tourism",
    "agriculture",
    "fisheries",
    "housing",
    "permits",
    "women_children",
    "other",
)
MEASURES = ("seen", "reported", "asked")


def upgrade() -> None:
    op.create_index("ix_claim_appearance_seen", "claim_appearance", ["seen_at", "claim_id"])
    op.create_index("ix_decision_day", "decision", ["decided_at", "kind", "claim_id"])
    create_alarm_table()
    op.create_table(
        "hourly_count",
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("measure", value_type("measure", MEASURES), nullable=False),
        sa.Column("hour", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("subject", "measure", "hour", name=op.f("pk_hourly_count")),
    )
    op.create_index(op.f("ix_hourly_count_hour"), "hourly_count", ["hour"])
    op.create_table(
        "early_warning_state",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("counted_to", sa.Integer(), nullable=False),
        sa.Column("since_hour", sa.Integer(), nullable=False),
        sa.Column("looked_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("id = 1", name=op.f("ck_early_warning_state_only_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_early_warning_state")),
    )
    allow_notice_kinds((*KINDS_BEFORE, "rising"))
    with op.batch_alter_table("notice") as batch_op:
        batch_op.add_column(sa.Column("alarm_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(op.f("fk_notice_alarm_id_alarm"), "alarm", ["alarm_id"], ["id"], ondelete="CASCADE")
        batch_op.create_index(op.f("ix_notice_alarm_id"), ["alarm_id"])


def create_alarm_table() -> None:
    op.create_table(
        "alarm",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("kind", value_type("rising_kind", ("claim", "topic", "place")), nullable=False),
        sa.Column("claim_id", sa.Integer(), nullable=True),
        sa.Column("topic", value_type("topic", TOPICS), nullable=True),
        sa.Column("district_id", sa.Integer(), nullable=True),
        sa.Column("measure", value_type("measure", MEASURES), nullable=False),
        sa.Column("hours", sa.Integer(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("usual", sa.Double(), nullable=False),
        sa.Column("raised_at", UtcDateTime(), nullable=False),
        sa.Column("last_sign_at", UtcDateTime(), nullable=False),
        sa.Column("told_at", UtcDateTime(), nullable=True),
        sa.Column("answer", value_type("alarm_answer", ("answered", "silenced")), nullable=True),
        sa.Column("answered_by_id", sa.Integer(), nullable=True),
        sa.Column("answered_at", UtcDateTime(), nullable=True),
        sa.Column("calmed_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("(answer is null) = (answered_at is null)", name=op.f("ck_alarm_answered_whole")),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_alarm_claim_id_claim"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["district_id"], ["district.id"], name=op.f("fk_alarm_district_id_district"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["answered_by_id"], ["officer.id"], name=op.f("fk_alarm_answered_by_id_officer"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarm")),
    )
    going_on = sa.text("calmed_at is null")
    op.create_index(
        "uq_alarm_going_on", "alarm", ["subject"], unique=True, sqlite_where=going_on, postgresql_where=going_on
    )
    op.create_index(op.f("ix_alarm_claim_id"), "alarm", ["claim_id"])
    op.create_index(op.f("ix_alarm_district_id"), "alarm", ["district_id"])
    op.create_index("ix_alarm_raised", "alarm", ["raised_at"])


def downgrade() -> None:
    op.execute(sa.text("delete from notice where kind = 'rising'"))
    with op.batch_alter_table("notice") as batch_op:
        batch_op.drop_index(op.f("ix_notice_alarm_id"))
        batch_op.drop_constraint(op.f("fk_notice_alarm_id_alarm"), type_="foreignkey")
        batch_op.drop_column("alarm_id")
    allow_notice_kinds(KINDS_BEFORE)
    op.drop_table("early_warning_state")
    op.drop_table("hourly_count")
    op.drop_table("alarm")
    op.drop_index("ix_decision_day", "decision")
    op.drop_index("ix_claim_appearance_seen", "claim_appearance")


def value_type(name: str, values: Sequence[str]) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def allow_notice_kinds(kinds: Sequence[str]) -> None:
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    with op.batch_alter_table("notice") as batch_op:
        batch_op.drop_constraint(op.f("ck_notice_notice_kind"), type_="check")
        batch_op.create_check_constraint(op.f("ck_notice_notice_kind"), sa.text(f"kind in ({listed})"))
