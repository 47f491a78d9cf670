"""subscription, push_subscription: residents who are told by e-mail, with their letters in outgoing_mail, and by push

Revision ID: 0107
Revises: 0106
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hoax_tracker.models.base import UtcDateTime

revision = "0107"
down_revision = "0106"
branch_labels = None
depends_on = None

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


def upgrade() -> None:
    op.create_table(
        "subscription",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("address_digest", sa.String(length=64), nullable=False),
        sa.Column("token_digest", sa.String(length=64), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column(
            "topic",
            sa.Enum(*TOPICS, name="topic", native_enum=False, create_constraint=True, length=32),
            nullable=True,
        ),
        sa.Column("district_id", sa.Integer(), nullable=True),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("confirmed_at", UtcDateTime(), nullable=True),
        sa.Column("told_revision_id", sa.Integer(), nullable=False),
        sa.Column("last_letter_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("topic is null or district_id is null", name=op.f("ck_subscription_one_choice")),
        sa.ForeignKeyConstraint(
            ["district_id"], ["district.id"], name=op.f("fk_subscription_district_id_district"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscription")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_subscription_token_digest")),
    )
    op.create_index(op.f("ix_subscription_address_digest"), "subscription", ["address_digest"])
    op.create_index(op.f("ix_subscription_district_id"), "subscription", ["district_id"])
    op.create_index("ix_subscription_waiting", "subscription", ["told_revision_id", "confirmed_at"])
    op.create_table(
        "push_subscription",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("endpoint_digest", sa.String(length=64), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("last_sent_at", UtcDateTime(), nullable=True),
        sa.Column("next_try_at", UtcDateTime(), nullable=True),
        sa.Column("held_until", UtcDateTime(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column(
            "topic",
            sa.Enum(*TOPICS, name="topic", native_enum=False, create_constraint=True, length=32),
            nullable=True,
        ),
        sa.Column("district_id", sa.Integer(), nullable=True),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("told_revision_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("topic is null or district_id is null", name=op.f("ck_push_subscription_one_choice")),
        sa.ForeignKeyConstraint(
            ["district_id"], ["district.id"], name=op.f("fk_push_subscription_district_id_district"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_push_subscription")),
        sa.UniqueConstraint("endpoint_digest", name=op.f("uq_push_subscription_endpoint_digest")),
    )
    op.create_index(op.f("ix_push_subscription_district_id"), "push_subscription", ["district_id"])
    op.create_index("ix_push_subscription_waiting", "push_subscription", ["told_revision_id", "last_sent_at"])
    with op.batch_alter_table("outgoing_mail") as batch_op:
        batch_op.add_column(sa.Column("subscription_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(
            op.f("fk_outgoing_mail_subscription_id_subscription"),
            "subscription",
            ["subscription_id"],
            ["id"],
            ondelete="CASCADE",
        )
        batch_op.create_index(op.f("ix_outgoing_mail_subscription_id"), ["subscription_id"])


def downgrade() -> None:
    with op.batch_alter_table("outgoing_mail") as batch_op:
        batch_op.drop_index(op.f("ix_outgoing_mail_subscription_id"))
        batch_op.drop_constraint(op.f("fk_outgoing_mail_subscription_id_subscription"), type_="foreignkey")
        batch_op.drop_column("subscription_id")
    op.drop_table("push_subscription")
    op.drop_table("subscription")
