"""all tables, with the indexes of the desk's search, the queue of jobs and the guards of what two people confirm

The queue's tables and functions are Procrastinate's, on PostgreSQL, as its version 3.10 brings them, and no model describes
them. A newer Procrastinate with another schema needs a migration of its own (tests/worker/test_job_queue.py compares).

From version 1.0.0 on migrations only add. Databases of the migrations before it, which no release had, are refused (core/database/schema_version.py).

Revision ID: 1000
Revises:
"""

from __future__ import annotations

from importlib import resources

import sqlalchemy as sa
from alembic import op

from hoax_tracker.authority import guards
from hoax_tracker.desk_search.index_tables import IndexedTable, create_index, drop_index, drop_words_function
from hoax_tracker.models.base import UtcDateTime

revision = "1000"
down_revision = None
branch_labels = None
depends_on = None

TOPICS = (
    "health water civil_registry education social_aid transport public_works waste market tax disaster public_order "
    "personnel government tourism agriculture fisheries housing permits women_children other"
)
SEARCHED = (
    IndexedTable("claim", ("title", "text")),
    IndexedTable("clarification", ("title", "summary", "claim_quote", "findings", "conclusion")),
    IndexedTable("report", ("text",)),
    IndexedTable("question", ("text", "answer")),
    IndexedTable("note", ("text",)),
    IndexedTable("evidence", ("title", "file_name")),
    IndexedTable("item", ("title", "text"), mark="source_id"),
)
TABLES = (
    "early_warning_state holiday host_visit hourly_count index_change instance_key kept_figures model_version "
    "monthly_statistics office_rules rate_limit report role tag text_template unit webhook_endpoint worker_heartbeat "
    "claim model_file officer report_addition webhook_delivery alarm_browser audit_event claim_accusation claim_lock "
    "claim_tag decision demand digest monthly_report narrative narrative_refusal note officer_identity officer_role "
    "officer_session officer_tie passkey password_link password_request posts_file proposal question recovery_code "
    "report_picture saved_search second_factor sign_in_brake sign_in_failure yearly_report check_query "
    "claim_accusation_branch clarification district explainer invitation narrative_claim official_channel programme "
    "proposal_hand public_contacts report_recipients source unit_topic alarm clarification_basis clarification_claim "
    "clarification_reach clarification_revision evidence forgotten_entry hub_subscription item judged_claim objection "
    "page_match push_subscription subscription typed_text usefulness assessment claim_appearance engagement "
    "evidence_copy item_band item_revision linked_page notice objection_statement outgoing_mail page_copy "
    "recorded_item unassessed_item ungrouped_item claim_move asked_together tipline_channel media_fingerprint "
    "reported_media chat chat_message chat_reply chat_answer"
)
"""In the order in which they are made: what a table points to comes before it."""

JOB_TABLES = ("procrastinate_events", "procrastinate_periodic_defers", "procrastinate_jobs", "procrastinate_workers")
JOB_TYPES = ("procrastinate_job_to_defer_v1", "procrastinate_job_event_type", "procrastinate_job_status")
JOB_FUNCTIONS = sa.text(
    "select cast(cast(oid as regprocedure) as text) from pg_proc"
    " where starts_with(proname, 'procrastinate_') and pronamespace = cast(current_schema() as regnamespace)"
)


def upgrade() -> None:
    create_tables()
    connection = op.get_bind()
    for searched in SEARCHED:
        create_index(connection, searched)
    if connection.dialect.name == "postgresql":
        schema = resources.files("procrastinate.sql").joinpath("schema.sql").read_text(encoding="utf-8")
        # Many statements at once, whose % are no parameters.
        connection.connection.cursor().execute(schema)
    guards.create_guards(connection)


def downgrade() -> None:
    connection = op.get_bind()
    guards.drop_guards(connection)
    if connection.dialect.name == "postgresql":
        drop_job_queue(connection)
    for searched in SEARCHED:
        drop_index(connection, searched)
    drop_words_function(connection)
    with op.batch_alter_table("unit") as batch:
        batch.drop_constraint(op.f("fk_unit_confirmation_id_proposal"), type_="foreignkey")
    for name in reversed(TABLES.split()):
        op.drop_table(name)


def drop_job_queue(connection: sa.Connection) -> None:
    for table in JOB_TABLES:
        op.execute(f"drop table {table} cascade")  # a function returns its rows
    for function in connection.scalars(JOB_FUNCTIONS).all():
        op.execute(f"drop function {function}")
    for name in JOB_TYPES:
        op.execute(f"drop type {name}")


def choice(name: str, values: str) -> sa.Enum:
    return sa.Enum(*values.split(), name=name, native_enum=False, create_constraint=True, length=32)


