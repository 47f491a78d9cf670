"""objection and objection_statement: residents object to pages, and a second person confirms what is decided

The guards of pages now let a withdrawal stand on a decision about an objection, so all guards are made again.

Revision ID: 0124
Revises: 0123
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hoax_tracker.authority import guards
from hoax_tracker.models.base import UtcDateTime

revision = "0124"
down_revision = "0123"
branch_labels = None
depends_on = None

GROUNDS = ("fact", "verdict", "outdated", "self")
OUTCOMES = ("correct", "withdraw", "partly", "refused")


def choice(name: str, values: tuple[str, ...]) -> sa.Enum:
    """Return the type of a column that holds one of the values."""
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def upgrade() -> None:
    guards.drop_guards(op.get_bind())
    op.create_table(
        "objection",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("clarification_id", sa.Integer(), nullable=False),
        sa.Column("ground", choice("objection_ground", GROUNDS), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("outcome", choice("objection_outcome", OUTCOMES), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("working_days", sa.Integer(), nullable=True),
        sa.Column("confirmation_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "(outcome is null) = (decided_at is null) and (outcome is null) = (working_days is null) "
            "and (outcome is null or reason <> '')",
            name=op.f("ck_objection_decided_whole"),
        ),
        sa.ForeignKeyConstraint(
            ["clarification_id"],
            ["clarification.id"],
            name=op.f("fk_objection_clarification_id_clarification"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["confirmation_id"],
            ["proposal.id"],
            name=op.f("fk_objection_confirmation_id_proposal"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_objection")),
    )
    for column in ("clarification_id", "confirmation_id", "received_at"):
        op.create_index(op.f(f"ix_objection_{column}"), "objection", [column])
    op.create_index(
        "ix_objection_undecided",
        "objection",
        ["due_at"],
        sqlite_where=sa.text("outcome is null"),
        postgresql_where=sa.text("outcome is null"),
    )
    op.create_table(
        "objection_statement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("objection_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("told_at", UtcDateTime(), nullable=True),
        sa.Column("ticket_digest", sa.String(length=64), nullable=False),
        sa.Column("ticket_encrypted", sa.LargeBinary(), nullable=True),
        sa.Column("contact_encrypted", sa.LargeBinary(), nullable=True),
        sa.Column("contact_purged_at", UtcDateTime(), nullable=True),
        sa.Column("consent_at", UtcDateTime(), nullable=True),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("language", sa.String(length=5), nullable=False),
        sa.Column("sender_digest", sa.String(length=64), nullable=True),
        sa.CheckConstraint(
            "contact_encrypted is null or consent_at is not null",
            name=op.f("ck_objection_statement_contact_needs_consent"),
        ),
        sa.ForeignKeyConstraint(
            ["objection_id"],
            ["objection.id"],
            name=op.f("fk_objection_statement_objection_id_objection"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_objection_statement")),
        sa.UniqueConstraint("ticket_digest", name=op.f("uq_objection_statement_ticket_digest")),
    )
    for column in ("objection_id", "received_at", "sender_digest"):
        op.create_index(op.f(f"ix_objection_statement_{column}"), "objection_statement", [column])
    guards.create_guards(op.get_bind())


def downgrade() -> None:
    guards.drop_guards(op.get_bind())
    op.drop_table("objection_statement")
    op.drop_table("objection")
    guards.create_guards(op.get_bind())
