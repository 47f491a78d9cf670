"""desk: routing, questions, notices, locks, office hours, holidays, digests, texts being written

Revision ID: 0009
Revises: 0008
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hoax_tracker.models import Topic, UtcDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

NOTICES = ("routed", "returned", "asked", "answered", "declined", "sent_back", "mentioned")
TOPICS = tuple(topic.value for topic in Topic)
TABLES = ("page_match", "typed_text", "text_template", "digest", "holiday", "office_rules", "notice", "question")


def upgrade() -> None:
    make_routing()
    make_office()
    make_drafting()
    with op.batch_alter_table("claim") as batch_op:
        batch_op.add_column(sa.Column("told_unit_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_claim_told_unit_id_unit"), "unit", ["told_unit_id"], ["id"], ondelete="SET NULL"
        )
    # What waits since before this version is known to everybody: nobody is told of it now.
    op.execute("update claim set told_unit_id = unit_id")
    with op.batch_alter_table("clarification") as batch_op:
        batch_op.add_column(sa.Column("reviewed_at", UtcDateTime(), nullable=True))
    op.create_index("ix_claim_due", "claim", ["status", "due_at", "unit_id"])


def downgrade() -> None:
    op.drop_index("ix_claim_due", table_name="claim")
    with op.batch_alter_table("clarification") as batch_op:
        batch_op.drop_column("reviewed_at")
    with op.batch_alter_table("claim") as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_claim_told_unit_id_unit"), type_="foreignkey")
        batch_op.drop_column("told_unit_id")
    for table in (*TABLES, "claim_lock"):
        op.drop_table(table)


def key(column: str, target: str, ondelete: str, *, nullable: bool = False, primary: bool = False) -> sa.Column[int]:
    """Return a column that leads to another table's row."""
    leads_to = sa.ForeignKey(f"{target}.id", ondelete=ondelete)
    return sa.Column(column, sa.Integer(), leads_to, nullable=nullable, primary_key=primary)


def chosen(column: str, name: str, values: tuple[str, ...], *, primary: bool = False) -> sa.Column[str]:
    """Return a column that holds one of a few values."""
    kind = sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)
    return sa.Column(column, kind, nullable=False, primary_key=primary)


def moment(column: str, *, nullable: bool = False) -> sa.Column[object]:
    """Return a column for a moment."""
    return sa.Column(column, UtcDateTime(), nullable=nullable)


def make_routing() -> None:
    """Make the tables of who has to do something about a claim."""
    op.create_table(
        "claim_lock",
        key("claim_id", "claim", "CASCADE", primary=True),
        key("officer_id", "officer", "CASCADE"),
        moment("taken_at"),
        moment("ends_at"),
    )
    op.create_index(op.f("ix_claim_lock_officer_id"), "claim_lock", ["officer_id"])
    op.create_table(
        "question",
        sa.Column("id", sa.Integer(), primary_key=True),
        key("claim_id", "claim", "CASCADE"),
        key("unit_id", "unit", "RESTRICT"),
        sa.Column("text", sa.Text(), nullable=False),
        key("asked_by_id", "officer", "RESTRICT"),
        moment("asked_at"),
        moment("due_at"),
        sa.Column("answer", sa.Text(), nullable=True),
        key("answered_by_id", "officer", "RESTRICT", nullable=True),
        moment("answered_at", nullable=True),
        moment("closed_at", nullable=True),
        sa.Column("closed_reason", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("(answer is null) = (answered_at is null)", name=op.f("ck_question_answered_whole")),
    )
    op.create_index(op.f("ix_question_claim_id"), "question", ["claim_id"])
    op.create_index(op.f("ix_question_asked_by_id"), "question", ["asked_by_id"])
    op.create_index("ix_question_open", "question", ["unit_id", "closed_at"])
    make_notices()


def make_notices() -> None:
    """Make the table of what officers are told."""
    op.create_table(
        "notice",
        sa.Column("id", sa.Integer(), primary_key=True),
        key("officer_id", "officer", "CASCADE"),
        chosen("kind", "notice_kind", NOTICES),
        key("claim_id", "claim", "CASCADE", nullable=True),
        key("question_id", "question", "CASCADE", nullable=True),
        key("clarification_id", "clarification", "CASCADE", nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        moment("made_at"),
        moment("seen_at", nullable=True),
        moment("mailed_at", nullable=True),
    )
    for column in ("claim_id", "question_id", "clarification_id", "mailed_at"):
        op.create_index(op.f(f"ix_notice_{column}"), "notice", [column])
    op.create_index("ix_notice_unseen", "notice", ["officer_id", "seen_at"])


def make_office() -> None:
    """Make the tables of office hours, holidays and digests."""
    op.create_table(
        "office_rules",
        sa.Column("id", sa.Integer(), primary_key=True),
        *(
            sa.Column(name, sa.Integer(), nullable=False)
            for name in ("urgent_hours", "high_hours", "other_days", "review_months")
        ),
        sa.Column("hours", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("digest_from", sa.String(length=5), nullable=False),
        moment("edited_at", nullable=True),
        sa.CheckConstraint("id = 1", name=op.f("ck_office_rules_only_one")),
        sa.CheckConstraint(
            "urgent_hours > 0 and high_hours > 0 and other_days > 0 and review_months > 0",
            name=op.f("ck_office_rules_above_zero"),
        ),
    )
    op.create_table(
        "holiday",
        sa.Column("day", sa.Date(), primary_key=True),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("is_kept", sa.Boolean(), nullable=False),
        sa.Column("is_verified", sa.Boolean(), nullable=False),
        moment("edited_at", nullable=True),
    )
    op.create_table(
        "digest",
        key("officer_id", "officer", "CASCADE", primary=True),
        sa.Column("day", sa.Date(), primary_key=True),
        moment("made_at"),
    )


def make_drafting() -> None:
    """Make the tables of texts to begin from, texts being typed, and claims that meet a published page."""
    op.create_table(
        "text_template",
        chosen("topic", "topic", TOPICS, primary=True),
        sa.Column("findings", sa.Text(), nullable=False),
        sa.Column("conclusion", sa.Text(), nullable=False),
        moment("edited_at", nullable=True),
    )
    op.create_table(
        "typed_text",
        key("clarification_id", "clarification", "CASCADE", primary=True),
        key("officer_id", "officer", "CASCADE", primary=True),
        sa.Column("fields", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        moment("typed_at"),
    )
    op.create_table(
        "page_match",
        key("claim_id", "claim", "CASCADE", primary=True),
        key("clarification_id", "clarification", "CASCADE", nullable=True),
        sa.Column("probability", sa.Double(), nullable=False),
        moment("looked_at"),
    )
    op.create_index(op.f("ix_page_match_clarification_id"), "page_match", ["clarification_id"])
