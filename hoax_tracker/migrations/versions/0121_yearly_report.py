"""yearly_report: the PPID's report on a year, with the numbers of its register, kept as it was sent

Revision ID: 0121
Revises: 0117
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hoax_tracker.models.base import JsonType, UtcDateTime

revision = "0121"
down_revision = "0117"
branch_labels = None
depends_on = None


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


def downgrade() -> None:
    op.drop_table("yearly_report")
