"""claim_accusation, the units that a claim keeps away, each with its branch as the tree was then

Revision ID: 0121
Revises: 0120
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import sqlalchemy as sa
from alembic import op

from hoax_tracker.models.base import UtcDateTime

revision = "0121"
down_revision = "0120"
branch_labels = None
depends_on = None
needs_program = ""

CLAIM = sa.table("claim", sa.column("id"), sa.column("accused_unit_id"), sa.column("created_at", UtcDateTime()))
UNIT = sa.table("unit", sa.column("id"), sa.column("parent_id"))
ACCUSATION = sa.table(
    "claim_accusation",
    sa.column("id"),
    sa.column("claim_id"),
    sa.column("unit_id"),
    sa.column("noted_at", UtcDateTime()),
    sa.column("lifted_reason"),
)
BRANCH = sa.table("claim_accusation_branch", sa.column("accusation_id"), sa.column("unit_id"))
AT_ONCE = 1000


def upgrade() -> None:
    op.create_table(
        "claim_accusation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("claim_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("unit_kind", sa.String(length=32), nullable=True),
        sa.Column("noted_at", UtcDateTime(), nullable=False),
        sa.Column("report_id", sa.Integer(), nullable=True),
        sa.Column("officer_id", sa.Integer(), nullable=True),
        sa.Column("lifted_at", UtcDateTime(), nullable=True),
        sa.Column("lifted_by_id", sa.Integer(), nullable=True),
        sa.Column("lifted_reason", sa.Text(), nullable=False),
        sa.CheckConstraint("(unit_id is null) <> (unit_kind is null)", name=op.f("ck_claim_accusation_one_subject")),
        sa.CheckConstraint(
            "(lifted_at is null) = (lifted_by_id is null) and (lifted_at is null) = (lifted_reason = '')",
            name=op.f("ck_claim_accusation_lifted_by_somebody"),
        ),
        sa.ForeignKeyConstraint(
            ["claim_id"], ["claim.id"], name=op.f("fk_claim_accusation_claim_id_claim"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["unit.id"], name=op.f("fk_claim_accusation_unit_id_unit"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["report_id"], ["report.id"], name=op.f("fk_claim_accusation_report_id_report"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officer.id"], name=op.f("fk_claim_accusation_officer_id_officer"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["lifted_by_id"], ["officer.id"], name=op.f("fk_claim_accusation_lifted_by_id_officer"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim_accusation")),
    )
    op.create_index(op.f("ix_claim_accusation_claim_id"), "claim_accusation", ["claim_id"])
    for column in ("unit_id", "unit_kind"):
        op.create_index(
            f"uq_claim_accusation_{column}",
            "claim_accusation",
            ["claim_id", column],
            unique=True,
            sqlite_where=sa.text("lifted_at is null"),
            postgresql_where=sa.text("lifted_at is null"),
        )
    op.create_table(
        "claim_accusation_branch",
        sa.Column("accusation_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["accusation_id"],
            ["claim_accusation.id"],
            name=op.f("fk_claim_accusation_branch_accusation_id_claim_accusation"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["unit.id"], name=op.f("fk_claim_accusation_branch_unit_id_unit"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("accusation_id", "unit_id", name=op.f("pk_claim_accusation_branch")),
    )
    copy_accused_units()


def copy_accused_units() -> None:
    """Note the accused unit of every claim as an accusation, with the branch of today: that of then is not known."""
    connection = op.get_bind()
    op.execute(
        sa.insert(ACCUSATION).from_select(
            ["claim_id", "unit_id", "noted_at", "lifted_reason"],
            sa.select(CLAIM.c.id, CLAIM.c.accused_unit_id, CLAIM.c.created_at, sa.literal("", sa.Text())).where(
                CLAIM.c.accused_unit_id.is_not(None)
            ),
        )
    )
    parents = dict(connection.execute(sa.select(UNIT.c.id, UNIT.c.parent_id)).all())
    noted = connection.execute(sa.select(ACCUSATION.c.id, ACCUSATION.c.unit_id)).all()
    branches = {unit_id: branch_of(unit_id, parents) for _id, unit_id in noted}
    rows = [{"accusation_id": key, "unit_id": unit_id} for key, accused in noted for unit_id in branches[accused]]
    for first in range(0, len(rows), AT_ONCE):
        connection.execute(sa.insert(BRANCH), rows[first : first + AT_ONCE])


def branch_of(unit_id: int, parents: Mapping[int, int | None]) -> set[int]:
    """Return the ids of a unit, of those below it and of those above it but the root; of the root only its own."""
    if parents[unit_id] is None:
        return {unit_id}
    above = {key for key in walk_up(unit_id, parents) if parents[key] is not None}
    return above | {key for key in parents if unit_id in walk_up(key, parents)}


def walk_up(unit_id: int, parents: Mapping[int, int | None]) -> Iterator[int]:
    """Yield a unit and those above it. A cycle in the rows ends the walk."""
    key: int | None = unit_id
    passed: set[int] = set()
    while key is not None and key not in passed:
        yield key
        passed.add(key)
        key = parents[key]


def downgrade() -> None:
    op.drop_table("claim_accusation_branch")
    op.drop_table("claim_accusation")
