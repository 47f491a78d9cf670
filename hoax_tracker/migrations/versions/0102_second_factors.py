"""second factors: code apps, passkeys, recovery codes, and resets that wait for a second administrator

Who approves or administrates already has a week from the upgrade.

Revision ID: 0102
Revises: 0101
"""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from alembic import op

from hoax_tracker.clock import utc_now
from hoax_tracker.models.base import UtcDateTime

revision = "0102"
down_revision = "0101"
branch_labels = None
depends_on = None

WEEK = timedelta(days=7)


def upgrade() -> None:
    op.add_column("officer", sa.Column("has_second_factor", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("officer", sa.Column("second_factor_due_at", UtcDateTime(), nullable=True))
    op.create_table(
        "second_factor",
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("sealed_secret", sa.LargeBinary(), nullable=True),
        sa.Column("added_at", UtcDateTime(), nullable=True),
        sa.Column("last_step", sa.BigInteger(), nullable=True),
        sa.Column("burnt_step", sa.BigInteger(), nullable=True),
        sa.Column("wrong_codes", sa.Integer(), nullable=False),
        sa.Column("last_wrong_at", UtcDateTime(), nullable=True),
        officer_key("second_factor"),
        sa.PrimaryKeyConstraint("officer_id", name=op.f("pk_second_factor")),
    )
    op.create_table(
        "recovery_code",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        officer_key("recovery_code"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_code")),
        sa.UniqueConstraint("digest", name=op.f("uq_recovery_code_digest")),
    )
    op.create_index(op.f("ix_recovery_code_officer_id"), "recovery_code", ["officer_id"])
    op.create_table(
        "passkey",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("credential_id", sa.String(1400), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("last_challenge", sa.BigInteger(), nullable=False),
        sa.Column("added_at", UtcDateTime(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        officer_key("passkey"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passkey")),
        sa.UniqueConstraint("credential_id", name=op.f("uq_passkey_credential_id")),
    )
    op.create_index(op.f("ix_passkey_officer_id"), "passkey", ["officer_id"])
    op.create_table(
        "second_factor_reset",
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("asked_by_id", sa.Integer(), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        officer_key("second_factor_reset"),
        officer_key("second_factor_reset", "asked_by_id"),
        sa.PrimaryKeyConstraint("officer_id", name=op.f("pk_second_factor_reset")),
    )
    give_a_week()


def officer_key(table: str, column: str = "officer_id") -> sa.ForeignKeyConstraint:
    """Return the constraint that a column names an officer."""
    name = op.f(f"fk_{table}_{column}_officer")
    return sa.ForeignKeyConstraint([column], ["officer.id"], name=name, ondelete="CASCADE")


def give_a_week() -> None:
    """Give those whose roles will need a second factor a week from now."""
    officer = sa.table("officer", sa.column("id"), sa.column("second_factor_due_at", UtcDateTime()))
    role = sa.table("role", sa.column("id"), sa.column("name"))
    given = sa.table("officer_role", sa.column("officer_id"), sa.column("role_id"))
    needing = (
        sa.select(given.c.officer_id)
        .join(role, role.c.id == given.c.role_id)
        .where(role.c.name.in_(("approver", "administrator")))
    )
    op.execute(sa.update(officer).where(officer.c.id.in_(needing)).values(second_factor_due_at=utc_now() + WEEK))


def downgrade() -> None:
    for table in ("second_factor_reset", "passkey", "recovery_code", "second_factor"):
        op.drop_table(table)
    op.drop_column("officer", "second_factor_due_at")
    op.drop_column("officer", "has_second_factor")
