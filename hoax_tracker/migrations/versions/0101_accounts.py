"""accounts: invitations, links for a password, sessions, brakes of the sign-in

Revision ID: 0101
Revises: 0100
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from hoax_tracker.models.base import UtcDateTime

revision = "0101"
down_revision = "0100"
branch_labels = None
depends_on = None

TABLES = (
    "officer_session",
    "invitation",
    "password_link",
    "password_request",
    "sign_in_brake",
    "sign_in_failure",
)


def upgrade() -> None:
    with op.batch_alter_table("officer") as batch_op:
        batch_op.add_column(sa.Column("language", sa.String(length=2), nullable=True))
        batch_op.add_column(sa.Column("gets_mail", sa.Boolean(), nullable=False, server_default=sa.true()))
        batch_op.add_column(sa.Column("password_changed_at", UtcDateTime(), nullable=True))
    create_session_table()
    create_invitation_table()
    create_password_tables()
    create_sign_in_tables()


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
    with op.batch_alter_table("officer") as batch_op:
        for column in ("password_changed_at", "gets_mail", "language"):
            batch_op.drop_column(column)


def create_session_table() -> None:
    op.create_table(
        "officer_session",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("token_digest", sa.String(length=64), nullable=False),
        sa.Column("begun_at", UtcDateTime(), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.Column("network", sa.String(length=43), nullable=False),
        sa.Column("browser", sa.String(length=60), nullable=False),
        belongs_to_officer("officer_session", "officer_id", "CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_officer_session")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_officer_session_token_digest")),
    )
    op.create_index(op.f("ix_officer_session_officer_id"), "officer_session", ["officer_id"])


def create_invitation_table() -> None:
    op.create_table(
        "invitation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(length=255), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("roles", sa.JSON(), nullable=False),
        sa.Column("token_digest", sa.String(length=64), nullable=False),
        sa.Column("invited_by_id", sa.Integer(), nullable=True),
        sa.Column("invited_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_invitation_unit_id_unit"), ondelete="RESTRICT"),
        belongs_to_officer("invitation", "invited_by_id", "RESTRICT"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
        sa.UniqueConstraint("email", name=op.f("uq_invitation_email")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_invitation_token_digest")),
    )
    for column in ("invited_by_id", "unit_id"):
        op.create_index(op.f(f"ix_invitation_{column}"), "invitation", [column])


def create_password_tables() -> None:
    op.create_table(
        "password_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("token_digest", sa.String(length=64), nullable=False),
        sa.Column("made_by_id", sa.Integer(), nullable=True),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        belongs_to_officer("password_link", "officer_id", "CASCADE"),
        belongs_to_officer("password_link", "made_by_id", "RESTRICT"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_password_link")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_password_link_token_digest")),
    )
    for column in ("made_by_id", "officer_id"):
        op.create_index(op.f(f"ix_password_link_{column}"), "password_link", [column])
    op.create_table(
        "password_request",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=True),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("network", sa.String(length=43), nullable=False),
        belongs_to_officer("password_request", "officer_id", "CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_password_request")),
    )
    op.create_index(op.f("ix_password_request_officer_id"), "password_request", ["officer_id"])


def create_sign_in_tables() -> None:
    op.create_table(
        "sign_in_brake",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("first_at", UtcDateTime(), nullable=False),
        sa.Column("last_at", UtcDateTime(), nullable=False),
        sa.Column("waits_until", UtcDateTime(), nullable=True),
        sa.Column("told_at", UtcDateTime(), nullable=True),
        belongs_to_officer("sign_in_brake", "officer_id", "CASCADE"),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_sign_in_brake")),
    )
    for column in ("last_at", "officer_id"):
        op.create_index(op.f(f"ix_sign_in_brake_{column}"), "sign_in_brake", [column])
    op.create_table(
        "sign_in_failure",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("network", sa.String(length=43), nullable=False),
        sa.Column("browser", sa.String(length=60), nullable=False),
        belongs_to_officer("sign_in_failure", "officer_id", "CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_failure")),
    )
    op.create_index(op.f("ix_sign_in_failure_officer_id"), "sign_in_failure", ["officer_id"])


def belongs_to_officer(table: str, column: str, on_delete: str) -> Any:
    """Return the foreign key from a column to the officers."""
    name = op.f(f"fk_{table}_{column}_officer")
    return sa.ForeignKeyConstraint([column], ["officer.id"], name=name, ondelete=on_delete)
