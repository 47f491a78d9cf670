"""outgoing mail: letters on their way

Revision ID: 0005
Revises: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hoax_tracker.models import UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    ended = "(next_try_at is null) = (sent_at is not null or failed_at is not null)"
    op.create_table(
        "outgoing_mail",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("report_id", sa.Integer(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("posted_at", UtcDateTime(), nullable=False),
        sa.Column("next_try_at", UtcDateTime(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.String(length=120), nullable=True),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.Column("failed_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("sent_at is null or failed_at is null", name=op.f("ck_outgoing_mail_one_end")),
        sa.CheckConstraint(ended, name=op.f("ck_outgoing_mail_due_until_ended")),
        sa.CheckConstraint(
            "(sealed is null) = (next_try_at is null)", name=op.f("ck_outgoing_mail_sealed_until_ended")
        ),
        sa.ForeignKeyConstraint(
            ["report_id"], ["report.id"], name=op.f("fk_outgoing_mail_report_id_report"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outgoing_mail")),
        sa.UniqueConstraint("key", name=op.f("uq_outgoing_mail_key")),
    )
    op.create_index(op.f("ix_outgoing_mail_next_try_at"), "outgoing_mail", ["next_try_at"])
    op.create_index(op.f("ix_outgoing_mail_report_id"), "outgoing_mail", ["report_id"])


def downgrade() -> None:
    op.drop_table("outgoing_mail")