def create_tables() -> None:
    op.create_table(
        "early_warning_state",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("counted_to", sa.Integer(), nullable=False),
        sa.Column("since_hour", sa.Integer(), nullable=False),
        sa.Column("looked_at", UtcDateTime()),
        sa.CheckConstraint("id = 1", name=op.f("ck_early_warning_state_only_one")),
    )
    op.create_table(
        "holiday",
        sa.Column("day", sa.Date(), primary_key=True),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("is_kept", sa.Boolean(), nullable=False),
        sa.Column("is_verified", sa.Boolean(), nullable=False),
        sa.Column("edited_at", UtcDateTime()),
    )
    op.create_table(
        "host_visit",
        sa.Column("host", sa.String(length=255), primary_key=True),
        sa.Column("lease_until", UtcDateTime(), nullable=False),
    )
    op.create_table(
        "hourly_count",
        sa.Column("subject", sa.String(length=80), primary_key=True),
        sa.Column("measure", choice("measure", "seen reported asked forwarded"), primary_key=True),
        sa.Column("hour", sa.Integer(), primary_key=True, autoincrement=False, index=True),
        sa.Column("count", sa.Integer(), nullable=False),
    )
    op.create_table(
        "index_change",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True),
        sa.Column("table_name", sa.String(length=40), nullable=False),
        sa.Column("row_id", sa.Integer(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "instance_key",
        sa.Column("name", sa.String(length=40), primary_key=True),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("host", sa.String(length=180), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
    )
    op.create_table(
        "kept_figures",
        sa.Column("name", sa.String(length=80), primary_key=True),
        sa.Column("value", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("counted_at", UtcDateTime(), nullable=False),
    )
    op.create_table(
        "model_version",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("digest", sa.String(length=64), nullable=False, unique=True),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("file_name", sa.String(length=255), nullable=False),
        sa.Column("metrics", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("thresholds", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("trained_at", UtcDateTime()),
        sa.Column("registered_at", UtcDateTime(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("is_listed", sa.Boolean(), nullable=False),
        sa.Column("listed_to", sa.Integer()),
        sa.Column("about", sa.JSON(none_as_null=True)),
        sa.Column("proposed_at", UtcDateTime()),
        sa.Index(
            "uq_model_version_active",
            "is_active",
            unique=True,
            sqlite_where=sa.text("is_active"),
            postgresql_where=sa.text("is_active"),
        ),
    )
    op.create_table(
        "monthly_statistics",
        sa.Column("month", sa.Date(), primary_key=True),
        sa.Column("figures", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("counted_at", UtcDateTime(), nullable=False),
    )
    op.create_table(
        "office_rules",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("urgent_hours", sa.Integer(), nullable=False),
        sa.Column("high_hours", sa.Integer(), nullable=False),
        sa.Column("other_days", sa.Integer(), nullable=False),
        sa.Column("hours", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("digest_from", sa.String(length=5), nullable=False),
        sa.Column("review_months", sa.Integer(), nullable=False),
        sa.Column("edited_at", UtcDateTime()),
        sa.CheckConstraint(
            "urgent_hours > 0 and high_hours > 0 and other_days > 0 and review_months > 0",
            name=op.f("ck_office_rules_above_zero"),
        ),
        sa.CheckConstraint("id = 1", name=op.f("ck_office_rules_only_one")),
    )
    op.create_table(
        "rate_limit",
        sa.Column("key", sa.String(length=128), primary_key=True),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False, index=True),
    )
    op.create_table(
        "report",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("url", sa.String(length=2000)),
        sa.Column("page_key", sa.String(length=32), index=True),
        sa.Column("seen_where", sa.String(length=120)),
        sa.Column("rejected_at", UtcDateTime()),
        sa.Column("rejected_reason", sa.Text()),
        sa.Column("told", sa.String(length=40)),
        sa.Column("told_at", UtcDateTime()),
        sa.Column("is_junk", sa.Boolean(), nullable=False),
        sa.Column("ticket_digest", sa.String(length=64), nullable=False, unique=True),
        sa.Column("ticket_encrypted", sa.LargeBinary()),
        sa.Column("contact_encrypted", sa.LargeBinary()),
        sa.Column("contact_purged_at", UtcDateTime()),
        sa.Column("consent_at", UtcDateTime()),
        sa.Column("received_at", UtcDateTime(), nullable=False, index=True),
        sa.Column("language", sa.String(length=5), nullable=False),
        sa.Column("sender_digest", sa.String(length=64), index=True),
        sa.CheckConstraint(
            "contact_encrypted is null or consent_at is not null", name=op.f("ck_report_contact_needs_consent")
        ),
        sa.CheckConstraint(
            "(rejected_at is null) = (rejected_reason is null)", name=op.f("ck_report_rejected_with_reason")
        ),
    )
    op.create_table(
        "role",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("name", sa.String(length=32), nullable=False, unique=True),
        sa.Column("description", sa.String(length=200)),
    )
    op.create_table(
        "tag",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("name", sa.String(length=40), nullable=False, unique=True),
    )
    op.create_table(
        "text_template",
        sa.Column("topic", choice("topic", TOPICS), primary_key=True),
        sa.Column("findings", sa.Text(), nullable=False),
        sa.Column("conclusion", sa.Text(), nullable=False),
        sa.Column("edited_at", UtcDateTime()),
    )
    op.create_table(
        "unit",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("code", sa.String(length=64), nullable=False, unique=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("short_name", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("parent_id", sa.Integer(), sa.ForeignKey("unit.id", ondelete="SET NULL"), index=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("edited_at", UtcDateTime()),
        sa.Column("confirmation_id", sa.Integer(), index=True),
    )
    op.create_table(
        "webhook_endpoint",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("url", sa.String(length=2000), nullable=False),
        sa.Column("events", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("off_reason", sa.String(length=120)),
        sa.Column("sealed_secret", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_previous_secret", sa.LargeBinary()),
        sa.Column("previous_until", UtcDateTime()),
        sa.Column("added_at", UtcDateTime(), nullable=False),
        sa.Column("edited_at", UtcDateTime()),
    )
    op.create_table(
        "worker_heartbeat",
        sa.Column("name", sa.String(length=200), primary_key=True),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("beat_at", UtcDateTime(), nullable=False, index=True),
        sa.Column("failed_rounds", sa.Integer(), nullable=False),
        sa.Column("failed_work", sa.JSON(none_as_null=True), nullable=False),
    )
    op.create_table(
        "claim",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("claimant", sa.String(length=200)),
        sa.Column("topic", choice("topic", TOPICS), nullable=False),
        sa.Column("unit_id", sa.Integer(), sa.ForeignKey("unit.id", ondelete="SET NULL")),
        sa.Column("told_unit_id", sa.Integer(), sa.ForeignKey("unit.id", ondelete="SET NULL")),
        sa.Column(
            "status", choice("claim_status", "new triaged investigating clarified dismissed merged"), nullable=False
        ),
        sa.Column("priority", sa.Double(), nullable=False),
        sa.Column("priority_parts", sa.JSON(none_as_null=True)),
        sa.Column("rank", sa.Double(), nullable=False),
        sa.Column("demand", sa.Integer(), nullable=False),
        sa.Column("sightings", sa.Integer(), nullable=False),
        sa.Column("first_seen_at", UtcDateTime(), nullable=False),
        sa.Column("last_seen_at", UtcDateTime(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("examined_since", UtcDateTime()),
        sa.Column("merged_into_id", sa.Integer(), sa.ForeignKey("claim.id", ondelete="RESTRICT"), index=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("merged_into_id <> id", name=op.f("ck_claim_merged_elsewhere")),
        sa.CheckConstraint(
            "(status = 'merged') = (merged_into_id is not null)", name=op.f("ck_claim_merged_somewhere")
        ),
        sa.CheckConstraint("priority between 0 and 1", name=op.f("ck_claim_priority")),
        sa.CheckConstraint("last_seen_at >= first_seen_at", name=op.f("ck_claim_seen_in_order")),
        sa.Index("ix_claim_closed", "status", "last_seen_at", "rank", "unit_id", "topic", postgresql_include=["id"]),
        sa.Index("ix_claim_created", "created_at", "priority"),
        sa.Index("ix_claim_due", "status", "due_at", "rank", "unit_id", "topic", postgresql_include=["id"]),
        sa.Index("ix_claim_queue", "status", "rank"),
        sa.Index("ix_claim_unit", "unit_id", "status", "due_at"),
    )
    op.create_table(
        "model_file",
        sa.Column(
            "version_id",
            sa.Integer(),
            sa.ForeignKey("model_version.id", ondelete="CASCADE"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("content", sa.LargeBinary(), nullable=False),
    )
    op.create_table(
        "officer",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("email", sa.String(length=255), nullable=False, unique=True),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("password", sa.String(length=255)),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("fs_uniquifier", sa.String(length=64), nullable=False, unique=True),
        sa.Column("unit_id", sa.Integer(), sa.ForeignKey("unit.id", ondelete="RESTRICT"), nullable=False, index=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("language", sa.String(length=2)),
        sa.Column("gets_mail", sa.Boolean(), nullable=False),
        sa.Column("password_changed_at", UtcDateTime()),
        sa.Column("has_second_factor", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("second_factor_due_at", UtcDateTime()),
        sa.Column("is_named_second", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("uses_keys", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.create_table(
        "report_addition",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("report_id", sa.Integer(), sa.ForeignKey("report.id", ondelete="CASCADE"), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("added_at", UtcDateTime(), nullable=False),
        sa.UniqueConstraint("report_id", "digest"),
    )
    op.create_table(
        "webhook_delivery",
        sa.Column(
            "endpoint_id", sa.Integer(), sa.ForeignKey("webhook_endpoint.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("message_id", sa.String(length=64), nullable=False),
        sa.Column("event", sa.String(length=40), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("answered_at", UtcDateTime()),
        sa.Column("answer_status", sa.Integer()),
        sa.Column("answer_line", sa.String(length=120)),
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("posted_at", UtcDateTime(), nullable=False),
        sa.Column("next_try_at", UtcDateTime(), index=True),
        sa.Column("held_until", UtcDateTime()),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.String(length=120)),
        sa.Column("sent_at", UtcDateTime()),
        sa.Column("failed_at", UtcDateTime()),
        sa.CheckConstraint(
            "(next_try_at is null) = (sent_at is not null or failed_at is not null)",
            name=op.f("ck_webhook_delivery_due_until_ended"),
        ),
        sa.CheckConstraint("sent_at is null or failed_at is null", name=op.f("ck_webhook_delivery_one_end")),
        sa.UniqueConstraint("endpoint_id", "message_id"),
    )
    op.create_table(
        "alarm_browser",
        sa.Column(
            "officer_id", sa.Integer(), sa.ForeignKey("officer.id", ondelete="CASCADE"), nullable=False, index=True
        ),
        sa.Column("browser", sa.String(length=60), nullable=False),
        sa.Column("added_at", UtcDateTime(), nullable=False),
        sa.Column("told_notice_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("endpoint_digest", sa.String(length=64), nullable=False, unique=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("last_sent_at", UtcDateTime()),
        sa.Column("next_try_at", UtcDateTime()),
        sa.Column("held_until", UtcDateTime()),
        sa.Column("attempts", sa.Integer(), nullable=False),
    )
    op.create_table(
        "audit_event",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("at", UtcDateTime(), nullable=False, index=True),
        sa.Column("officer_id", sa.Integer(), sa.ForeignKey("officer.id", ondelete="RESTRICT")),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("detail", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("previous_hash", sa.String(length=64), nullable=False, unique=True),
        sa.Column("hash", sa.String(length=64), nullable=False, unique=True),
        sa.Column("seal", sa.String(length=64)),
        sa.Index("ix_audit_event_action_id", "action", "id"),
        sa.Index("ix_audit_event_officer_id_id", "officer_id", "id"),
        sa.Index("ix_audit_event_subject_id", "subject", "id"),
    )
    op.create_table(
        "claim_accusation",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("claim_id", sa.Integer(), sa.ForeignKey("claim.id", ondelete="CASCADE"), nullable=False, index=True),
        sa.Column("unit_id", sa.Integer(), sa.ForeignKey("unit.id", ondelete="RESTRICT")),
        sa.Column("unit_kind", sa.String(length=32)),
        sa.Column("noted_at", UtcDateTime(), nullable=False),
        sa.Column("report_id", sa.Integer(), sa.ForeignKey("report.id", ondelete="SET NULL")),
        sa.Column("officer_id", sa.Integer(), sa.ForeignKey("officer.id", ondelete="RESTRICT")),
        sa.Column("lifted_at", UtcDateTime()),
        sa.Column("lifted_by_id", sa.Integer(), sa.ForeignKey("officer.id", ondelete="RESTRICT")),
        sa.Column("lifted_reason", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "(lifted_at is null) = (lifted_by_id is null) and (lifted_at is null) = (lifted_reason = '')",
            name=op.f("ck_claim_accusation_lifted_by_somebody"),
        ),
        sa.CheckConstraint("(unit_id is null) <> (unit_kind is null)", name=op.f("ck_claim_accusation_one_subject")),
        sa.Index(
            "uq_claim_accusation_unit_id",
            "claim_id",
            "unit_id",
            unique=True,
            sqlite_where=sa.text("lifted_at is null"),
            postgresql_where=sa.text("lifted_at is null"),
        ),
        sa.Index(
            "uq_claim_accusation_unit_kind",
            "claim_id",
            "unit_kind",
            unique=True,
            sqlite_where=sa.text("lifted_at is null"),
            postgresql_where=sa.text("lifted_at is null"),
        ),
    )
    op.create_table(
        "claim_lock",
        sa.Column("claim_id", sa.Integer(), sa.ForeignKey("claim.id", ondelete="CASCADE"), primary_key=True),
        sa.Column(
            "officer_id", sa.Integer(), sa.ForeignKey("officer.id", ondelete="CASCADE"), nullable=False, index=True
        ),
        sa.Column("taken_at", UtcDateTime(), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=False),
    )
    op.create_table(
        "claim_tag",
        sa.Column("claim_id", sa.Integer(), sa.ForeignKey("claim.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("tag_id", sa.Integer(), sa.ForeignKey("tag.id", ondelete="CASCADE"), primary_key=True),
        sa.Index("ix_claim_tag_tag", "tag_id", "claim_id"),
    )
    op.create_table(
        "decision",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("claim_id", sa.Integer(), sa.ForeignKey("claim.id", ondelete="CASCADE"), nullable=False, index=True),
        sa.Column(
            "officer_id", sa.Integer(), sa.ForeignKey("officer.id", ondelete="RESTRICT"), nullable=False, index=True
        ),
        sa.Column(
            "kind",
            choice(
                "decision_kind",
                "dismiss not_a_claim out_of_scope investigate assign clarify link reopen merge split junk undo",
            ),
            nullable=False,
        ),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_at", UtcDateTime(), nullable=False),
        sa.Column("other_claim_id", sa.Integer(), sa.ForeignKey("claim.id", ondelete="CASCADE")),
        sa.Column("changes", sa.JSON(none_as_null=True)),
        sa.Column("undoes_id", sa.Integer(), sa.ForeignKey("decision.id", ondelete="CASCADE"), unique=True),
        sa.Index("ix_decision_day", "decided_at", "kind", "claim_id"),
        sa.Index(
            "ix_decision_other",
            "other_claim_id",
            sqlite_where=sa.text("other_claim_id is not null"),
            postgresql_where=sa.text("other_claim_id is not null"),
        ),
    )
    op.create_table(
        "demand",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False, index=True),
        sa.Column("claim_id", sa.Integer(), sa.ForeignKey("claim.id", ondelete="SET NULL"), index=True),
        sa.Column("suggested_id", sa.Integer(), sa.ForeignKey("claim.id", ondelete="SET NULL")),
        sa.Column("set_aside_at", UtcDateTime()),
        sa.Column("opening_at", UtcDateTime()),
        sa.Column("opened_by_id", sa.Integer(), sa.ForeignKey("officer.id", ondelete="SET NULL")),
    )
    op.create_table(
        "digest",
        sa.Column("officer_id", sa.Integer(), sa.ForeignKey("officer.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("day", sa.Date(), primary_key=True),
        sa.Column("made_at", UtcDateTime(), nullable=False),
    )
    op.create_table(
        "monthly_report",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content", sa.JSON(none_as_null=True)),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("edited_at", UtcDateTime()),
        sa.Column("sent_at", UtcDateTime()),
        sa.Column("sent_by_id", sa.Integer(), sa.ForeignKey("officer.id", ondelete="RESTRICT")),
        sa.Column("letters", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "sent_at is null or (content is not null and sent_by_id is not null)",
            name=op.f("ck_monthly_report_sent_whole"),
        ),
        sa.UniqueConstraint("month", "version"),
        sa.Index(
            "uq_monthly_report_draft",
            "month",
            unique=True,
            sqlite_where=sa.text("sent_at is null"),
            postgresql_where=sa.text("sent_at is null"),
        ),
    )
    op.create_table(
        "narrative",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column(
            "created_by_id", sa.Integer(), sa.ForeignKey("officer.id", ondelete="RESTRICT"), nullable=False, index=True
        ),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("merged_into_id", sa.Integer(), sa.ForeignKey("narrative.id", ondelete="CASCADE"), index=True),
        sa.Column("merged_row_ids", sa.JSON(none_as_null=True)),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("merged_into_id <> id", name=op.f("ck_narrative_merged_elsewhere")),
    )
    op.create_table(
        "narrative_refusal",
        sa.Column("first_claim_id", sa.Integer(), sa.ForeignKey("claim.id", ondelete="CASCADE"), primary_key=True),
        sa.Column(
            "second_claim_id", sa.Integer(), sa.ForeignKey("claim.id", ondelete="CASCADE"), primary_key=True, index=True
        ),
        sa.Column(
            "officer_id", sa.Integer(), sa.ForeignKey("officer.id", ondelete="RESTRICT"), nullable=False, index=True
        ),
        sa.Column("refused_at", UtcDateTime(), nullable=False),
    )
    op.create_table(
        "note",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("claim_id", sa.Integer(), sa.ForeignKey("claim.id", ondelete="CASCADE"), nullable=False, index=True),
        sa.Column(
            "officer_id", sa.Integer(), sa.ForeignKey("officer.id", ondelete="RESTRICT"), nullable=False, index=True
        ),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("told", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("written_at", UtcDateTime(), nullable=False, index=True),
    )
    op.create_table(
        "officer_identity",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("officer_id", sa.Integer(), sa.ForeignKey("officer.id", ondelete="CASCADE"), nullable=False),
        sa.Column("issuer", sa.String(length=255), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("joined_at", UtcDateTime(), nullable=False),
        sa.UniqueConstraint("issuer", "subject"),
        sa.UniqueConstraint("officer_id", "issuer"),
    )
    op.create_table(
        "officer_role",
        sa.Column("officer_id", sa.Integer(), sa.ForeignKey("officer.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("role_id", sa.Integer(), sa.ForeignKey("role.id", ondelete="CASCADE"), primary_key=True),
    )
    op.create_table(
        "officer_session",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column(
            "officer_id", sa.Integer(), sa.ForeignKey("officer.id", ondelete="CASCADE"), nullable=False, index=True
        ),
        sa.Column("token_digest", sa.String(length=64), nullable=False, unique=True),
        sa.Column("begun_at", UtcDateTime(), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.Column("network", sa.String(length=43), nullable=False),
        sa.Column("browser", sa.String(length=60), nullable=False),
    )
    op.create_table(
        "officer_tie",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("maker_id", sa.Integer(), sa.ForeignKey("officer.id", ondelete="RESTRICT"), index=True),
        sa.Column("officer_id", sa.Integer(), sa.ForeignKey("officer.id", ondelete="RESTRICT"), nullable=False),
        sa.Column("because", sa.String(length=40), nullable=False),
        sa.Column("tied_at", UtcDateTime(), nullable=False),
        sa.Index("ix_officer_tie_officer", "officer_id", "tied_at"),
    )
    op.create_table(
        "passkey",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column(
            "officer_id", sa.Integer(), sa.ForeignKey("officer.id", ondelete="CASCADE"), nullable=False, index=True
        ),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("credential_id", sa.String(length=1400), nullable=False, unique=True),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("last_challenge", sa.BigInteger(), nullable=False),
        sa.Column("added_at", UtcDateTime(), nullable=False),
        sa.Column("used_at", UtcDateTime()),
    )
    op.create_table(
        "password_link",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column(
            "officer_id", sa.Integer(), sa.ForeignKey("officer.id", ondelete="CASCADE"), nullable=False, index=True
        ),
        sa.Column("token_digest", sa.String(length=64), nullable=False, unique=True),
        sa.Column("made_by_id", sa.Integer(), sa.ForeignKey("officer.id", ondelete="RESTRICT"), index=True),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
    )
    op.create_table(
        "password_request",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("officer_id", sa.Integer(), sa.ForeignKey("officer.id", ondelete="CASCADE"), index=True),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("network", sa.String(length=43), nullable=False),
    )
    op.create_table(
        "posts_file",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column(
            "officer_id", sa.Integer(), sa.ForeignKey("officer.id", ondelete="CASCADE"), nullable=False, index=True
        ),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("added_at", UtcDateTime(), nullable=False, index=True),
    )
    op.create_table(
        "proposal",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("act", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("before", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("values", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("proposed_by_id", sa.Integer(), sa.ForeignKey("officer.id", ondelete="RESTRICT"), index=True),
        sa.Column("proposed_at", UtcDateTime(), nullable=False),
        sa.Column("stands_until", UtcDateTime()),
        sa.Column(
            "outcome", choice("proposal_outcome", "open confirmed refused withdrawn alone shipped"), nullable=False
        ),
        sa.Column("settled_by_id", sa.Integer(), sa.ForeignKey("officer.id", ondelete="RESTRICT"), index=True),
        sa.Column("settled_at", UtcDateTime()),
        sa.Column("settled_reason", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "outcome <> 'confirmed' or settled_by_id <> proposed_by_id", name=op.f("ck_proposal_confirmed_by_another")
        ),
        sa.CheckConstraint(
            "outcome <> 'confirmed' or settled_by_id is not null", name=op.f("ck_proposal_confirmed_by_somebody")
        ),
        sa.CheckConstraint("(outcome = 'open') = (settled_at is null)", name=op.f("ck_proposal_settled_whole")),
        sa.Index("ix_proposal_outcome", "outcome", "proposed_at"),
        sa.Index("ix_proposal_subject", "subject", "id"),
        sa.Index(
            "uq_proposal_open",
            "act",
            "subject",
            unique=True,
            sqlite_where=sa.text("outcome = 'open'"),
            postgresql_where=sa.text("outcome = 'open'"),
        ),
    )
    op.create_table(
        "question",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("claim_id", sa.Integer(), sa.ForeignKey("claim.id", ondelete="CASCADE"), nullable=False, index=True),
        sa.Column("unit_id", sa.Integer(), sa.ForeignKey("unit.id", ondelete="RESTRICT"), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column(
            "asked_by_id", sa.Integer(), sa.ForeignKey("officer.id", ondelete="RESTRICT"), nullable=False, index=True
        ),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("answer", sa.Text()),
        sa.Column("answered_by_id", sa.Integer(), sa.ForeignKey("officer.id", ondelete="RESTRICT")),
        sa.Column("answered_at", UtcDateTime()),
        sa.Column("closed_at", UtcDateTime()),
        sa.Column("closed_reason", sa.Text()),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("(answer is null) = (answered_at is null)", name=op.f("ck_question_answered_whole")),
        sa.Index("ix_question_open", "unit_id", "closed_at"),
    )
    op.create_table(
        "recovery_code",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column(
            "officer_id", sa.Integer(), sa.ForeignKey("officer.id", ondelete="CASCADE"), nullable=False, index=True
        ),
        sa.Column("digest", sa.String(length=64), nullable=False, unique=True),
        sa.Column("used_at", UtcDateTime()),
    )
    op.create_table(
        "report_picture",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("report_id", sa.Integer(), sa.ForeignKey("report.id", ondelete="CASCADE"), unique=True),
        sa.Column("addition_id", sa.Integer(), sa.ForeignKey("report_addition.id", ondelete="CASCADE"), unique=True),
        sa.Column("token_digest", sa.String(length=64), unique=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("added_at", UtcDateTime(), nullable=False, index=True),
    )
    op.create_table(
        "saved_search",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("officer_id", sa.Integer(), sa.ForeignKey("officer.id", ondelete="CASCADE"), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("query", sa.String(length=1000), nullable=False),
        sa.UniqueConstraint("officer_id", "name"),
    )
    op.create_table(
        "second_factor",
        sa.Column("officer_id", sa.Integer(), sa.ForeignKey("officer.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("sealed_secret", sa.LargeBinary()),
        sa.Column("added_at", UtcDateTime()),
        sa.Column("last_step", sa.BigInteger()),
        sa.Column("burnt_step", sa.BigInteger()),
        sa.Column("wrong_codes", sa.Integer(), nullable=False),
        sa.Column("last_wrong_at", UtcDateTime()),
    )
    op.create_table(
        "sign_in_brake",
        sa.Column("key", sa.String(length=64), primary_key=True),
        sa.Column("officer_id", sa.Integer(), sa.ForeignKey("officer.id", ondelete="CASCADE"), index=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("first_at", UtcDateTime(), nullable=False),
        sa.Column("last_at", UtcDateTime(), nullable=False, index=True),
        sa.Column("waits_until", UtcDateTime()),
        sa.Column("told_at", UtcDateTime()),
    )
    op.create_table(
        "sign_in_failure",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("officer_id", sa.Integer(), sa.ForeignKey("officer.id", ondelete="CASCADE"), index=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("network", sa.String(length=43), nullable=False),
        sa.Column("browser", sa.String(length=60), nullable=False),
        sa.Column("stopped_after", sa.String(length=16)),
    )
    op.create_table(
        "yearly_report",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("register", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("content", sa.JSON(none_as_null=True)),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("edited_at", UtcDateTime()),
        sa.Column("sent_at", UtcDateTime()),
        sa.Column("sent_by_id", sa.Integer(), sa.ForeignKey("officer.id", ondelete="RESTRICT")),
        sa.Column("letters", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "sent_at is null or (content is not null and sent_by_id is not null)",
            name=op.f("ck_yearly_report_sent_whole"),
        ),
        sa.UniqueConstraint("year", "version"),
        sa.Index(
            "uq_yearly_report_draft",
            "year",
            unique=True,
            sqlite_where=sa.text("sent_at is null"),
            postgresql_where=sa.text("sent_at is null"),
        ),
    )
    op.create_table(
        "check_query",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("decision", choice("check_decision", "match possible none"), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        *(
            sa.Column(name, sa.Integer(), nullable=False, server_default="0")
            for name in ("in_whatsapp", "in_telegram", "forwarded", "often_forwarded")
        ),
        sa.Column("demand_id", sa.Integer(), sa.ForeignKey("demand.id", ondelete="SET NULL")),
        sa.UniqueConstraint("day", "digest", "decision"),
        sa.Index(
            "ix_check_query_forwarded",
            "day",
            sqlite_where=sa.text("forwarded > 0"),
            postgresql_where=sa.text("forwarded > 0"),
        ),
        sa.Index("ix_check_query_asked", "demand_id", "count"),
        sa.Index("ix_check_query_lately", "day", "demand_id", "count"),
    )
    op.create_table(
        "claim_accusation_branch",
        sa.Column(
            "accusation_id", sa.Integer(), sa.ForeignKey("claim_accusation.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("unit_id", sa.Integer(), sa.ForeignKey("unit.id", ondelete="RESTRICT"), primary_key=True),
    )
    op.create_table(
        "clarification",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("slug", sa.String(length=120), unique=True),
        sa.Column("number", sa.Integer(), unique=True),
        sa.Column(
            "status",
            choice("clarification_status", "draft awaiting_approval published corrected retracted"),
            nullable=False,
        ),
        sa.Column(
            "verdict",
            choice(
                "verdict",
                "benar sebagian_benar kurang_konteks menyesatkan hoaks penipuan satire belum_terbukti bukan_klaim di_luar_kewenangan",
            ),
        ),
        sa.Column("topic", choice("topic", TOPICS), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("claim_quote", sa.Text(), nullable=False),
        sa.Column("wordings", sa.JSON(none_as_null=True), nullable=False, server_default="[]"),
        sa.Column("circulated_where", sa.String(length=200), nullable=False),
        sa.Column("circulated_since", sa.Date()),
        sa.Column("findings", sa.Text(), nullable=False),
        sa.Column("conclusion", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.Integer(), sa.ForeignKey("unit.id", ondelete="RESTRICT"), nullable=False, index=True),
        sa.Column("accused_unit_id", sa.Integer(), sa.ForeignKey("unit.id", ondelete="RESTRICT")),
        sa.Column(
            "author_id", sa.Integer(), sa.ForeignKey("officer.id", ondelete="RESTRICT"), nullable=False, index=True
        ),
        sa.Column("approver_id", sa.Integer(), sa.ForeignKey("officer.id", ondelete="RESTRICT")),
        sa.Column("approval_reason", sa.Text()),
        sa.Column("returned_reason", sa.Text()),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("submitted_at", UtcDateTime()),
        sa.Column("published_at", UtcDateTime(), index=True),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("reviewed_at", UtcDateTime()),
        sa.Column("proposed", sa.JSON(none_as_null=True)),
        sa.Column("proposed_kind", choice("proposed_kind", "draft awaiting_approval published corrected retracted")),
        sa.Column("proposed_note", sa.Text()),
        sa.Column("proposed_by_id", sa.Integer(), sa.ForeignKey("officer.id", ondelete="RESTRICT")),
        sa.Column("proposed_at", UtcDateTime()),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("emergency_until", UtcDateTime()),
        sa.Column("picture", sa.JSON(none_as_null=True)),
        sa.Column("confirmation_id", sa.Integer(), sa.ForeignKey("proposal.id", ondelete="RESTRICT"), index=True),
        sa.CheckConstraint(
            "status in ('draft', 'awaiting_approval') or (confirmation_id is not null and verdict is not null and published_at is not null and slug is not null and number is not null)",
            name=op.f("ck_clarification_public_needs_approval"),
        ),
        sa.CheckConstraint("approver_id is null or approver_id <> author_id", name=op.f("ck_clarification_two_people")),
        sa.Index("ix_clarification_changed", "status", "changed_at"),
        sa.Index("ix_clarification_created", "created_at"),
        sa.Index(
            "ix_clarification_proposed",
            "changed_at",
            sqlite_where=sa.text("proposed_kind is not null"),
            postgresql_where=sa.text("proposed_kind is not null"),
        ),
        sa.Index("ix_clarification_topic", "topic", "published_at", "status"),
    )
    op.create_table(
        "district",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("code", sa.String(length=64), nullable=False, unique=True),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("parent_id", sa.Integer(), sa.ForeignKey("district.id", ondelete="CASCADE"), index=True),
        sa.Column("aliases", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("edited_at", UtcDateTime()),
        sa.Column("confirmation_id", sa.Integer(), sa.ForeignKey("proposal.id", ondelete="RESTRICT"), index=True),
        sa.CheckConstraint("kind in ('kecamatan', 'kelurahan')", name=op.f("ck_district_kind")),
    )
    op.create_table(
        "explainer",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("slug", sa.String(length=80), nullable=False, unique=True),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("summary", sa.String(length=500), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("cues", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("is_shown", sa.Boolean(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("edited_at", UtcDateTime()),
        sa.Column("confirmation_id", sa.Integer(), sa.ForeignKey("proposal.id", ondelete="RESTRICT"), index=True),
    )
    op.create_table(
        "invitation",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("email", sa.String(length=255), nullable=False, unique=True),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("unit_id", sa.Integer(), sa.ForeignKey("unit.id", ondelete="RESTRICT"), nullable=False, index=True),
        sa.Column("roles", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("token_digest", sa.String(length=64), nullable=False, unique=True),
        sa.Column("invited_by_id", sa.Integer(), sa.ForeignKey("officer.id", ondelete="RESTRICT"), index=True),
        sa.Column("proposal_id", sa.Integer(), sa.ForeignKey("proposal.id", ondelete="RESTRICT"), index=True),
        sa.Column("handed_by", sa.JSON(none_as_null=True), nullable=False, server_default="[]"),
        sa.Column("invited_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
    )
    op.create_table(
        "narrative_claim",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column(
            "narrative_id", sa.Integer(), sa.ForeignKey("narrative.id", ondelete="CASCADE"), nullable=False, index=True
        ),
        sa.Column("claim_id", sa.Integer(), sa.ForeignKey("claim.id", ondelete="CASCADE"), nullable=False, unique=True),
        sa.Column("origin", choice("narrative_origin", "by_hand suggestion"), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column(
            "added_by_id", sa.Integer(), sa.ForeignKey("officer.id", ondelete="RESTRICT"), nullable=False, index=True
        ),
        sa.Column("added_at", UtcDateTime(), nullable=False),
    )
    op.create_table(
        "official_channel",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("kind", choice("channel_kind", "domain telephone bank_account social_account"), nullable=False),
        sa.Column("value", sa.String(length=120), nullable=False),
        sa.Column("owner", sa.String(length=160), nullable=False),
        sa.Column("is_listed", sa.Boolean(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("edited_at", UtcDateTime()),
        sa.Column("confirmation_id", sa.Integer(), sa.ForeignKey("proposal.id", ondelete="RESTRICT"), index=True),
        sa.UniqueConstraint("kind", "value"),
    )
    op.create_table(
        "programme",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("code", sa.String(length=120), unique=True),
        sa.Column("name", sa.String(length=120), nullable=False, unique=True),
        sa.Column("unit_id", sa.Integer(), sa.ForeignKey("unit.id", ondelete="SET NULL"), index=True),
        sa.Column("aliases", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("edited_at", UtcDateTime()),
        sa.Column("confirmation_id", sa.Integer(), sa.ForeignKey("proposal.id", ondelete="RESTRICT"), index=True),
    )
    op.create_table(
        "proposal_hand",
        sa.Column("proposal_id", sa.Integer(), sa.ForeignKey("proposal.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("officer_id", sa.Integer(), sa.ForeignKey("officer.id", ondelete="RESTRICT"), primary_key=True),
    )
    op.create_table(
        "public_contacts",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("address", sa.String(length=300), nullable=False),
        sa.Column("telephone", sa.String(length=80), nullable=False),
        sa.Column("email", sa.String(length=200), nullable=False),
        sa.Column("website", sa.String(length=300), nullable=False),
        sa.Column("emergency", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("edited_at", UtcDateTime()),
        sa.Column("confirmation_id", sa.Integer(), sa.ForeignKey("proposal.id", ondelete="RESTRICT"), index=True),
        sa.CheckConstraint("id = 1", name=op.f("ck_public_contacts_only_one")),
    )
    op.create_table(
        "report_recipients",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("addresses", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("edited_at", UtcDateTime()),
        sa.Column("confirmation_id", sa.Integer(), sa.ForeignKey("proposal.id", ondelete="RESTRICT"), index=True),
        sa.CheckConstraint("id = 1", name=op.f("ck_report_recipients_only_one")),
    )
    op.create_table(
        "source",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("name", sa.String(length=200), nullable=False, unique=True),
        sa.Column("url", sa.String(length=2000), unique=True),
        sa.Column("home_url", sa.String(length=2000)),
        sa.Column("moving_to", sa.String(length=2000)),
        sa.Column(
            "kind",
            choice(
                "source_kind",
                "feed mastodon youtube telegram bluesky reddit google_news bridge claim_review posts file manual",
            ),
            nullable=False,
        ),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("is_local", sa.Boolean(), nullable=False),
        sa.Column("interval_minutes", sa.Integer(), nullable=False),
        sa.Column("pace_minutes", sa.Integer()),
        sa.Column("paused_at", UtcDateTime()),
        sa.Column("paused_because", sa.Text()),
        sa.Column("columns", sa.JSON(none_as_null=True)),
        sa.Column("etag", sa.String(length=500)),
        sa.Column("last_modified", sa.String(length=100)),
        sa.Column("next_fetch_at", UtcDateTime(), index=True),
        sa.Column("lease_until", UtcDateTime()),
        sa.Column("last_fetch_at", UtcDateTime()),
        sa.Column("last_success_at", UtcDateTime()),
        sa.Column("last_error", sa.Text()),
        sa.Column("problems", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("edited_at", UtcDateTime()),
        sa.Column("confirmation_id", sa.Integer(), sa.ForeignKey("proposal.id", ondelete="RESTRICT"), index=True),
        sa.CheckConstraint("interval_minutes >= 1", name=op.f("ck_source_interval_minutes")),
    )
    op.create_table(
        "unit_topic",
        sa.Column("topic", choice("topic", TOPICS), primary_key=True),
        sa.Column("unit_id", sa.Integer(), sa.ForeignKey("unit.id", ondelete="CASCADE"), nullable=False, index=True),
        sa.Column("edited_at", UtcDateTime()),
        sa.Column("confirmation_id", sa.Integer(), sa.ForeignKey("proposal.id", ondelete="RESTRICT"), index=True),
    )
    op.create_table(
        "alarm",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("kind", choice("rising_kind", "claim topic place"), nullable=False),
        sa.Column("claim_id", sa.Integer(), sa.ForeignKey("claim.id", ondelete="CASCADE"), index=True),
        sa.Column("topic", choice("topic", TOPICS)),
        sa.Column("district_id", sa.Integer(), sa.ForeignKey("district.id", ondelete="CASCADE"), index=True),
        sa.Column("measure", choice("measure", "seen reported asked forwarded"), nullable=False),
        sa.Column("hours", sa.Integer(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("usual", sa.Double(), nullable=False),
        sa.Column("raised_at", UtcDateTime(), nullable=False),
        sa.Column("last_sign_at", UtcDateTime(), nullable=False),
        sa.Column("told_at", UtcDateTime()),
        sa.Column("answer", choice("alarm_answer", "answered silenced")),
        sa.Column("answered_by_id", sa.Integer(), sa.ForeignKey("officer.id", ondelete="RESTRICT")),
        sa.Column("answered_at", UtcDateTime()),
        sa.Column("calmed_at", UtcDateTime()),
        sa.CheckConstraint("(answer is null) = (answered_at is null)", name=op.f("ck_alarm_answered_whole")),
        sa.Index("ix_alarm_raised", "raised_at"),
        sa.Index(
            "uq_alarm_going_on",
            "subject",
            unique=True,
            sqlite_where=sa.text("calmed_at is null"),
            postgresql_where=sa.text("calmed_at is null"),
        ),
    )
    op.create_table(
        "clarification_basis",
        sa.Column(
            "clarification_id", sa.Integer(), sa.ForeignKey("clarification.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column(
            "earlier_id",
            sa.Integer(),
            sa.ForeignKey("clarification.id", ondelete="CASCADE"),
            nullable=False,
            index=True,
        ),
    )
    op.create_table(
        "clarification_claim",
        sa.Column(
            "clarification_id", sa.Integer(), sa.ForeignKey("clarification.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column(
            "claim_id", sa.Integer(), sa.ForeignKey("claim.id", ondelete="CASCADE"), primary_key=True, index=True
        ),
    )
    op.create_table(
        "clarification_reach",
        sa.Column(
            "clarification_id",
            sa.Integer(),
            sa.ForeignKey("clarification.id", ondelete="CASCADE"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("day", sa.Date(), primary_key=True, index=True),
        sa.Column("views", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("short_visits", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("answers", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("comparisons", sa.Integer(), nullable=False, server_default="0"),
    )
    op.create_table(
        "clarification_revision",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column(
            "clarification_id", sa.Integer(), sa.ForeignKey("clarification.id", ondelete="RESTRICT"), nullable=False
        ),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column(
            "kind", choice("revision_kind", "draft awaiting_approval published corrected retracted"), nullable=False
        ),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("content", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("author_id", sa.Integer(), sa.ForeignKey("officer.id", ondelete="RESTRICT"), nullable=False),
        sa.Column("approver_id", sa.Integer(), sa.ForeignKey("officer.id", ondelete="RESTRICT")),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("confirmation_id", sa.Integer(), sa.ForeignKey("proposal.id", ondelete="RESTRICT"), index=True),
        sa.CheckConstraint("approver_id <> author_id", name=op.f("ck_clarification_revision_two_people")),
        sa.UniqueConstraint("clarification_id", "number"),
    )
    op.create_table(
        "evidence",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("kind", choice("evidence_kind", "link file archived_copy"), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("url", sa.String(length=2000)),
        sa.Column("page_key", sa.String(length=32), index=True),
        sa.Column("file_name", sa.String(length=255)),
        sa.Column("digest", sa.String(length=64)),
        sa.Column("dated", sa.Date()),
        sa.Column("claim_id", sa.Integer(), sa.ForeignKey("claim.id", ondelete="CASCADE"), index=True),
        sa.Column("clarification_id", sa.Integer(), sa.ForeignKey("clarification.id", ondelete="CASCADE"), index=True),
        sa.Column("report_id", sa.Integer(), sa.ForeignKey("report.id", ondelete="CASCADE"), index=True),
        sa.Column("question_id", sa.Integer(), sa.ForeignKey("question.id", ondelete="CASCADE"), index=True),
        sa.Column("added_by_id", sa.Integer(), sa.ForeignKey("officer.id", ondelete="RESTRICT"), index=True),
        sa.Column("added_at", UtcDateTime(), nullable=False, index=True),
        sa.CheckConstraint(
            "claim_id is not null or clarification_id is not null or report_id is not null",
            name=op.f("ck_evidence_belongs_somewhere"),
        ),
        sa.CheckConstraint("url is not null or file_name is not null", name=op.f("ck_evidence_points_somewhere")),
    )
    op.create_table(
        "forgotten_entry",
        sa.Column("source_id", sa.Integer(), sa.ForeignKey("source.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("entry_key", sa.String(length=64), primary_key=True),
        sa.Column("content_key", sa.String(length=64), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False, index=True),
    )
    op.create_table(
        "hub_subscription",
        sa.Column("source_id", sa.Integer(), sa.ForeignKey("source.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("hub", sa.String(length=2000), nullable=False),
        sa.Column("topic", sa.String(length=2000), nullable=False),
        sa.Column("token", sa.String(length=64), nullable=False, unique=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_at", UtcDateTime(), nullable=False, index=True),
        sa.Column("sent_until", UtcDateTime()),
        sa.Column("heard_at", UtcDateTime()),
        sa.Column("unsigned_at", UtcDateTime()),
        sa.Column("trouble", sa.Text()),
    )
    op.create_table(
        "item",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("source_id", sa.Integer(), sa.ForeignKey("source.id", ondelete="RESTRICT"), nullable=False),
        sa.Column("entry_key", sa.String(length=64), nullable=False),
        sa.Column("feed_id", sa.String(length=2000)),
        sa.Column("id_key", sa.String(length=64)),
        sa.Column("url", sa.String(length=2000)),
        sa.Column("link_key", sa.String(length=64), index=True),
        sa.Column("page_key", sa.String(length=32), index=True),
        sa.Column("content_key", sa.String(length=64), nullable=False, index=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("full_text", sa.Text()),
        sa.Column("images", sa.JSON(none_as_null=True)),
        sa.Column("author", sa.String(length=200)),
        sa.Column("language", sa.String(length=16)),
        sa.Column("published_at", UtcDateTime()),
        sa.Column("fetched_at", UtcDateTime(), nullable=False, index=True),
        sa.Column("edited_at", UtcDateTime()),
        sa.Column("copy_of_id", sa.Integer(), sa.ForeignKey("item.id", ondelete="SET NULL"), index=True),
        sa.UniqueConstraint("source_id", "entry_key"),
        sa.Index("ix_item_source_fetched", "source_id", "fetched_at", postgresql_include=["id"]),
        sa.Index("ix_item_source_id_id_key", "source_id", "id_key"),
    )
    op.create_table(
        "judged_claim",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("claim_id", sa.Integer(), sa.ForeignKey("claim.id", ondelete="CASCADE"), nullable=False, index=True),
        sa.Column(
            "clarification_id",
            sa.Integer(),
            sa.ForeignKey("clarification.id", ondelete="CASCADE"),
            nullable=False,
            index=True,
        ),
        sa.Column("confirmation_id", sa.Integer(), sa.ForeignKey("proposal.id", ondelete="RESTRICT"), index=True),
        sa.Column("ended_at", UtcDateTime()),
    )
    op.create_table(
        "objection",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column(
            "clarification_id",
            sa.Integer(),
            sa.ForeignKey("clarification.id", ondelete="RESTRICT"),
            nullable=False,
            index=True,
        ),
        sa.Column("ground", choice("objection_ground", "fact verdict outdated self"), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False, index=True),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("outcome", choice("objection_outcome", "correct withdraw partly refused")),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_at", UtcDateTime()),
        sa.Column("working_days", sa.Integer()),
        sa.Column("confirmation_id", sa.Integer(), sa.ForeignKey("proposal.id", ondelete="RESTRICT"), index=True),
        sa.CheckConstraint(
            "(outcome is null) = (decided_at is null) and (outcome is null) = (working_days is null) and (outcome is null or reason <> '')",
            name=op.f("ck_objection_decided_whole"),
        ),
        sa.Index(
            "ix_objection_undecided",
            "due_at",
            sqlite_where=sa.text("outcome is null"),
            postgresql_where=sa.text("outcome is null"),
        ),
    )
    op.create_table(
        "page_match",
        sa.Column("claim_id", sa.Integer(), sa.ForeignKey("claim.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("clarification_id", sa.Integer(), sa.ForeignKey("clarification.id", ondelete="CASCADE")),
        sa.Column("probability", sa.Double(), nullable=False),
        sa.Column("looked_at", UtcDateTime(), nullable=False),
        sa.Index(
            "ix_page_match_found",
            "clarification_id",
            "looked_at",
            sqlite_where=sa.text("clarification_id is not null"),
            postgresql_where=sa.text("clarification_id is not null"),
        ),
    )
    op.create_table(
        "push_subscription",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("endpoint_digest", sa.String(length=64), nullable=False, unique=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("last_sent_at", UtcDateTime()),
        sa.Column("next_try_at", UtcDateTime()),
        sa.Column("held_until", UtcDateTime()),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("topic", choice("topic", TOPICS)),
        sa.Column("district_id", sa.Integer(), sa.ForeignKey("district.id", ondelete="CASCADE"), index=True),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("told_revision_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("topic is null or district_id is null", name=op.f("ck_push_subscription_one_choice")),
        sa.Index("ix_push_subscription_waiting", "told_revision_id", "last_sent_at"),
    )
    op.create_table(
        "subscription",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("address_digest", sa.String(length=64), nullable=False, index=True),
        sa.Column("token_digest", sa.String(length=64), nullable=False, unique=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("confirmed_at", UtcDateTime()),
        sa.Column("last_letter_at", UtcDateTime()),
        sa.Column("topic", choice("topic", TOPICS)),
        sa.Column("district_id", sa.Integer(), sa.ForeignKey("district.id", ondelete="CASCADE"), index=True),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("told_revision_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("topic is null or district_id is null", name=op.f("ck_subscription_one_choice")),
        sa.Index("ix_subscription_waiting", "told_revision_id", "confirmed_at"),
    )
    op.create_table(
        "typed_text",
        sa.Column(
            "clarification_id", sa.Integer(), sa.ForeignKey("clarification.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("officer_id", sa.Integer(), sa.ForeignKey("officer.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("fields", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("typed_at", UtcDateTime(), nullable=False),
    )
    op.create_table(
        "usefulness",
        sa.Column(
            "clarification_id",
            sa.Integer(),
            sa.ForeignKey("clarification.id", ondelete="CASCADE"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("useful", sa.Integer(), nullable=False),
        sa.Column("not_useful", sa.Integer(), nullable=False),
        sa.Column("same", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("not_same", sa.Integer(), nullable=False, server_default="0"),
    )
    op.create_table(
        "assessment",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("item_id", sa.Integer(), sa.ForeignKey("item.id", ondelete="CASCADE")),
        sa.Column("report_id", sa.Integer(), sa.ForeignKey("report.id", ondelete="CASCADE")),
        sa.Column(
            "model_version_id",
            sa.Integer(),
            sa.ForeignKey("model_version.id", ondelete="RESTRICT"),
            nullable=False,
            index=True,
        ),
        sa.Column("relevance", sa.Double(), nullable=False),
        sa.Column("misinformation", sa.Double(), nullable=False),
        sa.Column("priority", sa.Double(), nullable=False),
        sa.Column("topic", choice("topic", TOPICS), nullable=False),
        sa.Column("unit_id", sa.Integer(), sa.ForeignKey("unit.id", ondelete="SET NULL")),
        sa.Column("flagged", sa.Boolean(), nullable=False),
        sa.Column("reasons", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("assessed_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("misinformation between 0 and 1", name=op.f("ck_assessment_misinformation")),
        sa.CheckConstraint("(item_id is null) <> (report_id is null)", name=op.f("ck_assessment_one_subject")),
        sa.CheckConstraint("priority between 0 and 1", name=op.f("ck_assessment_priority")),
        sa.CheckConstraint("relevance between 0 and 1", name=op.f("ck_assessment_relevance")),
        sa.UniqueConstraint("item_id", "model_version_id"),
        sa.UniqueConstraint("report_id", "model_version_id"),
        sa.Index(
            "ix_assessment_flagged",
            "item_id",
            "model_version_id",
            sqlite_where=sa.text("flagged = 1"),
            postgresql_where=sa.text("flagged"),
        ),
        sa.Index("ix_assessment_scores", "assessed_at", "misinformation", "item_id"),
    )
    op.create_table(
        "claim_appearance",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("claim_id", sa.Integer(), sa.ForeignKey("claim.id", ondelete="CASCADE"), nullable=False, index=True),
        sa.Column("item_id", sa.Integer(), sa.ForeignKey("item.id", ondelete="RESTRICT"), unique=True),
        sa.Column("report_id", sa.Integer(), sa.ForeignKey("report.id", ondelete="RESTRICT"), unique=True),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.Column("similarity", sa.Double(), nullable=False),
        sa.Column("opens", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.CheckConstraint("(item_id is null) <> (report_id is null)", name=op.f("ck_claim_appearance_one_subject")),
        sa.CheckConstraint("similarity between 0 and 1", name=op.f("ck_claim_appearance_similarity")),
        sa.Index("ix_claim_appearance_seen", "seen_at", "claim_id"),
    )
    op.create_table(
        "engagement",
        sa.Column("item_id", sa.Integer(), sa.ForeignKey("item.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("replies", sa.BigInteger()),
        sa.Column("likes", sa.BigInteger()),
        sa.Column("shares", sa.BigInteger()),
        sa.Column("views", sa.BigInteger()),
        sa.Column("counted_at", UtcDateTime(), nullable=False),
    )
    op.create_table(
        "evidence_copy",
        sa.Column("evidence_id", sa.Integer(), sa.ForeignKey("evidence.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("sealed", sa.LargeBinary()),
        sa.Column("media_type", sa.String(length=100)),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("text_digest", sa.String(length=64)),
        sa.Column("kept_at", UtcDateTime(), index=True),
        sa.Column("next_look_at", UtcDateTime(), index=True),
        sa.Column("looks", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.String(length=300)),
        sa.Column("changed_at", UtcDateTime()),
        sa.Column("gone_at", UtcDateTime()),
    )
    op.create_table(
        "item_band",
        sa.Column("band", sa.BigInteger(), primary_key=True),
        sa.Column("item_id", sa.Integer(), sa.ForeignKey("item.id", ondelete="CASCADE"), primary_key=True, index=True),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "item_revision",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("item_id", sa.Integer(), sa.ForeignKey("item.id", ondelete="CASCADE"), nullable=False, index=True),
        sa.Column("content_key", sa.String(length=64), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.Column("replaced_at", UtcDateTime(), nullable=False),
    )
    op.create_table(
        "linked_page",
        sa.Column("item_id", sa.Integer(), sa.ForeignKey("item.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("url", sa.String(length=2000), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_at", UtcDateTime(), index=True),
        sa.Column("awaited_until", UtcDateTime(), index=True),
        sa.Column("read_at", UtcDateTime()),
        sa.Column("trouble", sa.Text()),
    )
    op.create_table(
        "notice",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("officer_id", sa.Integer(), sa.ForeignKey("officer.id", ondelete="CASCADE"), nullable=False),
        sa.Column(
            "kind",
            choice(
                "notice_kind",
                "routed returned asked answered declined sent_back mentioned source_paused contact_shown webhook_off replied rising proposed settled objected tipline_cost",
            ),
            nullable=False,
        ),
        sa.Column("claim_id", sa.Integer(), sa.ForeignKey("claim.id", ondelete="CASCADE"), index=True),
        sa.Column("question_id", sa.Integer(), sa.ForeignKey("question.id", ondelete="CASCADE"), index=True),
        sa.Column("clarification_id", sa.Integer(), sa.ForeignKey("clarification.id", ondelete="CASCADE"), index=True),
        sa.Column("source_id", sa.Integer(), sa.ForeignKey("source.id", ondelete="CASCADE"), index=True),
        sa.Column("note_id", sa.Integer(), sa.ForeignKey("note.id", ondelete="CASCADE"), index=True),
        sa.Column("alarm_id", sa.Integer(), sa.ForeignKey("alarm.id", ondelete="CASCADE"), index=True),
        sa.Column("proposal_id", sa.Integer(), sa.ForeignKey("proposal.id", ondelete="CASCADE"), index=True),
        sa.Column("objection_id", sa.Integer(), sa.ForeignKey("objection.id", ondelete="CASCADE"), index=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("seen_at", UtcDateTime()),
        sa.Column("mailed_at", UtcDateTime(), index=True),
        sa.Index("ix_notice_unseen", "officer_id", "seen_at"),
    )
    op.create_table(
        "objection_statement",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column(
            "objection_id", sa.Integer(), sa.ForeignKey("objection.id", ondelete="CASCADE"), nullable=False, index=True
        ),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("told_at", UtcDateTime()),
        sa.Column("ticket_digest", sa.String(length=64), nullable=False, unique=True),
        sa.Column("ticket_encrypted", sa.LargeBinary()),
        sa.Column("contact_encrypted", sa.LargeBinary()),
        sa.Column("contact_purged_at", UtcDateTime()),
        sa.Column("consent_at", UtcDateTime()),
        sa.Column("received_at", UtcDateTime(), nullable=False, index=True),
        sa.Column("language", sa.String(length=5), nullable=False),
        sa.Column("sender_digest", sa.String(length=64), index=True),
        sa.CheckConstraint(
            "contact_encrypted is null or consent_at is not null",
            name=op.f("ck_objection_statement_contact_needs_consent"),
        ),
    )
    op.create_table(
        "outgoing_mail",
        sa.Column("key", sa.String(length=200), nullable=False, unique=True),
        sa.Column("report_id", sa.Integer(), sa.ForeignKey("report.id", ondelete="CASCADE"), index=True),
        sa.Column("subscription_id", sa.Integer(), sa.ForeignKey("subscription.id", ondelete="CASCADE"), index=True),
        sa.Column("sealed", sa.LargeBinary()),
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("posted_at", UtcDateTime(), nullable=False),
        sa.Column("next_try_at", UtcDateTime(), index=True),
        sa.Column("held_until", UtcDateTime()),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.String(length=120)),
        sa.Column("sent_at", UtcDateTime()),
        sa.Column("failed_at", UtcDateTime()),
        sa.CheckConstraint(
            "(next_try_at is null) = (sent_at is not null or failed_at is not null)",
            name=op.f("ck_outgoing_mail_due_until_ended"),
        ),
        sa.CheckConstraint("sent_at is null or failed_at is null", name=op.f("ck_outgoing_mail_one_end")),
        sa.CheckConstraint(
            "(sealed is null) = (next_try_at is null)", name=op.f("ck_outgoing_mail_sealed_until_ended")
        ),
    )
    op.create_table(
        "page_copy",
        sa.Column("item_id", sa.Integer(), sa.ForeignKey("item.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("url", sa.String(length=2000), nullable=False),
        sa.Column("html", sa.LargeBinary()),
        sa.Column("digest", sa.String(length=64)),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("text_now", sa.Text()),
        sa.Column("copied_at", UtcDateTime()),
        sa.Column("looked_at", UtcDateTime()),
        sa.Column("changed_at", UtcDateTime()),
        sa.Column("gone_at", UtcDateTime()),
        sa.Column("looks", sa.Integer(), nullable=False),
        sa.Column("next_at", UtcDateTime(), index=True),
        sa.Column("trouble", sa.Text()),
    )
    op.create_table(
        "recorded_item",
        sa.Column(
            "item_id", sa.Integer(), sa.ForeignKey("item.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
        ),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
    )
    op.create_table(
        "unassessed_item",
        sa.Column(
            "item_id", sa.Integer(), sa.ForeignKey("item.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
        ),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.Column("content_key", sa.String(length=64), nullable=False),
        sa.Index("ix_unassessed_item_order", "seen_at", "content_key", "item_id"),
    )
    op.create_table(
        "ungrouped_item",
        sa.Column(
            "item_id", sa.Integer(), sa.ForeignKey("item.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
        ),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.Column("content_key", sa.String(length=64), nullable=False),
        sa.Column("suggestion", sa.JSON(none_as_null=True), nullable=False),
        sa.Index("ix_ungrouped_item_order", "seen_at", "content_key", "item_id"),
    )
    op.create_table(
        "claim_move",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column(
            "decision_id", sa.Integer(), sa.ForeignKey("decision.id", ondelete="CASCADE"), nullable=False, index=True
        ),
        sa.Column(
            "appearance_id",
            sa.Integer(),
            sa.ForeignKey("claim_appearance.id", ondelete="CASCADE"),
            nullable=False,
            index=True,
        ),
        sa.Column("from_claim_id", sa.Integer(), sa.ForeignKey("claim.id", ondelete="CASCADE"), nullable=False),
        sa.Column("to_claim_id", sa.Integer(), sa.ForeignKey("claim.id", ondelete="CASCADE"), nullable=False),
        sa.Column("opened", sa.Boolean(), nullable=False),
    )
    with op.batch_alter_table("unit") as batch:  # it and what it points to point to each other
        batch.create_foreign_key(
            op.f("fk_unit_confirmation_id_proposal"), "proposal", ["confirmation_id"], ["id"], ondelete="RESTRICT"
        )
    op.create_table(
        "asked_together",
        sa.Column("day", sa.Date(), primary_key=True),
        sa.Column("first", sa.String(length=80), primary_key=True),
        sa.Column("second", sa.String(length=80), primary_key=True, index=True),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.CheckConstraint("first < second", name=op.f("ck_asked_together_in_order")),
    )
    op.create_table(
        "tipline_channel",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("name", sa.String(length=20), nullable=False, unique=True),
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("base_url", sa.String(length=300), nullable=False),
        sa.Column("auth_header", sa.String(length=60), nullable=False),
        sa.Column("is_polled", sa.Boolean(), nullable=False),
        sa.Column("is_in_service", sa.Boolean(), nullable=False),
        sa.Column("sealed_keys", sa.LargeBinary()),
        sa.Column("keys_saved_at", UtcDateTime()),
        sa.Column("paused_at", UtcDateTime()),
        sa.Column("monthly_ceiling", sa.Integer()),
        sa.Column("counted_month", sa.String(length=7), nullable=False),
        sa.Column("counted_replies", sa.Integer(), nullable=False),
        sa.Column("warned_month", sa.String(length=7), nullable=False),
        sa.Column("polled_offset", sa.BigInteger(), nullable=False),
        sa.Column("announced", sa.String(length=64), nullable=False),
        sa.Column("last_fault", sa.String(length=200)),
        sa.Column("last_fault_at", UtcDateTime()),
        sa.Column("business_id", sa.String(length=64), nullable=False, server_default=""),
        sa.Column("template_name", sa.String(length=100), nullable=False, server_default=""),
        sa.Column("template_language", sa.String(length=10), nullable=False, server_default=""),
        sa.Column("edited_at", UtcDateTime()),
        sa.Column("confirmation_id", sa.Integer(), sa.ForeignKey("proposal.id", ondelete="RESTRICT"), index=True),
        sa.CheckConstraint(
            "monthly_ceiling is null or monthly_ceiling >= 0", name=op.f("ck_tipline_channel_ceiling_counts")
        ),
        sa.CheckConstraint("counted_replies >= 0", name=op.f("ck_tipline_channel_replies_count")),
    )
    op.create_table(
        "media_fingerprint",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("sha256", sa.String(length=64), nullable=False, unique=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("claim_id", sa.Integer(), sa.ForeignKey("claim.id", ondelete="CASCADE"), nullable=False, index=True),
        sa.Column("is_known", sa.Boolean(), nullable=False),
        sa.Column("edited_at", UtcDateTime()),
        sa.Column("confirmation_id", sa.Integer(), sa.ForeignKey("proposal.id", ondelete="RESTRICT"), index=True),
        sa.CheckConstraint("size_bytes > 0", name=op.f("ck_media_fingerprint_size_counts")),
    )
    op.create_table(
        "reported_media",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("report_id", sa.Integer(), sa.ForeignKey("report.id", ondelete="CASCADE"), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False, index=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.CheckConstraint("size_bytes > 0", name=op.f("ck_reported_media_size_counts")),
        sa.UniqueConstraint("report_id", "sha256"),
    )
    op.create_table(
        "chat",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("sender_digest", sa.String(length=64), nullable=False),
        sa.Column("sender_encrypted", sa.LargeBinary(), nullable=False),
        sa.Column("state_encrypted", sa.LargeBinary()),
        sa.Column("language", sa.String(length=5), nullable=False),
        sa.Column("began_at", UtcDateTime(), nullable=False),
        sa.Column("last_message_at", UtcDateTime(), nullable=False, index=True),
        sa.Column("due_at", UtcDateTime(), index=True),
        sa.Column("held_until", UtcDateTime()),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("stopped_at", UtcDateTime()),
        sa.Column("erase_when_sent", sa.Boolean(), nullable=False),
        sa.Column("blocked_until", UtcDateTime()),
        sa.Column("blocked_reason", sa.String(length=20)),
        sa.Column("paused_until", UtcDateTime()),
        sa.CheckConstraint(
            "(blocked_until is null) = (blocked_reason is null)", name=op.f("ck_chat_blocked_for_a_reason")
        ),
        sa.UniqueConstraint("channel", "sender_digest"),
    )
    op.create_table(
        "chat_message",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("chat_id", sa.Integer(), sa.ForeignKey("chat.id", ondelete="CASCADE"), index=True),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("message_digest", sa.String(length=64), nullable=False),
        sa.Column("body_encrypted", sa.LargeBinary()),
        sa.Column("received_at", UtcDateTime(), nullable=False, index=True),
        sa.Column("answered_at", UtcDateTime()),
        sa.CheckConstraint("body_encrypted is null or chat_id is not null", name=op.f("ck_chat_message_body_of_chat")),
        sa.UniqueConstraint("channel", "message_digest"),
    )
    op.create_table(
        "chat_reply",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("chat_id", sa.Integer(), sa.ForeignKey("chat.id", ondelete="CASCADE"), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("body_encrypted", sa.LargeBinary(), nullable=False),
        sa.Column("awaits_message", sa.Boolean(), nullable=False),
        sa.Column("posted_at", UtcDateTime(), nullable=False),
        sa.Column("next_try_at", UtcDateTime(), index=True),
        sa.Column("held_until", UtcDateTime()),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.String(length=120)),
        sa.Column("sent_at", UtcDateTime()),
        sa.Column("failed_at", UtcDateTime()),
        sa.Column("template_sent_at", UtcDateTime()),
        sa.Column("sent_digest", sa.String(length=64), index=True),
        sa.Column("window_closed_at", UtcDateTime()),
        sa.Column("report_id", sa.Integer(), sa.ForeignKey("report.id", ondelete="CASCADE"), index=True),
        sa.Column("confirmation_id", sa.Integer(), sa.ForeignKey("proposal.id", ondelete="RESTRICT"), index=True),
        sa.CheckConstraint("sent_at is null or failed_at is null", name=op.f("ck_chat_reply_one_end")),
        sa.CheckConstraint(
            "(next_try_at is null) = (sent_at is not null or failed_at is not null)",
            name=op.f("ck_chat_reply_due_until_ended"),
        ),
        sa.UniqueConstraint("chat_id", "key"),
    )
    op.create_table(
        "chat_answer",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("chat_id", sa.Integer(), sa.ForeignKey("chat.id", ondelete="CASCADE"), nullable=False),
        sa.Column(
            "clarification_id",
            sa.Integer(),
            sa.ForeignKey("clarification.id", ondelete="CASCADE"),
            nullable=False,
            index=True,
        ),
        sa.Column("answered_at", UtcDateTime(), nullable=False),
        sa.UniqueConstraint("chat_id", "clarification_id"),
    )
