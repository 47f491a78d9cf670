"""narrative, narrative_claim, narrative_refusal, clarification_basis: claims of one story, and drafts from its answers

Revision ID: 0119
Revises: 0118
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hoax_tracker.models.base import JsonType, UtcDateTime

revision = "0119"
down_revision = "0118"
branch_labels = None
depends_on = None
needs_program = ""


def upgrade() -> None:
    op.create_table(
        "narrative",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("merged_into_id", sa.Integer(), nullable=True),
        sa.Column("merged_row_ids", JsonType, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("merged_into_id <> id", name=op.f("ck_narrative_merged_elsewhere")),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["officer.id"], name=op.f("fk_narrative_created_by_id_officer"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["merged_into_id"], ["narrative.id"], name=op.f("fk_narrative_merged_into_id_narrative"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_narrative")),
    )
    op.create_index(op.f("ix_narrative_created_by_id"), "narrative", ["created_by_id"])
    op.create_index(op.f("ix_narrative_merged_into_id"), "narrative", ["merged_into_id"])
    op.create_table(
        "narrative_claim",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("narrative_id", sa.Integer(), nullable=False),
        sa.Column("claim_id", sa.Integer(), nullable=False),
        sa.Column(
            "origin",
            sa.Enum(
                "by_hand", "suggestion", name="narrative_origin", native_enum=False, create_constraint=True, length=32
            ),
            nullable=False,
        ),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("added_by_id", sa.Integer(), nullable=False),
        sa.Column("added_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["added_by_id"], ["officer.id"], name=op.f("fk_narrative_claim_added_by_id_officer"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["claim_id"], ["claim.id"], name=op.f("fk_narrative_claim_claim_id_claim"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["narrative_id"],
            ["narrative.id"],
            name=op.f("fk_narrative_claim_narrative_id_narrative"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_narrative_claim")),
        sa.UniqueConstraint("claim_id", name=op.f("uq_narrative_claim_claim_id")),
    )
    op.create_index(op.f("ix_narrative_claim_narrative_id"), "narrative_claim", ["narrative_id"])
    op.create_index(op.f("ix_narrative_claim_added_by_id"), "narrative_claim", ["added_by_id"])
    op.create_table(
        "narrative_refusal",
        sa.Column("first_claim_id", sa.Integer(), nullable=False),
        sa.Column("second_claim_id", sa.Integer(), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("refused_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["first_claim_id"], ["claim.id"], name=op.f("fk_narrative_refusal_first_claim_id_claim"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officer.id"], name=op.f("fk_narrative_refusal_officer_id_officer"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["second_claim_id"],
            ["claim.id"],
            name=op.f("fk_narrative_refusal_second_claim_id_claim"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("first_claim_id", "second_claim_id", name=op.f("pk_narrative_refusal")),
    )
    op.create_index(op.f("ix_narrative_refusal_second_claim_id"), "narrative_refusal", ["second_claim_id"])
    op.create_index(op.f("ix_narrative_refusal_officer_id"), "narrative_refusal", ["officer_id"])
    op.create_table(
        "clarification_basis",
        sa.Column("clarification_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("earlier_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["clarification_id"],
            ["clarification.id"],
            name=op.f("fk_clarification_basis_clarification_id_clarification"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["earlier_id"],
            ["clarification.id"],
            name=op.f("fk_clarification_basis_earlier_id_clarification"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("clarification_id", name=op.f("pk_clarification_basis")),
    )
    op.create_index(op.f("ix_clarification_basis_earlier_id"), "clarification_basis", ["earlier_id"])


def downgrade() -> None:
    op.drop_table("clarification_basis")
    op.drop_table("narrative_refusal")
    op.drop_table("narrative_claim")
    op.drop_table("narrative")
