"""report_addition: what reporters add through their ticket, its picture, and the notice to officers

Revision ID: 0113
Revises: 0112
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from hoax_tracker.models.base import UtcDateTime

revision = "0113"
down_revision = "0112"
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
)


def upgrade() -> None:
    allow_notice_kinds((*KINDS_BEFORE, "replied"))
    op.create_table(
        "report_addition",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("report_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("added_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["report_id"], ["report.id"], name=op.f("fk_report_addition_report_id_report"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_addition")),
        sa.UniqueConstraint("report_id", "digest", name=op.f("uq_report_addition_report_id_digest")),
    )
    with op.batch_alter_table("report_picture") as batch_op:
        batch_op.add_column(sa.Column("addition_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(
            op.f("fk_report_picture_addition_id_report_addition"),
            "report_addition",
            ["addition_id"],
            ["id"],
            ondelete="CASCADE",
        )
        batch_op.create_unique_constraint(op.f("uq_report_picture_addition_id"), ["addition_id"])


def downgrade() -> None:
    op.execute(sa.text("delete from report_picture where addition_id is not null and report_id is null"))
    with op.batch_alter_table("report_picture") as batch_op:
        batch_op.drop_constraint(op.f("uq_report_picture_addition_id"), type_="unique")
        batch_op.drop_constraint(op.f("fk_report_picture_addition_id_report_addition"), type_="foreignkey")
        batch_op.drop_column("addition_id")
    op.drop_table("report_addition")
    op.execute(sa.text("delete from notice where kind = 'replied'"))
    allow_notice_kinds(KINDS_BEFORE)


def allow_notice_kinds(kinds: Sequence[str]) -> None:
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    with op.batch_alter_table("notice") as batch_op:
        batch_op.drop_constraint(op.f("ck_notice_notice_kind"), type_="check")
        batch_op.create_check_constraint(op.f("ck_notice_notice_kind"), sa.text(f"kind in ({listed})"))
