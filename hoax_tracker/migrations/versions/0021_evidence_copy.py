"""evidence: who added it, the question that it answers, and what is kept of it

Revision ID: 0021
Revises: 0020
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hoax_tracker.models import UtcDateTime

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

ADDED = (("question_id", "question", "CASCADE"), ("added_by_id", "officer", "RESTRICT"))


def upgrade() -> None:
    with op.batch_alter_table("evidence") as batch_op:
        for name, table, on_delete in ADDED:
            target = sa.ForeignKey(f"{table}.id", name=op.f(f"fk_evidence_{name}_{table}"), ondelete=on_delete)
            batch_op.add_column(sa.Column(name, sa.Integer(), target, nullable=True))
            batch_op.create_index(op.f(f"ix_evidence_{name}"), [name])
    op.create_table(
        "evidence_copy",
        sa.Column("evidence_id", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("media_type", sa.String(length=100), nullable=True),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("text_digest", sa.String(length=64), nullable=True),
        sa.Column("kept_at", UtcDateTime(), nullable=True),
        sa.Column("next_look_at", UtcDateTime(), nullable=True),
        sa.Column("looks", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.String(length=300), nullable=True),
        sa.Column("changed_at", UtcDateTime(), nullable=True),
        sa.Column("gone_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["evidence_id"], ["evidence.id"], name=op.f("fk_evidence_copy_evidence_id_evidence"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("evidence_id", name=op.f("pk_evidence_copy")),
    )
    op.create_index(op.f("ix_evidence_copy_kept_at"), "evidence_copy", ["kept_at"])
    op.create_index(op.f("ix_evidence_copy_next_look_at"), "evidence_copy", ["next_look_at"])


def downgrade() -> None:
    op.drop_table("evidence_copy")
    with op.batch_alter_table("evidence") as batch_op:
        for name, table, _on_delete in ADDED:
            batch_op.drop_index(op.f(f"ix_evidence_{name}"))
            batch_op.drop_constraint(op.f(f"fk_evidence_{name}_{table}"), type_="foreignkey")
            batch_op.drop_column(name)
