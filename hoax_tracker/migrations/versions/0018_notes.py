"""notes on claims with their words in the search, whom they mention, and labels

Revision ID: 0018
Revises: 0017
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hoax_tracker.desk_search.index_tables import IndexedTable, create_index, drop_index
from hoax_tracker.models import UtcDateTime

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

NOTES = IndexedTable("note", ("text",))


def upgrade() -> None:
    op.create_table(
        "note",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("claim_id", sa.Integer(), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("told", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("written_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_note_claim_id_claim"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officer.id"], name=op.f("fk_note_officer_id_officer"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_note")),
    )
    op.create_index(op.f("ix_note_claim_id"), "note", ["claim_id"])
    op.create_index(op.f("ix_note_officer_id"), "note", ["officer_id"])
    create_index(op.get_bind(), NOTES)
    op.create_table(
        "tag",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tag")),
        sa.UniqueConstraint("name", name=op.f("uq_tag_name")),
    )
    op.create_table(
        "claim_tag",
        sa.Column("claim_id", sa.Integer(), nullable=False),
        sa.Column("tag_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["claim_id"], ["claim.id"], name=op.f("fk_claim_tag_claim_id_claim"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["tag_id"], ["tag.id"], name=op.f("fk_claim_tag_tag_id_tag"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("claim_id", "tag_id", name=op.f("pk_claim_tag")),
    )
    op.create_index(op.f("ix_claim_tag_tag"), "claim_tag", ["tag_id", "claim_id"])
    with op.batch_alter_table("notice") as batch_op:
        target = sa.ForeignKey("note.id", name=op.f("fk_notice_note_id_note"), ondelete="CASCADE")
        batch_op.add_column(sa.Column("note_id", sa.Integer(), target, nullable=True))
        batch_op.create_index(op.f("ix_notice_note_id"), ["note_id"])


def downgrade() -> None:
    with op.batch_alter_table("notice") as batch_op:
        batch_op.drop_index(op.f("ix_notice_note_id"))
        batch_op.drop_constraint(op.f("fk_notice_note_id_note"), type_="foreignkey")
        batch_op.drop_column("note_id")
    op.drop_table("claim_tag")
    op.drop_table("tag")
    drop_index(op.get_bind(), NOTES)
    op.drop_table("note")
