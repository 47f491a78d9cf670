"""decision kind: reports called junk on a claim that goes on waiting

Revision ID: 0016
Revises: 0015
"""

from __future__ import annotations

from collections.abc import Sequence

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

KINDS = ("dismiss", "not_a_claim", "out_of_scope", "investigate", "assign", "clarify", "link", "reopen")
LATER = ("merge", "split", "undo")


def hold(kinds: Sequence[str]) -> None:
    """Let the column hold these kinds and no others."""
    with op.batch_alter_table("decision") as batch_op:
        batch_op.drop_constraint(op.f("ck_decision_decision_kind"), type_="check")
        allowed = ", ".join(repr(kind) for kind in kinds)
        batch_op.create_check_constraint(op.f("ck_decision_decision_kind"), f"kind in ({allowed})")


def upgrade() -> None:
    hold((*KINDS, *LATER, "junk"))


def downgrade() -> None:
    """What older programs do not know counts as opened again: nothing was closed by it."""
    op.execute("update decision set kind = 'reopen' where kind = 'junk'")
    hold((*KINDS, *LATER))
