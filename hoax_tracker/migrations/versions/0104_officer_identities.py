"""officer_identity: an officer's accounts at providers of identities

Revision ID: 0104
Revises: 0103
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hoax_tracker.models.base import UtcDateTime

revision = "0104"
down_revision = "0103"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "officer_identity",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("issuer", sa.String(length=255), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("joined_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officer.id"], name=op.f("fk_officer_identity_officer_id_officer"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_officer_identity")),
        sa.UniqueConstraint("issuer", "subject", name=op.f("uq_officer_identity_issuer_subject")),
        sa.UniqueConstraint("officer_id", "issuer", name=op.f("uq_officer_identity_officer_id_issuer")),
    )


def downgrade() -> None:
    op.drop_table("officer_identity")
