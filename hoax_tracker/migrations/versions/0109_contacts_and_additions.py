"""public_contacts: whom residents can reach; report_addition: what a reporter adds to a report, with its pictures

Revision ID: 0109
Revises: 0108
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hoax_tracker.models.base import JsonType, UtcDateTime

revision = "0109"
down_revision = "0108"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "public_contacts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(length=300), nullable=False),
        sa.Column("telephone", sa.String(length=80), nullable=False),
        sa.Column("email", sa.String(length=200), nullable=False),
        sa.Column("website", sa.String(length=300), nullable=False),
        sa.Column("emergency", JsonType, nullable=False),
        sa.Column("edited_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("id = 1", name=op.f("ck_public_contacts_only_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_public_contacts")),
    )
    op.create_table(
        "report_addition",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("report_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("content_digest", sa.String(length=64), nullable=False),
        sa.Column("added_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["report_id"], ["report.id"], name=op.f("fk_report_addition_report_id_report"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_addition")),
        sa.UniqueConstraint("report_id", "content_digest", name=op.f("uq_report_addition_report_id_content_digest")),
    )
    op.create_index(op.f("ix_report_addition_added_at"), "report_addition", ["added_at"])
    with op.batch_alter_table("report_picture") as batch_op:
        batch_op.add_column(sa.Column("addition_id", sa.Integer(), nullable=True))
        batch_op.drop_constraint(op.f("uq_report_picture_report_id"), type_="unique")
        batch_op.create_unique_constraint(op.f("uq_report_picture_report_id_addition_id"), ["report_id", "addition_id"])
        batch_op.create_foreign_key(
            op.f("fk_report_picture_addition_id_report_addition"),
            "report_addition",
            ["addition_id"],
            ["id"],
            ondelete="CASCADE",
        )
        batch_op.create_index(op.f("ix_report_picture_addition_id"), ["addition_id"])
    op.create_index(
        "ix_report_picture_first",
        "report_picture",
        ["report_id"],
        unique=True,
        sqlite_where=sa.text("addition_id is null"),
        postgresql_where=sa.text("addition_id is null"),
    )


def downgrade() -> None:
    # A picture of an addition belongs to nobody then, and is deleted within the day.
    op.execute("update report_picture set report_id = null where addition_id is not null")
    op.drop_index("ix_report_picture_first", table_name="report_picture")
    with op.batch_alter_table("report_picture") as batch_op:
        batch_op.drop_index(op.f("ix_report_picture_addition_id"))
        batch_op.drop_constraint(op.f("fk_report_picture_addition_id_report_addition"), type_="foreignkey")
        batch_op.drop_constraint(op.f("uq_report_picture_report_id_addition_id"), type_="unique")
        batch_op.create_unique_constraint(op.f("uq_report_picture_report_id"), ["report_id"])
        batch_op.drop_column("addition_id")
    op.drop_table("report_addition")
    op.drop_table("public_contacts")
