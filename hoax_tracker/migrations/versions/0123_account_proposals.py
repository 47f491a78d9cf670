"""Accounts wait as proposals: waiting_period and second_factor_reset go, invitation gets its proposal

What waited is refused, and has to be proposed again:

- A role or the named second that somebody was given less than a day ago is taken away again, except that an
  administrator stays where no other would be left.
- A request to reset a second factor is dropped.
- An invitation that nobody accepted opens nothing any more, as it has no proposal; it can be proposed anew.

Who changed whose account in the last 90 days becomes a tie, so that nobody confirms for whom they made.

Revision ID: 0123
Revises: 0122
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from alembic import op

from hoax_tracker.clock import utc_now
from hoax_tracker.models.base import UtcDateTime

revision = "0123"
down_revision = "0122"
branch_labels = None
depends_on = None

JSON: Any = sa.JSON(none_as_null=True)
REASONS = ("roles", "unit", "invitation", "reopened", "password", "second_factor", "identity", "named_second")
TIED_FOR = timedelta(days=90)

officer = sa.table("officer", sa.column("id"), sa.column("active"), sa.column("is_named_second"))
officer_role = sa.table("officer_role", sa.column("officer_id"), sa.column("role_id"))
role = sa.table("role", sa.column("id"), sa.column("name"))
waiting_period = sa.table(
    "waiting_period",
    sa.column("officer_id"),
    sa.column("reason"),
    sa.column("roles", JSON),
    sa.column("made_by", JSON),
    sa.column("began_at", UtcDateTime()),
    sa.column("ends_at", UtcDateTime()),
)
audit_event = sa.table(
    "audit_event",
    sa.column("at", UtcDateTime()),
    sa.column("officer_id"),
    sa.column("action"),
    sa.column("subject"),
    sa.column("detail", JSON),
)
officer_tie = sa.table(
    "officer_tie",
    sa.column("maker_id"),
    sa.column("officer_id"),
    sa.column("because"),
    sa.column("tied_at", UtcDateTime()),
)


def upgrade() -> None:
    now = utc_now()
    refuse_what_waits(now)
    keep_ties(now)
    op.drop_table("waiting_period")
    op.drop_table("second_factor_reset")
    with op.batch_alter_table("invitation") as batch_op:
        batch_op.add_column(sa.Column("proposal_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("handed_by", JSON, nullable=False, server_default="[]"))
        batch_op.create_foreign_key(
            op.f("fk_invitation_proposal_id_proposal"), "proposal", ["proposal_id"], ["id"], ondelete="RESTRICT"
        )
        batch_op.create_index(op.f("ix_invitation_proposal_id"), ["proposal_id"])


def refuse_what_waits(now: datetime) -> None:
    """Take away what was given less than a day ago and no second person confirmed."""
    bind = op.get_bind()
    for row in bind.execute(sa.select(waiting_period).where(waiting_period.c.ends_at > now)).all():
        if row.reason == "named_second":
            bind.execute(sa.update(officer).where(officer.c.id == row.officer_id).values(is_named_second=False))
        for name in row.roles:
            if name == "administrator" and not has_other_administrator(row.officer_id):
                continue
            given = sa.select(role.c.id).where(role.c.name == name).scalar_subquery()
            bind.execute(
                sa.delete(officer_role).where(
                    officer_role.c.officer_id == row.officer_id, officer_role.c.role_id == given
                )
            )


def has_other_administrator(officer_id: int) -> bool:
    """Tell whether another open account has the role administrator."""
    query = (
        sa.select(officer.c.id)
        .join(officer_role, officer_role.c.officer_id == officer.c.id)
        .join(role, role.c.id == officer_role.c.role_id)
        .where(role.c.name == "administrator", officer.c.active, officer.c.id != officer_id)
    )
    return op.get_bind().execute(query.limit(1)).first() is not None


def keep_ties(now: datetime) -> None:
    """Remember who changed whose account, from the waiting periods and from the audit log of those that are over."""
    bind = op.get_bind()
    since = now - TIED_FOR
    ties: dict[tuple[int | None, int, str], datetime] = {}

    def add(makers: Iterable[int | None], person: int, reason: str, at: datetime) -> None:
        because = "invited" if reason == "invitation" else "earlier"
        for maker in makers:
            if maker != person:
                ties[maker, person, because] = max(at, ties.get((maker, person, because), at))

    people = set(bind.execute(sa.select(officer.c.id)).scalars())
    for row in bind.execute(sa.select(waiting_period).where(waiting_period.c.began_at > since)):
        add(row.made_by, row.officer_id, row.reason, row.began_at)
    begun = sa.select(audit_event).where(audit_event.c.action == "waiting_period_started", audit_event.c.at > since)
    for row in bind.execute(begun):
        add([row.officer_id], int(row.subject.partition(":")[2]), row.detail.get("reason", ""), row.at)
    rows = [
        {"maker_id": maker, "officer_id": person, "because": because, "tied_at": at}
        for (maker, person, because), at in sorted(ties.items(), key=lambda tie: (tie[0][0] or 0, *tie[0][1:]))
        if person in people and (maker is None or maker in people)
    ]
    if rows:
        bind.execute(sa.insert(officer_tie), rows)


def downgrade() -> None:
    with op.batch_alter_table("invitation") as batch_op:
        batch_op.drop_constraint(op.f("fk_invitation_proposal_id_proposal"), type_="foreignkey")
        batch_op.drop_index(op.f("ix_invitation_proposal_id"))
        batch_op.drop_column("handed_by")
        batch_op.drop_column("proposal_id")
    op.create_table(
        "second_factor_reset",
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("asked_by_id", sa.Integer(), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officer.id"], name=op.f("fk_second_factor_reset_officer_id_officer"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["asked_by_id"], ["officer.id"], name=op.f("fk_second_factor_reset_asked_by_id_officer"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("officer_id", name=op.f("pk_second_factor_reset")),
    )
    op.create_table(
        "waiting_period",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column(
            "reason",
            sa.Enum(*REASONS, name="waiting_reason", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("powers", JSON, nullable=False),
        sa.Column("roles", JSON, nullable=False),
        sa.Column("made_by", JSON, nullable=False),
        sa.Column("began_at", UtcDateTime(), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officer.id"], name=op.f("fk_waiting_period_officer_id_officer"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waiting_period")),
    )
    op.create_index(op.f("ix_waiting_period_officer_id"), "waiting_period", ["officer_id"])
