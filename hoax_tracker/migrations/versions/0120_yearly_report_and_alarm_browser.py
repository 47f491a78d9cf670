"""yearly_report, the PPID's report on a year; alarm_browser, officers' browsers that are told of what rises

Revision ID: 0120
Revises: 0119
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hoax_tracker.models.base import JsonType, UtcDateTime

revision = "0120"
down_revision = "0119"
branch_labels = None
depends_on = None
needs_program = ""


def upgrade() -> None:
    op.create_table(
        "yearly_report",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("register", JsonType, nullable=False),
        sa.Column("content", JsonType, nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("edited_at", UtcDateTime(), nullable=True),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.Column("sent_by_id", sa.Integer(), nullable=True),
        sa.Column("letters", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "sent_at is null or (content is not null and sent_by_id is not null)",
            name=op.f("ck_yearly_report_sent_whole"),
        ),
        sa.ForeignKeyConstraint(
            ["sent_by_id"], ["officer.id"], name=op.f("fk_yearly_report_sent_by_id_officer"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_yearly_report")),
        sa.UniqueConstraint("year", "version", name=op.f("uq_yearly_report_year_version")),
    )
    op.create_index(
        "uq_yearly_report_draft",
        "yearly_report",
        ["year"],
        unique=True,
        sqlite_where=sa.text("sent_at is null"),
        postgresql_where=sa.text("sent_at is null"),
    )
    op.create_table(
        "alarm_browser",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("browser", sa.String(length=60), nullable=False),
        sa.Column("added_at", UtcDateTime(), nullable=False),
        sa.Column("told_notice_id", sa.Integer(), nullable=False),
        sa.Column("endpoint_digest", sa.String(length=64), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("last_sent_at", UtcDateTime(), nullable=True),
        sa.Column("next_try_at", UtcDateTime(), nullable=True),
        sa.Column("held_until", UtcDateTime(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officer.id"], name=op.f("fk_alarm_browser_officer_id_officer"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarm_browser")),
        sa.UniqueConstraint("endpoint_digest", name=op.f("uq_alarm_browser_endpoint_digest")),
    )
    op.create_index(op.f("ix_alarm_browser_officer_id"), "alarm_browser", ["officer_id"])


def downgrade() -> None:
    op.drop_table("alarm_browser")
    op.drop_table("yearly_report")
