"""tipline_channel: the template of WhatsApp; chat_reply: whether it went by one, and its report; media_fingerprint

Revision ID: 0129
Revises: 0128
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hoax_tracker.authority import guards
from hoax_tracker.models.base import UtcDateTime

revision = "0129"
down_revision = "0128"
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
    create_media_fingerprint()
    guards.create_guards(op.get_bind())


def create_media_fingerprint() -> None:
    op.create_table(
        "media_fingerprint",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("claim_id", sa.Integer(), nullable=False),
        sa.Column("is_known", sa.Boolean(), nullable=False),
        sa.Column("edited_at", UtcDateTime(), nullable=True),
        sa.Column("confirmation_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("size_bytes > 0", name=op.f("ck_media_fingerprint_size_counts")),
        sa.ForeignKeyConstraint(
            ["claim_id"], ["claim.id"], name=op.f("fk_media_fingerprint_claim_id_claim"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["confirmation_id"],
            ["proposal.id"],
            name=op.f("fk_media_fingerprint_confirmation_id_proposal"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_media_fingerprint")),
        sa.UniqueConstraint("sha256", name=op.f("uq_media_fingerprint_sha256")),
    )
    for column in ("claim_id", "confirmation_id"):
        op.create_index(op.f(f"ix_media_fingerprint_{column}"), "media_fingerprint", [column])


def downgrade() -> None:
    guards.drop_guards(op.get_bind())
    op.drop_table("media_fingerprint")
    with op.batch_alter_table("chat_reply") as batch_op:
        batch_op.drop_index(op.f("ix_chat_reply_report_id"))
        batch_op.drop_constraint(op.f("fk_chat_reply_report_id_report"), type_="foreignkey")
        batch_op.drop_column("report_id")
        batch_op.drop_column("template_sent_at")
    with op.batch_alter_table("tipline_channel") as batch_op:
        for name, _length in TEMPLATE_COLUMNS:
            batch_op.drop_column(name)
    guards.create_guards(op.get_bind())
