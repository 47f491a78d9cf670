"""report word: what reporters were told, in which language; junk and who sends it; screenshots

Revision ID: 0006
Revises: 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hoax_tracker.models import UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ADDED = ("ticket_encrypted", "language", "told", "told_at", "sender_digest", "is_junk")


def upgrade() -> None:
    with op.batch_alter_table("report") as batch:
        batch.add_column(sa.Column("ticket_encrypted", sa.LargeBinary(), nullable=True))
        batch.add_column(sa.Column("language", sa.String(length=5), nullable=False, server_default="id"))
        batch.add_column(sa.Column("told", sa.String(length=40), nullable=True))
        batch.add_column(sa.Column("told_at", UtcDateTime(), nullable=True))
        batch.add_column(sa.Column("sender_digest", sa.String(length=64), nullable=True))
        batch.add_column(sa.Column("is_junk", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch.create_index(op.f("ix_report_sender_digest"), ["sender_digest"])
    op.create_table(
        "report_picture",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("report_id", sa.Integer(), nullable=True),
        sa.Column("token_digest", sa.String(length=64), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("added_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["report_id"], ["report.id"], name=op.f("fk_report_picture_report_id_report"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_picture")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_report_picture_token_digest")),
        sa.UniqueConstraint("report_id", name=op.f("uq_report_picture_report_id")),
    )
    op.create_index(op.f("ix_report_picture_added_at"), "report_picture", ["added_at"])


def downgrade() -> None:
    op.drop_table("report_picture")
    with op.batch_alter_table("report") as batch:
        batch.drop_index(op.f("ix_report_sender_digest"))
        for name in ADDED:
            batch.drop_column(name)
