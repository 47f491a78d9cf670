"""notice: PPID Utama is told that a reporter's contact was opened

Revision ID: 0042
Revises: 0041
"""

from __future__ import annotations

from collections.abc import Sequence

from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None

NOTICES = ("routed", "returned", "asked", "answered", "declined", "sent_back", "mentioned", "source_paused")


def upgrade() -> None:
    hold_kind_to((*NOTICES, "contact_shown"))


def downgrade() -> None:
    op.execute("delete from notice where kind = 'contact_shown'")
    hold_kind_to(NOTICES)


def hold_kind_to(values: Sequence[str]) -> None:
    """Hold the kind of a notice to the values."""
    with op.batch_alter_table("notice") as batch_op:
        batch_op.drop_constraint(op.f("ck_notice_notice_kind"), type_="check")
        condition = f"kind in ({', '.join(repr(value) for value in values)})"
        batch_op.create_check_constraint(op.f("ck_notice_notice_kind"), condition)
