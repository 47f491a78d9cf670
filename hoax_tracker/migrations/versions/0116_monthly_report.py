"""monthly_report and report_recipients: reports on a month, kept as they were sent, and who gets them

Revision ID: 0116
Revises: 0115
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hoax_tracker.models.base import JsonType, UtcDateTime

revision = "0116"
down_revision = "0115"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "monthly_report",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content", JsonType, nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("edited_at", UtcDateTime(), nullable=True),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.Column("sent_by_id", sa.Integer(), nullable=True),
        sa.Column("letters", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "sent_at is null or (content is not null and sent_by_id is not null)",
            name=op.f("ck_monthly_report_sent_whole"),
        ),
        sa.ForeignKeyConstraint(
            ["sent_by_id"], ["officer.id"], name=op.f("fk_monthly_report_sent_by_id_officer"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_monthly_report")),
        sa.UniqueConstraint("month", "version", name=op.f("uq_monthly_report_month_version")),
    )
    op.create_index(
        "uq_monthly_report_draft",
        "monthly_report",
        ["month"],
        unique=True,
        sqlite_where=sa.text("sent_at is null"),
        postgresql_where=sa.text("sent_at is null"),
    )
    op.create_table(
        "report_recipients",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("addresses", JsonType, nullable=False),
        sa.Column("edited_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("id = 1", name=op.f("ck_report_recipients_only_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_recipients")),
    )


def downgrade() -> None:
    op.drop_table("report_recipients")
    op.drop_table("monthly_report")
