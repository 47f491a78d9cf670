"""notice.objection_id, and the kind of notice for who may decide about an objection

Revision ID: 0125
Revises: 0124
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision = "0125"
down_revision = "0124"
branch_labels = None
depends_on = None

KINDS_BEFORE = (
    "routed",
    "returned",
    "asked",
    "answered",
    "declined",
    "sent_back",
    "mentioned",
    "source_paused",
    "contact_shown",
    "webhook_off",
    "replied",
    "rising",
    "proposed",
    "settled",
)


def upgrade() -> None:
    allow_notice_kinds((*KINDS_BEFORE, "objected"))
    with op.batch_alter_table("notice") as batch_op:
        batch_op.add_column(sa.Column("objection_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(
            op.f("fk_notice_objection_id_objection"), "objection", ["objection_id"], ["id"], ondelete="CASCADE"
        )
        batch_op.create_index(op.f("ix_notice_objection_id"), ["objection_id"])


def downgrade() -> None:
    op.execute(sa.text("delete from notice where kind = 'objected'"))
    with op.batch_alter_table("notice") as batch_op:
        batch_op.drop_constraint(op.f("fk_notice_objection_id_objection"), type_="foreignkey")
        batch_op.drop_index(op.f("ix_notice_objection_id"))
        batch_op.drop_column("objection_id")
    allow_notice_kinds(KINDS_BEFORE)


def allow_notice_kinds(kinds: Sequence[str]) -> None:
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    with op.batch_alter_table("notice") as batch_op:
        batch_op.drop_constraint(op.f("ck_notice_notice_kind"), type_="check")
        batch_op.create_check_constraint(op.f("ck_notice_notice_kind"), sa.text(f"kind in ({listed})"))
