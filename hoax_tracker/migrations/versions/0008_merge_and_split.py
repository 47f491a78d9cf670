"""merge and split: claims joined and parted by officers, with what is needed to take a decision back

Revision ID: 0008
Revises: 0007
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

STATUSES = ("new", "triaged", "investigating", "clarified", "dismissed")
KINDS = ("dismiss", "not_a_claim", "out_of_scope", "investigate", "assign", "clarify", "link", "reopen")


def one_of(column: str, values: Sequence[str]) -> str:
    """Return the condition that holds a column to its values."""
    return f"{column} in ({', '.join(repr(value) for value in values)})"


def pointing(name: str, table: str, target: str, ondelete: str) -> sa.Column[int]:
    """Return a column that points to a row."""
    key = sa.ForeignKey(f"{target}.id", name=op.f(f"fk_{table}_{name}_{target}"), ondelete=ondelete)
    return sa.Column(name, sa.Integer(), key, nullable=True)


def upgrade() -> None:
    with op.batch_alter_table("claim") as batch_op:
        batch_op.add_column(pointing("merged_into_id", "claim", "claim", "RESTRICT"))
        batch_op.drop_constraint(op.f("ck_claim_claim_status"), type_="check")
        batch_op.create_check_constraint(op.f("ck_claim_claim_status"), one_of("status", (*STATUSES, "merged")))
        batch_op.create_check_constraint(
            op.f("ck_claim_merged_somewhere"), "(status = 'merged') = (merged_into_id is not null)"
        )
        batch_op.create_check_constraint(op.f("ck_claim_merged_elsewhere"), "merged_into_id <> id")
        batch_op.create_index(op.f("ix_claim_merged_into_id"), ["merged_into_id"])
    with op.batch_alter_table("decision") as batch_op:
        batch_op.add_column(pointing("other_claim_id", "decision", "claim", "CASCADE"))
        batch_op.add_column(sa.Column("changes", sa.JSON(), nullable=True))
        batch_op.add_column(pointing("undoes_id", "decision", "decision", "CASCADE"))
        batch_op.drop_constraint(op.f("ck_decision_decision_kind"), type_="check")
        batch_op.create_check_constraint(
            op.f("ck_decision_decision_kind"), one_of("kind", (*KINDS, "merge", "split", "undo"))
        )
        batch_op.create_unique_constraint(op.f("uq_decision_undoes_id"), ["undoes_id"])
        batch_op.create_index(op.f("ix_decision_other_claim_id"), ["other_claim_id"])
    op.add_column("claim_appearance", sa.Column("opens", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute(
        "update claim_appearance set opens = true where id in (select min(id) from claim_appearance group by claim_id)"
    )
    create_moves()


def create_moves() -> None:
    op.create_table(
        "claim_move",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("decision_id", sa.Integer(), nullable=False),
        sa.Column("appearance_id", sa.Integer(), nullable=False),
        sa.Column("from_claim_id", sa.Integer(), nullable=False),
        sa.Column("to_claim_id", sa.Integer(), nullable=False),
        sa.Column("opened", sa.Boolean(), nullable=False),
        *(
            sa.ForeignKeyConstraint(
                [name], [f"{target}.id"], name=op.f(f"fk_claim_move_{name}_{target}"), ondelete="CASCADE"
            )
            for name, target in (
                ("decision_id", "decision"),
                ("appearance_id", "claim_appearance"),
                ("from_claim_id", "claim"),
                ("to_claim_id", "claim"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim_move")),
    )
    op.create_index(op.f("ix_claim_move_decision_id"), "claim_move", ["decision_id"])
    op.create_index(op.f("ix_claim_move_appearance_id"), "claim_move", ["appearance_id"])


def downgrade() -> None:
    """What was merged counts as dismissed from then on; its appearances stay where they went."""
    op.drop_table("claim_move")
    with op.batch_alter_table("claim_appearance") as batch_op:
        batch_op.drop_column("opens")
    op.execute("update decision set kind = 'dismiss' where kind = 'merge'")
    op.execute("update decision set kind = 'reopen' where kind in ('split', 'undo')")
    with op.batch_alter_table("decision") as batch_op:
        batch_op.drop_index(op.f("ix_decision_other_claim_id"))
        batch_op.drop_constraint(op.f("uq_decision_undoes_id"), type_="unique")
        batch_op.drop_constraint(op.f("ck_decision_decision_kind"), type_="check")
        batch_op.create_check_constraint(op.f("ck_decision_decision_kind"), one_of("kind", KINDS))
        for name in ("other_claim_id", "changes", "undoes_id"):
            batch_op.drop_column(name)
    op.execute("update claim set status = 'dismissed', merged_into_id = null where status = 'merged'")
    with op.batch_alter_table("claim") as batch_op:
        batch_op.drop_index(op.f("ix_claim_merged_into_id"))
        for name in ("merged_somewhere", "merged_elsewhere", "claim_status"):
            batch_op.drop_constraint(op.f(f"ck_claim_{name}"), type_="check")
        batch_op.create_check_constraint(op.f("ck_claim_claim_status"), one_of("status", STATUSES))
        batch_op.drop_column("merged_into_id")
