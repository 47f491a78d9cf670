"""proposal, proposal_hand and officer_tie; what residents read points to the proposal that it stands on; judged_claim

Revision ID: 0122
Revises: 0121
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from hoax_tracker.authority import guards
from hoax_tracker.models.base import JsonType, UtcDateTime

revision = "0122"
down_revision = "0121"
branch_labels = None
depends_on = None

OUTCOMES = ("open", "confirmed", "refused", "withdrawn", "alone", "shipped")
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
)
OWN_PROPOSALS = ("explainer", "official_channel")
NEVER_PUBLIC = {"explainer": "title = ''", "official_channel": "not is_listed and edited_at is null"}
PUBLIC_PAGE = (
    "status in ('draft', 'awaiting_approval') or ({} is not null and verdict is not null "
    "and published_at is not null and slug is not null and number is not null)"
)
# What is public in each table, as in guards.GUARDED_TABLES when this was written.
PUBLIC = {
    "clarification": "status in ('published', 'corrected', 'retracted')",
    "clarification_revision": "1 = 1",
    "official_channel": "is_listed or edited_at is not null",
    "explainer": "is_shown or edited_at is not null",
    "public_contacts": "edited_at is not null",
    "unit": "edited_at is not null",
    "unit_topic": "edited_at is not null",
    "district": "edited_at is not null",
    "programme": "edited_at is not null",
    "source": "kind = 'claim_review'",
    "report_recipients": "edited_at is not null",
}


def upgrade() -> None:
    op.create_table(
        "proposal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("act", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("before", JsonType, nullable=False),
        sa.Column("values", JsonType, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("proposed_by_id", sa.Integer(), nullable=True),
        sa.Column("proposed_at", UtcDateTime(), nullable=False),
        sa.Column("stands_until", UtcDateTime(), nullable=True),
        sa.Column(
            "outcome",
            sa.Enum(*OUTCOMES, name="proposal_outcome", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("settled_by_id", sa.Integer(), nullable=True),
        sa.Column("settled_at", UtcDateTime(), nullable=True),
        sa.Column("settled_reason", sa.Text(), nullable=False),
        sa.CheckConstraint("(outcome = 'open') = (settled_at is null)", name=op.f("ck_proposal_settled_whole")),
        sa.CheckConstraint(
            "outcome <> 'confirmed' or settled_by_id is not null", name=op.f("ck_proposal_confirmed_by_somebody")
        ),
        sa.CheckConstraint(
            "outcome <> 'confirmed' or settled_by_id <> proposed_by_id", name=op.f("ck_proposal_confirmed_by_another")
        ),
        sa.ForeignKeyConstraint(
            ["proposed_by_id"], ["officer.id"], name=op.f("fk_proposal_proposed_by_id_officer"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["settled_by_id"], ["officer.id"], name=op.f("fk_proposal_settled_by_id_officer"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal")),
    )
    op.create_index(
        "uq_proposal_open",
        "proposal",
        ["act", "subject"],
        unique=True,
        sqlite_where=sa.text("outcome = 'open'"),
        postgresql_where=sa.text("outcome = 'open'"),
    )
    op.create_index("ix_proposal_subject", "proposal", ["subject", "id"])
    op.create_index("ix_proposal_outcome", "proposal", ["outcome", "proposed_at"])
    op.create_index(op.f("ix_proposal_proposed_by_id"), "proposal", ["proposed_by_id"])
    op.create_index(op.f("ix_proposal_settled_by_id"), "proposal", ["settled_by_id"])
    op.create_table(
        "proposal_hand",
        sa.Column("proposal_id", sa.Integer(), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["proposal_id"], ["proposal.id"], name=op.f("fk_proposal_hand_proposal_id_proposal"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officer.id"], name=op.f("fk_proposal_hand_officer_id_officer"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("proposal_id", "officer_id", name=op.f("pk_proposal_hand")),
    )
    op.create_table(
        "officer_tie",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("maker_id", sa.Integer(), nullable=True),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("because", sa.String(length=40), nullable=False),
        sa.Column("tied_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["maker_id"], ["officer.id"], name=op.f("fk_officer_tie_maker_id_officer"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officer.id"], name=op.f("fk_officer_tie_officer_id_officer"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_officer_tie")),
    )
    op.create_index(op.f("ix_officer_tie_maker_id"), "officer_tie", ["maker_id"])
    op.create_index("ix_officer_tie_officer", "officer_tie", ["officer_id", "tied_at"])
    for table in PUBLIC:
        with op.batch_alter_table(table) as batch_op:
            batch_op.add_column(sa.Column("confirmation_id", sa.Integer(), nullable=True))
            batch_op.create_foreign_key(
                op.f(f"fk_{table}_confirmation_id_proposal"),
                "proposal",
                ["confirmation_id"],
                ["id"],
                ondelete="RESTRICT",
            )
            batch_op.create_index(op.f(f"ix_{table}_confirmation_id"), ["confirmation_id"])
    for table in OWN_PROPOSALS:  # what waited in them is proposed again
        waiting = f"delete from {table} where proposed_at is not null and {NEVER_PUBLIC[table]}"  # nosec B608  # noqa: S608
        op.execute(sa.text(waiting))
        with op.batch_alter_table(table) as batch_op:
            batch_op.drop_constraint(op.f(f"fk_{table}_proposed_by_id_officer"), type_="foreignkey")
            for name in ("proposal", "proposal_hands", "proposed_by_id", "proposed_at"):
                batch_op.drop_column(name)
    with op.batch_alter_table("clarification") as batch_op:
        batch_op.add_column(sa.Column("emergency_until", UtcDateTime(), nullable=True))
        batch_op.drop_constraint(op.f("ck_clarification_public_needs_approval"), type_="check")
    with op.batch_alter_table("clarification_revision") as batch_op:
        batch_op.alter_column("approver_id", existing_type=sa.Integer(), nullable=True)
    op.create_table(
        "judged_claim",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("claim_id", sa.Integer(), nullable=False),
        sa.Column("clarification_id", sa.Integer(), nullable=False),
        sa.Column("confirmation_id", sa.Integer(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["claim_id"], ["claim.id"], name=op.f("fk_judged_claim_claim_id_claim"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["clarification_id"],
            ["clarification.id"],
            name=op.f("fk_judged_claim_clarification_id_clarification"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["confirmation_id"],
            ["proposal.id"],
            name=op.f("fk_judged_claim_confirmation_id_proposal"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_judged_claim")),
    )
    for name in ("claim_id", "clarification_id", "confirmation_id"):
        op.create_index(op.f(f"ix_judged_claim_{name}"), "judged_claim", [name])
    allow_notice_kinds((*KINDS_BEFORE, "proposed", "settled"))
    with op.batch_alter_table("notice") as batch_op:
        batch_op.add_column(sa.Column("proposal_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(
            op.f("fk_notice_proposal_id_proposal"), "proposal", ["proposal_id"], ["id"], ondelete="CASCADE"
        )
        batch_op.create_index(op.f("ix_notice_proposal_id"), ["proposal_id"])
    confirm_what_stands()
    propose_what_waits()
    with op.batch_alter_table("clarification") as batch_op:
        batch_op.create_check_constraint(
            op.f("ck_clarification_public_needs_approval"), sa.text(PUBLIC_PAGE.format("confirmation_id"))
        )
    guards.create_guards(op.get_bind())


def confirm_what_stands() -> None:
    """Let all that residents read already stand on one row that says so; a new database has nothing that does."""
    bind = op.get_bind()
    if not bind.exec_driver_sql("select count(*) from unit").scalar_one():
        return
    now = "current_timestamp"
    bind.exec_driver_sql(
        'insert into proposal (act, subject, before, "values", note, proposed_at, outcome, settled_at, settled_reason) '  # nosec B608  # noqa: S608 - no values of others
        f"values ('earlier', 'all', '{{}}', '{{}}', '', {now}, 'shipped', {now}, '')"
    )
    for table, public in PUBLIC.items():
        bind.exec_driver_sql(
            f"update {table} set confirmation_id = (select max(id) from proposal) where {public}"  # nosec B608  # noqa: S608
        )
    bind.exec_driver_sql(
        "insert into judged_claim (claim_id, clarification_id, confirmation_id) "
        "with recursive root (claim_id, root_id) as ("
        "select id, id from claim where merged_into_id is null union all "
        "select c.id, r.root_id from claim c join root r on c.merged_into_id = r.claim_id) "
        "select r.claim_id, cc.clarification_id, (select max(id) from proposal) from root r "
        "join clarification_claim cc on cc.claim_id = r.root_id "
        "join clarification p on p.id = cc.clarification_id and p.status in ('published', 'corrected')"
    )


def propose_what_waits() -> None:
    """Let each page and change that awaits approval wait as a proposal of all who wrote in it."""
    bind = op.get_bind()
    meta = sa.MetaData()
    page = sa.Table("clarification", meta, autoload_with=bind)
    proposal = sa.Table("proposal", meta, autoload_with=bind)
    answers, claim = (sa.Table(name, meta, autoload_with=bind) for name in ("clarification_claim", "claim"))
    hand, event = (sa.Table(name, meta, autoload_with=bind) for name in ("proposal_hand", "audit_event"))
    revision = sa.Table("clarification_revision", meta, autoload_with=bind)
    waits = sa.or_(page.c.status == "awaiting_approval", page.c.proposed_kind.is_not(None))
    for row in bind.execute(sa.select(page).where(waits)).mappings().all():
        key, subject = row["id"], f"clarification:{row['id']}"
        if row["proposed_kind"] is None:
            roots = bind.execute(sa.select(answers.c.claim_id).where(answers.c.clarification_id == key)).scalars().all()
            merged = bind.execute(sa.select(claim.c.id).where(claim.c.merged_into_id.in_(roots))).scalars().all()
            act, author_id, at, before = "clarification", row["author_id"], row["submitted_at"], {}
            values = {"title": row["title"], "verdict": row["verdict"] or "", "claims": sorted({*roots, *merged})}
        else:
            act = "retraction" if row["proposed_kind"] == "retracted" else "correction"
            author_id, at = row["proposed_by_id"], row["proposed_at"]
            count = sa.select(sa.func.count()).where(revision.c.clarification_id == key)
            before = {"title": row["title"], "status": row["status"], "revisions": bind.execute(count).scalar_one()}
            values = {"note": row["proposed_note"] or "", "content": row["proposed"]}
        told = {"act": act, "subject": subject, "before": before, "values": values, "note": "", "outcome": "open"}
        about = told | {"proposed_by_id": author_id, "proposed_at": at or row["changed_at"], "settled_reason": ""}
        proposal_id = bind.execute(sa.insert(proposal).values(about).returning(proposal.c.id)).scalar_one()
        wrote = event.c.action.in_(("clarification_drafted", "clarification_edited", "clarification_taken_over"))
        query = sa.select(event.c.officer_id).where(event.c.subject == subject, wrote, event.c.officer_id.is_not(None))
        hands = {author_id, *(bind.execute(query).scalars() if row["proposed_kind"] is None else ())}
        bind.execute(sa.insert(hand), [{"proposal_id": proposal_id, "officer_id": one} for one in sorted(hands)])


def downgrade() -> None:
    guards.drop_guards(op.get_bind())
    op.execute(sa.text("delete from notice where kind in ('proposed', 'settled')"))
    with op.batch_alter_table("notice") as batch_op:
        batch_op.drop_constraint(op.f("fk_notice_proposal_id_proposal"), type_="foreignkey")
        batch_op.drop_index(op.f("ix_notice_proposal_id"))
        batch_op.drop_column("proposal_id")
    allow_notice_kinds(KINDS_BEFORE)
    op.drop_table("judged_claim")
    for table in OWN_PROPOSALS:
        with op.batch_alter_table(table) as batch_op:
            batch_op.add_column(sa.Column("proposal", JsonType, nullable=True))
            batch_op.add_column(sa.Column("proposal_hands", JsonType, nullable=False, server_default="[]"))
            batch_op.add_column(sa.Column("proposed_by_id", sa.Integer(), nullable=True))
            batch_op.add_column(sa.Column("proposed_at", UtcDateTime(), nullable=True))
            batch_op.create_foreign_key(
                op.f(f"fk_{table}_proposed_by_id_officer"), "officer", ["proposed_by_id"], ["id"], ondelete="SET NULL"
            )
    with op.batch_alter_table("clarification_revision") as batch_op:
        batch_op.alter_column("approver_id", existing_type=sa.Integer(), nullable=False)
    with op.batch_alter_table("clarification") as batch_op:
        batch_op.drop_constraint(op.f("ck_clarification_public_needs_approval"), type_="check")
        batch_op.create_check_constraint(
            op.f("ck_clarification_public_needs_approval"), sa.text(PUBLIC_PAGE.format("approver_id"))
        )
        batch_op.drop_column("emergency_until")
    for table in reversed(PUBLIC):
        with op.batch_alter_table(table) as batch_op:
            batch_op.drop_constraint(op.f(f"fk_{table}_confirmation_id_proposal"), type_="foreignkey")
            batch_op.drop_index(op.f(f"ix_{table}_confirmation_id"))
            batch_op.drop_column("confirmation_id")
    op.drop_table("officer_tie")
    op.drop_table("proposal_hand")
    op.drop_table("proposal")


def allow_notice_kinds(kinds: Sequence[str]) -> None:
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    with op.batch_alter_table("notice") as batch_op:
        batch_op.drop_constraint(op.f("ck_notice_notice_kind"), type_="check")
        batch_op.create_check_constraint(op.f("ck_notice_notice_kind"), sa.text(f"kind in ({listed})"))
