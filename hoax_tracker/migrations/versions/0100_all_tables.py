"""all tables, with the indexes of the desk's search

Revision ID: 0100
Revises:

Databases of the migrations 0001 to 0047, which no release had, are refused (core/database/schema_version.py).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hoax_tracker.desk_search.index_tables import IndexedTable, create_index, drop_index, drop_words_function
from hoax_tracker.models.base import UtcDateTime

revision = "0100"
down_revision = None
branch_labels = None
depends_on = None

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
    "district",
    "holiday",
    "host_visit",
    "index_change",
    "instance_key",
    "kept_figures",
    "model_version",
    "office_rules",
    "rate_limit",
    "report",
    "role",
    "source",
    "tag",
    "text_template",
    "unit",
    "worker_heartbeat",
    "claim",
    "forgotten_entry",
    "hub_subscription",
    "item",
    "model_file",
    "officer",
    "outgoing_mail",
    "programme",
    "report_picture",
    "unit_topic",
    "assessment",
    "audit_event",
    "claim_appearance",
    "claim_lock",
    "claim_tag",
    "clarification",
    "decision",
    "demand",
    "digest",
    "engagement",
    "item_band",
    "item_revision",
    "linked_page",
    "note",
    "officer_role",
    "page_copy",
    "posts_file",
    "question",
    "recorded_item",
    "saved_search",
    "unassessed_item",
    "check_query",
    "claim_move",
    "clarification_claim",
    "clarification_revision",
    "evidence",
    "notice",
    "page_match",
    "typed_text",
    "usefulness",
    "evidence_copy",
)
"""In the order in which they are made: what a table points to comes before it."""


def upgrade() -> None:
    op.create_table(
        "district",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("aliases", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("edited_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("kind in ('kecamatan', 'kelurahan')", name=op.f("ck_district_kind")),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["district.id"], name=op.f("fk_district_parent_id_district"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_district")),
        sa.UniqueConstraint("code", name=op.f("uq_district_code")),
    )
    op.create_index(op.f("ix_district_parent_id"), "district", ["parent_id"], unique=False)
    op.create_table(
        "holiday",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("is_kept", sa.Boolean(), nullable=False),
        sa.Column("is_verified", sa.Boolean(), nullable=False),
        sa.Column("edited_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_holiday")),
    )
    op.create_table(
        "host_visit",
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("lease_until", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("host", name=op.f("pk_host_visit")),
    )
    op.create_table(
        "index_change",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("table_name", sa.String(length=40), nullable=False),
        sa.Column("row_id", sa.Integer(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_index_change")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "instance_key",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("host", sa.String(length=180), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_instance_key")),
    )
    op.create_table(
        "kept_figures",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("value", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("counted_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_kept_figures")),
    )
    op.create_table(
        "model_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("file_name", sa.String(length=255), nullable=False),
        sa.Column("metrics", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("thresholds", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("trained_at", UtcDateTime(), nullable=True),
        sa.Column("registered_at", UtcDateTime(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("is_listed", sa.Boolean(), nullable=False),
        sa.Column("listed_to", sa.Integer(), nullable=True),
        sa.Column("about", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("proposed_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_model_version")),
        sa.UniqueConstraint("digest", name=op.f("uq_model_version_digest")),
    )
    op.create_index(
        "uq_model_version_active",
        "model_version",
        ["is_active"],
        unique=True,
        sqlite_where=sa.text("is_active"),
        postgresql_where=sa.text("is_active"),
    )
    op.create_table(
        "office_rules",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("urgent_hours", sa.Integer(), nullable=False),
        sa.Column("high_hours", sa.Integer(), nullable=False),
        sa.Column("other_days", sa.Integer(), nullable=False),
        sa.Column("hours", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("digest_from", sa.String(length=5), nullable=False),
        sa.Column("review_months", sa.Integer(), nullable=False),
        sa.Column("edited_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("id = 1", name=op.f("ck_office_rules_only_one")),
        sa.CheckConstraint(
            "urgent_hours > 0 and high_hours > 0 and other_days > 0 and review_months > 0",
            name=op.f("ck_office_rules_above_zero"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_office_rules")),
    )
    op.create_table(
        "rate_limit",
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_rate_limit")),
    )
    op.create_index(op.f("ix_rate_limit_expires_at"), "rate_limit", ["expires_at"], unique=False)
    op.create_table(
        "report",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ticket_digest", sa.String(length=64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("url", sa.String(length=2000), nullable=True),
        sa.Column("page_key", sa.String(length=32), nullable=True),
        sa.Column("seen_where", sa.String(length=120), nullable=True),
        sa.Column("contact_encrypted", sa.LargeBinary(), nullable=True),
        sa.Column("contact_purged_at", UtcDateTime(), nullable=True),
        sa.Column("consent_at", UtcDateTime(), nullable=True),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("rejected_at", UtcDateTime(), nullable=True),
        sa.Column("rejected_reason", sa.Text(), nullable=True),
        sa.Column("ticket_encrypted", sa.LargeBinary(), nullable=True),
        sa.Column("language", sa.String(length=5), nullable=False),
        sa.Column("told", sa.String(length=40), nullable=True),
        sa.Column("told_at", UtcDateTime(), nullable=True),
        sa.Column("sender_digest", sa.String(length=64), nullable=True),
        sa.Column("is_junk", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "(rejected_at is null) = (rejected_reason is null)", name=op.f("ck_report_rejected_with_reason")
        ),
        sa.CheckConstraint(
            "contact_encrypted is null or consent_at is not null", name=op.f("ck_report_contact_needs_consent")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report")),
        sa.UniqueConstraint("ticket_digest", name=op.f("uq_report_ticket_digest")),
    )
    op.create_index(op.f("ix_report_page_key"), "report", ["page_key"], unique=False)
    op.create_index(op.f("ix_report_received_at"), "report", ["received_at"], unique=False)
    op.create_index(op.f("ix_report_sender_digest"), "report", ["sender_digest"], unique=False)
    op.create_table(
        "role",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("description", sa.String(length=200), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role")),
        sa.UniqueConstraint("name", name=op.f("uq_role_name")),
    )
    op.create_table(
        "source",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("url", sa.String(length=2000), nullable=True),
        sa.Column("home_url", sa.String(length=2000), nullable=True),
        sa.Column("moving_to", sa.String(length=2000), nullable=True),
        sa.Column(
            "kind",
            sa.Enum(
                "feed",
                "mastodon",
                "youtube",
                "telegram",
                "bluesky",
                "reddit",
                "google_news",
                "bridge",
                "claim_review",
                "posts",
                "file",
                "manual",
                name="source_kind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("is_local", sa.Boolean(), nullable=False),
        sa.Column("interval_minutes", sa.Integer(), nullable=False),
        sa.Column("pace_minutes", sa.Integer(), nullable=True),
        sa.Column("paused_at", UtcDateTime(), nullable=True),
        sa.Column("paused_because", sa.Text(), nullable=True),
        sa.Column("columns", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("etag", sa.String(length=500), nullable=True),
        sa.Column("last_modified", sa.String(length=100), nullable=True),
        sa.Column("next_fetch_at", UtcDateTime(), nullable=True),
        sa.Column("lease_until", UtcDateTime(), nullable=True),
        sa.Column("last_fetch_at", UtcDateTime(), nullable=True),
        sa.Column("last_success_at", UtcDateTime(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("problems", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("edited_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("interval_minutes >= 1", name=op.f("ck_source_interval_minutes")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source")),
        sa.UniqueConstraint("name", name=op.f("uq_source_name")),
        sa.UniqueConstraint("url", name=op.f("uq_source_url")),
    )
    op.create_index(op.f("ix_source_next_fetch_at"), "source", ["next_fetch_at"], unique=False)
    op.create_table(
        "tag",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tag")),
        sa.UniqueConstraint("name", name=op.f("uq_tag_name")),
    )
    op.create_table(
        "text_template",
        sa.Column(
            "topic",
            sa.Enum(
                "health",
                "water",
                "civil_registry",
                "education",
                "social_aid",
                "transport",
                "public_works",
                "waste",
                "market",
                "tax",
                "disaster",
                "public_order",
                "personnel",
                "government",
                "tourism",
                "agriculture",
                "fisheries",
                "housing",
                "permits",
                "women_children",
                "other",
                name="topic",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("findings", sa.Text(), nullable=False),
        sa.Column("conclusion", sa.Text(), nullable=False),
        sa.Column("edited_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("topic", name=op.f("pk_text_template")),
    )
    op.create_table(
        "unit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("short_name", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("edited_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["parent_id"], ["unit.id"], name=op.f("fk_unit_parent_id_unit"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit")),
        sa.UniqueConstraint("code", name=op.f("uq_unit_code")),
    )
    op.create_index(op.f("ix_unit_parent_id"), "unit", ["parent_id"], unique=False)
    op.create_table(
        "worker_heartbeat",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("beat_at", UtcDateTime(), nullable=False),
        sa.Column("failed_rounds", sa.Integer(), nullable=False),
        sa.Column("failed_work", sa.JSON(none_as_null=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_worker_heartbeat")),
    )
    op.create_index(op.f("ix_worker_heartbeat_beat_at"), "worker_heartbeat", ["beat_at"], unique=False)
    op.create_table(
        "claim",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("claimant", sa.String(length=200), nullable=True),
        sa.Column(
            "topic",
            sa.Enum(
                "health",
                "water",
                "civil_registry",
                "education",
                "social_aid",
                "transport",
                "public_works",
                "waste",
                "market",
                "tax",
                "disaster",
                "public_order",
                "personnel",
                "government",
                "tourism",
                "agriculture",
                "fisheries",
                "housing",
                "permits",
                "women_children",
                "other",
                name="topic",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("accused_unit_id", sa.Integer(), nullable=True),
        sa.Column("told_unit_id", sa.Integer(), nullable=True),
        sa.Column(
            "status",
            sa.Enum(
                "new",
                "triaged",
                "investigating",
                "clarified",
                "dismissed",
                "merged",
                name="claim_status",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("priority", sa.Double(), nullable=False),
        sa.Column("priority_parts", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("rank", sa.Double(), nullable=False),
        sa.Column("demand", sa.Integer(), nullable=False),
        sa.Column("sightings", sa.Integer(), nullable=False),
        sa.Column("first_seen_at", UtcDateTime(), nullable=False),
        sa.Column("last_seen_at", UtcDateTime(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("examined_since", UtcDateTime(), nullable=True),
        sa.Column("merged_into_id", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(status = 'merged') = (merged_into_id is not null)", name=op.f("ck_claim_merged_somewhere")
        ),
        sa.CheckConstraint("last_seen_at >= first_seen_at", name=op.f("ck_claim_seen_in_order")),
        sa.CheckConstraint("merged_into_id <> id", name=op.f("ck_claim_merged_elsewhere")),
        sa.CheckConstraint("priority between 0 and 1", name=op.f("ck_claim_priority")),
        sa.ForeignKeyConstraint(
            ["accused_unit_id"], ["unit.id"], name=op.f("fk_claim_accused_unit_id_unit"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["merged_into_id"], ["claim.id"], name=op.f("fk_claim_merged_into_id_claim"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["told_unit_id"], ["unit.id"], name=op.f("fk_claim_told_unit_id_unit"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_claim_unit_id_unit"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim")),
    )
    op.create_index(
        "ix_claim_closed",
        "claim",
        ["status", "last_seen_at", "rank", "unit_id", "topic"],
        unique=False,
        postgresql_include=["id"],
    )
    op.create_index("ix_claim_created", "claim", ["created_at", "priority"], unique=False)
    op.create_index(
        "ix_claim_due",
        "claim",
        ["status", "due_at", "rank", "unit_id", "topic"],
        unique=False,
        postgresql_include=["id"],
    )
    op.create_index(op.f("ix_claim_merged_into_id"), "claim", ["merged_into_id"], unique=False)
    op.create_index("ix_claim_queue", "claim", ["status", "rank"], unique=False)
    op.create_index("ix_claim_unit", "claim", ["unit_id", "status", "due_at"], unique=False)
    op.create_table(
        "forgotten_entry",
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("entry_key", sa.String(length=64), nullable=False),
        sa.Column("content_key", sa.String(length=64), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["source_id"], ["source.id"], name=op.f("fk_forgotten_entry_source_id_source"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("source_id", "entry_key", name=op.f("pk_forgotten_entry")),
    )
    op.create_index(op.f("ix_forgotten_entry_seen_at"), "forgotten_entry", ["seen_at"], unique=False)
    op.create_table(
        "hub_subscription",
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("hub", sa.String(length=2000), nullable=False),
        sa.Column("topic", sa.String(length=2000), nullable=False),
        sa.Column("token", sa.String(length=64), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_at", UtcDateTime(), nullable=False),
        sa.Column("sent_until", UtcDateTime(), nullable=True),
        sa.Column("heard_at", UtcDateTime(), nullable=True),
        sa.Column("unsigned_at", UtcDateTime(), nullable=True),
        sa.Column("trouble", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["source_id"], ["source.id"], name=op.f("fk_hub_subscription_source_id_source"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("source_id", name=op.f("pk_hub_subscription")),
        sa.UniqueConstraint("token", name=op.f("uq_hub_subscription_token")),
    )
    op.create_index(op.f("ix_hub_subscription_next_at"), "hub_subscription", ["next_at"], unique=False)
    op.create_table(
        "item",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("entry_key", sa.String(length=64), nullable=False),
        sa.Column("feed_id", sa.String(length=2000), nullable=True),
        sa.Column("id_key", sa.String(length=64), nullable=True),
        sa.Column("url", sa.String(length=2000), nullable=True),
        sa.Column("link_key", sa.String(length=64), nullable=True),
        sa.Column("page_key", sa.String(length=32), nullable=True),
        sa.Column("content_key", sa.String(length=64), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("full_text", sa.Text(), nullable=True),
        sa.Column("images", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("author", sa.String(length=200), nullable=True),
        sa.Column("language", sa.String(length=16), nullable=True),
        sa.Column("published_at", UtcDateTime(), nullable=True),
        sa.Column("fetched_at", UtcDateTime(), nullable=False),
        sa.Column("edited_at", UtcDateTime(), nullable=True),
        sa.Column("copy_of_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["copy_of_id"], ["item.id"], name=op.f("fk_item_copy_of_id_item"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["source_id"], ["source.id"], name=op.f("fk_item_source_id_source"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item")),
        sa.UniqueConstraint("source_id", "entry_key", name=op.f("uq_item_source_id_entry_key")),
    )
    op.create_index(op.f("ix_item_content_key"), "item", ["content_key"], unique=False)
    op.create_index(op.f("ix_item_copy_of_id"), "item", ["copy_of_id"], unique=False)
    op.create_index(op.f("ix_item_fetched_at"), "item", ["fetched_at"], unique=False)
    op.create_index(op.f("ix_item_link_key"), "item", ["link_key"], unique=False)
    op.create_index(op.f("ix_item_page_key"), "item", ["page_key"], unique=False)
    op.create_index(
        "ix_item_source_fetched", "item", ["source_id", "fetched_at"], unique=False, postgresql_include=["id"]
    )
    op.create_index(op.f("ix_item_source_id_id_key"), "item", ["source_id", "id_key"], unique=False)
    op.create_table(
        "model_file",
        sa.Column("version_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["version_id"],
            ["model_version.id"],
            name=op.f("fk_model_file_version_id_model_version"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("version_id", name=op.f("pk_model_file")),
    )
    op.create_table(
        "officer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(length=255), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("password", sa.String(length=255), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("fs_uniquifier", sa.String(length=64), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_officer_unit_id_unit"), ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_officer")),
        sa.UniqueConstraint("email", name=op.f("uq_officer_email")),
        sa.UniqueConstraint("fs_uniquifier", name=op.f("uq_officer_fs_uniquifier")),
    )
    op.create_index(op.f("ix_officer_unit_id"), "officer", ["unit_id"], unique=False)
    op.create_table(
        "outgoing_mail",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("report_id", sa.Integer(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("posted_at", UtcDateTime(), nullable=False),
        sa.Column("next_try_at", UtcDateTime(), nullable=True),
        sa.Column("held_until", UtcDateTime(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.String(length=120), nullable=True),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.Column("failed_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint(
            "(next_try_at is null) = (sent_at is not null or failed_at is not null)",
            name=op.f("ck_outgoing_mail_due_until_ended"),
        ),
        sa.CheckConstraint(
            "(sealed is null) = (next_try_at is null)", name=op.f("ck_outgoing_mail_sealed_until_ended")
        ),
        sa.CheckConstraint("sent_at is null or failed_at is null", name=op.f("ck_outgoing_mail_one_end")),
        sa.ForeignKeyConstraint(
            ["report_id"], ["report.id"], name=op.f("fk_outgoing_mail_report_id_report"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outgoing_mail")),
        sa.UniqueConstraint("key", name=op.f("uq_outgoing_mail_key")),
    )
    op.create_index(op.f("ix_outgoing_mail_next_try_at"), "outgoing_mail", ["next_try_at"], unique=False)
    op.create_index(op.f("ix_outgoing_mail_report_id"), "outgoing_mail", ["report_id"], unique=False)
    op.create_table(
        "programme",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=120), nullable=True),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("aliases", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("edited_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_programme_unit_id_unit"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_programme")),
        sa.UniqueConstraint("code", name=op.f("uq_programme_code")),
        sa.UniqueConstraint("name", name=op.f("uq_programme_name")),
    )
    op.create_index(op.f("ix_programme_unit_id"), "programme", ["unit_id"], unique=False)
    op.create_table(
        "report_picture",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("report_id", sa.Integer(), nullable=True),
        sa.Column("token_digest", sa.String(length=64), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("added_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["report_id"], ["report.id"], name=op.f("fk_report_picture_report_id_report"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_picture")),
        sa.UniqueConstraint("report_id", name=op.f("uq_report_picture_report_id")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_report_picture_token_digest")),
    )
    op.create_index(op.f("ix_report_picture_added_at"), "report_picture", ["added_at"], unique=False)
    op.create_table(
        "unit_topic",
        sa.Column(
            "topic",
            sa.Enum(
                "health",
                "water",
                "civil_registry",
                "education",
                "social_aid",
                "transport",
                "public_works",
                "waste",
                "market",
                "tax",
                "disaster",
                "public_order",
                "personnel",
                "government",
                "tourism",
                "agriculture",
                "fisheries",
                "housing",
                "permits",
                "women_children",
                "other",
                name="topic",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("edited_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_unit_topic_unit_id_unit"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("topic", name=op.f("pk_unit_topic")),
    )
    op.create_index(op.f("ix_unit_topic_unit_id"), "unit_topic", ["unit_id"], unique=False)
    op.create_table(
        "assessment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=True),
        sa.Column("report_id", sa.Integer(), nullable=True),
        sa.Column("model_version_id", sa.Integer(), nullable=False),
        sa.Column("relevance", sa.Double(), nullable=False),
        sa.Column("misinformation", sa.Double(), nullable=False),
        sa.Column("priority", sa.Double(), nullable=False),
        sa.Column(
            "topic",
            sa.Enum(
                "health",
                "water",
                "civil_registry",
                "education",
                "social_aid",
                "transport",
                "public_works",
                "waste",
                "market",
                "tax",
                "disaster",
                "public_order",
                "personnel",
                "government",
                "tourism",
                "agriculture",
                "fisheries",
                "housing",
                "permits",
                "women_children",
                "other",
                name="topic",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("flagged", sa.Boolean(), nullable=False),
        sa.Column("reasons", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("assessed_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("(item_id is null) <> (report_id is null)", name=op.f("ck_assessment_one_subject")),
        sa.CheckConstraint("misinformation between 0 and 1", name=op.f("ck_assessment_misinformation")),
        sa.CheckConstraint("priority between 0 and 1", name=op.f("ck_assessment_priority")),
        sa.CheckConstraint("relevance between 0 and 1", name=op.f("ck_assessment_relevance")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_assessment_item_id_item"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["model_version_id"],
            ["model_version.id"],
            name=op.f("fk_assessment_model_version_id_model_version"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["report_id"], ["report.id"], name=op.f("fk_assessment_report_id_report"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_assessment_unit_id_unit"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assessment")),
        sa.UniqueConstraint("item_id", "model_version_id", name=op.f("uq_assessment_item_id_model_version_id")),
        sa.UniqueConstraint("report_id", "model_version_id", name=op.f("uq_assessment_report_id_model_version_id")),
    )
    op.create_index(
        "ix_assessment_flagged",
        "assessment",
        ["item_id", "model_version_id"],
        unique=False,
        sqlite_where=sa.text("flagged = 1"),
        postgresql_where=sa.text("flagged"),
    )
    op.create_index(op.f("ix_assessment_model_version_id"), "assessment", ["model_version_id"], unique=False)
    op.create_index("ix_assessment_scores", "assessment", ["assessed_at", "misinformation", "item_id"], unique=False)
    op.create_table(
        "audit_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=True),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("detail", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("previous_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officer.id"], name=op.f("fk_audit_event_officer_id_officer"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_event")),
        sa.UniqueConstraint("hash", name=op.f("uq_audit_event_hash")),
        sa.UniqueConstraint("previous_hash", name=op.f("uq_audit_event_previous_hash")),
    )
    op.create_index(op.f("ix_audit_event_officer_id"), "audit_event", ["officer_id"], unique=False)
    op.create_index(op.f("ix_audit_event_subject"), "audit_event", ["subject"], unique=False)
    op.create_table(
        "claim_appearance",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("claim_id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=True),
        sa.Column("report_id", sa.Integer(), nullable=True),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.Column("similarity", sa.Double(), nullable=False),
        sa.Column("opens", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.CheckConstraint("(item_id is null) <> (report_id is null)", name=op.f("ck_claim_appearance_one_subject")),
        sa.CheckConstraint("similarity between 0 and 1", name=op.f("ck_claim_appearance_similarity")),
        sa.ForeignKeyConstraint(
            ["claim_id"], ["claim.id"], name=op.f("fk_claim_appearance_claim_id_claim"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["item_id"], ["item.id"], name=op.f("fk_claim_appearance_item_id_item"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["report_id"], ["report.id"], name=op.f("fk_claim_appearance_report_id_report"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim_appearance")),
        sa.UniqueConstraint("item_id", name=op.f("uq_claim_appearance_item_id")),
        sa.UniqueConstraint("report_id", name=op.f("uq_claim_appearance_report_id")),
    )
    op.create_index(op.f("ix_claim_appearance_claim_id"), "claim_appearance", ["claim_id"], unique=False)
    op.create_table(
        "claim_lock",
        sa.Column("claim_id", sa.Integer(), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("taken_at", UtcDateTime(), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["claim_id"], ["claim.id"], name=op.f("fk_claim_lock_claim_id_claim"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officer.id"], name=op.f("fk_claim_lock_officer_id_officer"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("claim_id", name=op.f("pk_claim_lock")),
    )
    op.create_index(op.f("ix_claim_lock_officer_id"), "claim_lock", ["officer_id"], unique=False)
    op.create_table(
        "claim_tag",
        sa.Column("claim_id", sa.Integer(), nullable=False),
        sa.Column("tag_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["claim_id"], ["claim.id"], name=op.f("fk_claim_tag_claim_id_claim"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["tag_id"], ["tag.id"], name=op.f("fk_claim_tag_tag_id_tag"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("claim_id", "tag_id", name=op.f("pk_claim_tag")),
    )
    op.create_index("ix_claim_tag_tag", "claim_tag", ["tag_id", "claim_id"], unique=False)
    op.create_table(
        "clarification",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(length=120), nullable=True),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column(
            "status",
            sa.Enum(
                "draft",
                "awaiting_approval",
                "published",
                "corrected",
                "retracted",
                name="clarification_status",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "verdict",
            sa.Enum(
                "benar",
                "sebagian_benar",
                "kurang_konteks",
                "menyesatkan",
                "hoaks",
                "penipuan",
                "satire",
                "belum_terbukti",
                "bukan_klaim",
                "di_luar_kewenangan",
                name="verdict",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column(
            "topic",
            sa.Enum(
                "health",
                "water",
                "civil_registry",
                "education",
                "social_aid",
                "transport",
                "public_works",
                "waste",
                "market",
                "tax",
                "disaster",
                "public_order",
                "personnel",
                "government",
                "tourism",
                "agriculture",
                "fisheries",
                "housing",
                "permits",
                "women_children",
                "other",
                name="topic",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("claim_quote", sa.Text(), nullable=False),
        sa.Column("wordings", sa.JSON(none_as_null=True), server_default="[]", nullable=False),
        sa.Column("circulated_where", sa.String(length=200), nullable=False),
        sa.Column("circulated_since", sa.Date(), nullable=True),
        sa.Column("findings", sa.Text(), nullable=False),
        sa.Column("conclusion", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("accused_unit_id", sa.Integer(), nullable=True),
        sa.Column("author_id", sa.Integer(), nullable=False),
        sa.Column("approver_id", sa.Integer(), nullable=True),
        sa.Column("approval_reason", sa.Text(), nullable=True),
        sa.Column("returned_reason", sa.Text(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("submitted_at", UtcDateTime(), nullable=True),
        sa.Column("published_at", UtcDateTime(), nullable=True),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("reviewed_at", UtcDateTime(), nullable=True),
        sa.Column("proposed", sa.JSON(none_as_null=True), nullable=True),
        sa.Column(
            "proposed_kind",
            sa.Enum(
                "draft",
                "awaiting_approval",
                "published",
                "corrected",
                "retracted",
                name="proposed_kind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("proposed_note", sa.Text(), nullable=True),
        sa.Column("proposed_by_id", sa.Integer(), nullable=True),
        sa.Column("proposed_at", UtcDateTime(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "status in ('draft', 'awaiting_approval') or (approver_id is not null and verdict is not null and published_at is not null and slug is not null and number is not null)",
            name=op.f("ck_clarification_public_needs_approval"),
        ),
        sa.CheckConstraint("approver_id is null or approver_id <> author_id", name=op.f("ck_clarification_two_people")),
        sa.ForeignKeyConstraint(
            ["accused_unit_id"], ["unit.id"], name=op.f("fk_clarification_accused_unit_id_unit"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["approver_id"], ["officer.id"], name=op.f("fk_clarification_approver_id_officer"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["author_id"], ["officer.id"], name=op.f("fk_clarification_author_id_officer"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["proposed_by_id"],
            ["officer.id"],
            name=op.f("fk_clarification_proposed_by_id_officer"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["unit.id"], name=op.f("fk_clarification_unit_id_unit"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clarification")),
        sa.UniqueConstraint("number", name=op.f("uq_clarification_number")),
        sa.UniqueConstraint("slug", name=op.f("uq_clarification_slug")),
    )
    op.create_index(op.f("ix_clarification_author_id"), "clarification", ["author_id"], unique=False)
    op.create_index("ix_clarification_changed", "clarification", ["status", "changed_at"], unique=False)
    op.create_index("ix_clarification_created", "clarification", ["created_at"], unique=False)
    op.create_index(
        "ix_clarification_proposed",
        "clarification",
        ["changed_at"],
        unique=False,
        sqlite_where=sa.text("proposed_kind is not null"),
        postgresql_where=sa.text("proposed_kind is not null"),
    )
    op.create_index(op.f("ix_clarification_published_at"), "clarification", ["published_at"], unique=False)
    op.create_index("ix_clarification_topic", "clarification", ["topic", "published_at", "status"], unique=False)
    op.create_index(op.f("ix_clarification_unit_id"), "clarification", ["unit_id"], unique=False)
    op.create_table(
        "decision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("claim_id", sa.Integer(), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "dismiss",
                "not_a_claim",
                "out_of_scope",
                "investigate",
                "assign",
                "clarify",
                "link",
                "reopen",
                "merge",
                "split",
                "junk",
                "undo",
                name="decision_kind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_at", UtcDateTime(), nullable=False),
        sa.Column("other_claim_id", sa.Integer(), nullable=True),
        sa.Column("changes", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("undoes_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["claim_id"], ["claim.id"], name=op.f("fk_decision_claim_id_claim"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officer.id"], name=op.f("fk_decision_officer_id_officer"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["other_claim_id"], ["claim.id"], name=op.f("fk_decision_other_claim_id_claim"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["undoes_id"], ["decision.id"], name=op.f("fk_decision_undoes_id_decision"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision")),
        sa.UniqueConstraint("undoes_id", name=op.f("uq_decision_undoes_id")),
    )
    op.create_index(op.f("ix_decision_claim_id"), "decision", ["claim_id"], unique=False)
    op.create_index(op.f("ix_decision_officer_id"), "decision", ["officer_id"], unique=False)
    op.create_index(
        "ix_decision_other",
        "decision",
        ["other_claim_id"],
        unique=False,
        sqlite_where=sa.text("other_claim_id is not null"),
        postgresql_where=sa.text("other_claim_id is not null"),
    )
    op.create_table(
        "demand",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("claim_id", sa.Integer(), nullable=True),
        sa.Column("suggested_id", sa.Integer(), nullable=True),
        sa.Column("set_aside_at", UtcDateTime(), nullable=True),
        sa.Column("opening_at", UtcDateTime(), nullable=True),
        sa.Column("opened_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_demand_claim_id_claim"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["opened_by_id"], ["officer.id"], name=op.f("fk_demand_opened_by_id_officer"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["suggested_id"], ["claim.id"], name=op.f("fk_demand_suggested_id_claim"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_demand")),
    )
    op.create_index(op.f("ix_demand_claim_id"), "demand", ["claim_id"], unique=False)
    op.create_index(op.f("ix_demand_last_day"), "demand", ["last_day"], unique=False)
    op.create_table(
        "digest",
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officer.id"], name=op.f("fk_digest_officer_id_officer"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("officer_id", "day", name=op.f("pk_digest")),
    )
    op.create_table(
        "engagement",
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("replies", sa.BigInteger(), nullable=True),
        sa.Column("likes", sa.BigInteger(), nullable=True),
        sa.Column("shares", sa.BigInteger(), nullable=True),
        sa.Column("views", sa.BigInteger(), nullable=True),
        sa.Column("counted_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_engagement_item_id_item"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("item_id", name=op.f("pk_engagement")),
    )
    op.create_table(
        "item_band",
        sa.Column("band", sa.BigInteger(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_item_band_item_id_item"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("band", "item_id", name=op.f("pk_item_band")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_item_band_item_id"), "item_band", ["item_id"], unique=False)
    op.create_table(
        "item_revision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("content_key", sa.String(length=64), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.Column("replaced_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["item_id"], ["item.id"], name=op.f("fk_item_revision_item_id_item"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item_revision")),
    )
    op.create_index(op.f("ix_item_revision_item_id"), "item_revision", ["item_id"], unique=False)
    op.create_table(
        "linked_page",
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("url", sa.String(length=2000), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_at", UtcDateTime(), nullable=True),
        sa.Column("awaited_until", UtcDateTime(), nullable=True),
        sa.Column("read_at", UtcDateTime(), nullable=True),
        sa.Column("trouble", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_linked_page_item_id_item"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("item_id", name=op.f("pk_linked_page")),
    )
    op.create_index(op.f("ix_linked_page_awaited_until"), "linked_page", ["awaited_until"], unique=False)
    op.create_index(op.f("ix_linked_page_next_at"), "linked_page", ["next_at"], unique=False)
    op.create_table(
        "note",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("claim_id", sa.Integer(), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("told", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("written_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_note_claim_id_claim"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officer.id"], name=op.f("fk_note_officer_id_officer"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_note")),
    )
    op.create_index(op.f("ix_note_claim_id"), "note", ["claim_id"], unique=False)
    op.create_index(op.f("ix_note_officer_id"), "note", ["officer_id"], unique=False)
    op.create_index(op.f("ix_note_written_at"), "note", ["written_at"], unique=False)
    op.create_table(
        "officer_role",
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("role_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officer.id"], name=op.f("fk_officer_role_officer_id_officer"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["role_id"], ["role.id"], name=op.f("fk_officer_role_role_id_role"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("officer_id", "role_id", name=op.f("pk_officer_role")),
    )
    op.create_table(
        "page_copy",
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("url", sa.String(length=2000), nullable=False),
        sa.Column("html", sa.LargeBinary(), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("text_now", sa.Text(), nullable=True),
        sa.Column("copied_at", UtcDateTime(), nullable=True),
        sa.Column("looked_at", UtcDateTime(), nullable=True),
        sa.Column("changed_at", UtcDateTime(), nullable=True),
        sa.Column("gone_at", UtcDateTime(), nullable=True),
        sa.Column("looks", sa.Integer(), nullable=False),
        sa.Column("next_at", UtcDateTime(), nullable=True),
        sa.Column("trouble", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_page_copy_item_id_item"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("item_id", name=op.f("pk_page_copy")),
    )
    op.create_index(op.f("ix_page_copy_next_at"), "page_copy", ["next_at"], unique=False)
    op.create_table(
        "posts_file",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("added_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officer.id"], name=op.f("fk_posts_file_officer_id_officer"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_posts_file")),
    )
    op.create_index(op.f("ix_posts_file_added_at"), "posts_file", ["added_at"], unique=False)
    op.create_index(op.f("ix_posts_file_officer_id"), "posts_file", ["officer_id"], unique=False)
    op.create_table(
        "question",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("claim_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("asked_by_id", sa.Integer(), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_by_id", sa.Integer(), nullable=True),
        sa.Column("answered_at", UtcDateTime(), nullable=True),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("closed_reason", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("(answer is null) = (answered_at is null)", name=op.f("ck_question_answered_whole")),
        sa.ForeignKeyConstraint(
            ["answered_by_id"], ["officer.id"], name=op.f("fk_question_answered_by_id_officer"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["asked_by_id"], ["officer.id"], name=op.f("fk_question_asked_by_id_officer"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["claim_id"], ["claim.id"], name=op.f("fk_question_claim_id_claim"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_question_unit_id_unit"), ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_question")),
    )
    op.create_index(op.f("ix_question_asked_by_id"), "question", ["asked_by_id"], unique=False)
    op.create_index(op.f("ix_question_claim_id"), "question", ["claim_id"], unique=False)
    op.create_index("ix_question_open", "question", ["unit_id", "closed_at"], unique=False)
    op.create_table(
        "recorded_item",
        sa.Column("item_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["item_id"], ["item.id"], name=op.f("fk_recorded_item_item_id_item"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("item_id", name=op.f("pk_recorded_item")),
    )
    op.create_table(
        "saved_search",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("query", sa.String(length=1000), nullable=False),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officer.id"], name=op.f("fk_saved_search_officer_id_officer"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_search")),
        sa.UniqueConstraint("officer_id", "name", name=op.f("uq_saved_search_officer_id_name")),
    )
    op.create_table(
        "unassessed_item",
        sa.Column("item_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.Column("content_key", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["item_id"], ["item.id"], name=op.f("fk_unassessed_item_item_id_item"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("item_id", name=op.f("pk_unassessed_item")),
    )
    op.create_index("ix_unassessed_item_order", "unassessed_item", ["seen_at", "content_key", "item_id"], unique=False)
    op.create_table(
        "check_query",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column(
            "decision",
            sa.Enum(
                "match", "possible", "none", name="check_decision", native_enum=False, create_constraint=True, length=32
            ),
            nullable=False,
        ),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("demand_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["demand_id"], ["demand.id"], name=op.f("fk_check_query_demand_id_demand"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_check_query")),
        sa.UniqueConstraint("day", "digest", "decision", name=op.f("uq_check_query_day_digest_decision")),
    )
    op.create_index("ix_check_query_asked", "check_query", ["demand_id", "count"], unique=False)
    op.create_index("ix_check_query_lately", "check_query", ["day", "demand_id", "count"], unique=False)
    op.create_table(
        "claim_move",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("decision_id", sa.Integer(), nullable=False),
        sa.Column("appearance_id", sa.Integer(), nullable=False),
        sa.Column("from_claim_id", sa.Integer(), nullable=False),
        sa.Column("to_claim_id", sa.Integer(), nullable=False),
        sa.Column("opened", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["appearance_id"],
            ["claim_appearance.id"],
            name=op.f("fk_claim_move_appearance_id_claim_appearance"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["decision_id"], ["decision.id"], name=op.f("fk_claim_move_decision_id_decision"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["from_claim_id"], ["claim.id"], name=op.f("fk_claim_move_from_claim_id_claim"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["to_claim_id"], ["claim.id"], name=op.f("fk_claim_move_to_claim_id_claim"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim_move")),
    )
    op.create_index(op.f("ix_claim_move_appearance_id"), "claim_move", ["appearance_id"], unique=False)
    op.create_index(op.f("ix_claim_move_decision_id"), "claim_move", ["decision_id"], unique=False)
    op.create_table(
        "clarification_claim",
        sa.Column("clarification_id", sa.Integer(), nullable=False),
        sa.Column("claim_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["claim_id"], ["claim.id"], name=op.f("fk_clarification_claim_claim_id_claim"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["clarification_id"],
            ["clarification.id"],
            name=op.f("fk_clarification_claim_clarification_id_clarification"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("clarification_id", "claim_id", name=op.f("pk_clarification_claim")),
    )
    op.create_index(op.f("ix_clarification_claim_claim_id"), "clarification_claim", ["claim_id"], unique=False)
    op.create_table(
        "clarification_revision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("clarification_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "draft",
                "awaiting_approval",
                "published",
                "corrected",
                "retracted",
                name="revision_kind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("content", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=False),
        sa.Column("approver_id", sa.Integer(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("approver_id <> author_id", name=op.f("ck_clarification_revision_two_people")),
        sa.ForeignKeyConstraint(
            ["approver_id"],
            ["officer.id"],
            name=op.f("fk_clarification_revision_approver_id_officer"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["author_id"], ["officer.id"], name=op.f("fk_clarification_revision_author_id_officer"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["clarification_id"],
            ["clarification.id"],
            name=op.f("fk_clarification_revision_clarification_id_clarification"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clarification_revision")),
        sa.UniqueConstraint(
            "clarification_id", "number", name=op.f("uq_clarification_revision_clarification_id_number")
        ),
    )
    op.create_table(
        "evidence",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "link",
                "file",
                "archived_copy",
                name="evidence_kind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("url", sa.String(length=2000), nullable=True),
        sa.Column("page_key", sa.String(length=32), nullable=True),
        sa.Column("file_name", sa.String(length=255), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.Column("dated", sa.Date(), nullable=True),
        sa.Column("claim_id", sa.Integer(), nullable=True),
        sa.Column("clarification_id", sa.Integer(), nullable=True),
        sa.Column("report_id", sa.Integer(), nullable=True),
        sa.Column("question_id", sa.Integer(), nullable=True),
        sa.Column("added_by_id", sa.Integer(), nullable=True),
        sa.Column("added_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "claim_id is not null or clarification_id is not null or report_id is not null",
            name=op.f("ck_evidence_belongs_somewhere"),
        ),
        sa.CheckConstraint("url is not null or file_name is not null", name=op.f("ck_evidence_points_somewhere")),
        sa.ForeignKeyConstraint(
            ["added_by_id"], ["officer.id"], name=op.f("fk_evidence_added_by_id_officer"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["claim_id"], ["claim.id"], name=op.f("fk_evidence_claim_id_claim"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["clarification_id"],
            ["clarification.id"],
            name=op.f("fk_evidence_clarification_id_clarification"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["question_id"], ["question.id"], name=op.f("fk_evidence_question_id_question"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["report_id"], ["report.id"], name=op.f("fk_evidence_report_id_report"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence")),
    )
    op.create_index(op.f("ix_evidence_added_at"), "evidence", ["added_at"], unique=False)
    op.create_index(op.f("ix_evidence_added_by_id"), "evidence", ["added_by_id"], unique=False)
    op.create_index(op.f("ix_evidence_claim_id"), "evidence", ["claim_id"], unique=False)
    op.create_index(op.f("ix_evidence_clarification_id"), "evidence", ["clarification_id"], unique=False)
    op.create_index(op.f("ix_evidence_page_key"), "evidence", ["page_key"], unique=False)
    op.create_index(op.f("ix_evidence_question_id"), "evidence", ["question_id"], unique=False)
    op.create_index(op.f("ix_evidence_report_id"), "evidence", ["report_id"], unique=False)
    op.create_table(
        "notice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "routed",
                "returned",
                "asked",
                "answered",
                "declined",
                "sent_back",
                "mentioned",
                "source_paused",
                "contact_shown",
                name="notice_kind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("claim_id", sa.Integer(), nullable=True),
        sa.Column("question_id", sa.Integer(), nullable=True),
        sa.Column("clarification_id", sa.Integer(), nullable=True),
        sa.Column("source_id", sa.Integer(), nullable=True),
        sa.Column("note_id", sa.Integer(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=True),
        sa.Column("mailed_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_notice_claim_id_claim"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["clarification_id"],
            ["clarification.id"],
            name=op.f("fk_notice_clarification_id_clarification"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["note_id"], ["note.id"], name=op.f("fk_notice_note_id_note"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officer.id"], name=op.f("fk_notice_officer_id_officer"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["question_id"], ["question.id"], name=op.f("fk_notice_question_id_question"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["source_id"], ["source.id"], name=op.f("fk_notice_source_id_source"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
    )
    op.create_index(op.f("ix_notice_claim_id"), "notice", ["claim_id"], unique=False)
    op.create_index(op.f("ix_notice_clarification_id"), "notice", ["clarification_id"], unique=False)
    op.create_index(op.f("ix_notice_mailed_at"), "notice", ["mailed_at"], unique=False)
    op.create_index(op.f("ix_notice_note_id"), "notice", ["note_id"], unique=False)
    op.create_index(op.f("ix_notice_question_id"), "notice", ["question_id"], unique=False)
    op.create_index(op.f("ix_notice_source_id"), "notice", ["source_id"], unique=False)
    op.create_index("ix_notice_unseen", "notice", ["officer_id", "seen_at"], unique=False)
    op.create_table(
        "page_match",
        sa.Column("claim_id", sa.Integer(), nullable=False),
        sa.Column("clarification_id", sa.Integer(), nullable=True),
        sa.Column("probability", sa.Double(), nullable=False),
        sa.Column("looked_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["claim_id"], ["claim.id"], name=op.f("fk_page_match_claim_id_claim"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["clarification_id"],
            ["clarification.id"],
            name=op.f("fk_page_match_clarification_id_clarification"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("claim_id", name=op.f("pk_page_match")),
    )
    op.create_index(
        "ix_page_match_found",
        "page_match",
        ["clarification_id", "looked_at"],
        unique=False,
        sqlite_where=sa.text("clarification_id is not null"),
        postgresql_where=sa.text("clarification_id is not null"),
    )
    op.create_table(
        "typed_text",
        sa.Column("clarification_id", sa.Integer(), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("fields", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("typed_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["clarification_id"],
            ["clarification.id"],
            name=op.f("fk_typed_text_clarification_id_clarification"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officer.id"], name=op.f("fk_typed_text_officer_id_officer"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("clarification_id", "officer_id", name=op.f("pk_typed_text")),
    )
    op.create_table(
        "usefulness",
        sa.Column("clarification_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("useful", sa.Integer(), nullable=False),
        sa.Column("not_useful", sa.Integer(), nullable=False),
        sa.Column("same", sa.Integer(), server_default="0", nullable=False),
        sa.Column("not_same", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["clarification_id"],
            ["clarification.id"],
            name=op.f("fk_usefulness_clarification_id_clarification"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("clarification_id", name=op.f("pk_usefulness")),
    )
    op.create_table(
        "evidence_copy",
        sa.Column("evidence_id", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("media_type", sa.String(length=100), nullable=True),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("text_digest", sa.String(length=64), nullable=True),
        sa.Column("kept_at", UtcDateTime(), nullable=True),
        sa.Column("next_look_at", UtcDateTime(), nullable=True),
        sa.Column("looks", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.String(length=300), nullable=True),
        sa.Column("changed_at", UtcDateTime(), nullable=True),
        sa.Column("gone_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["evidence_id"], ["evidence.id"], name=op.f("fk_evidence_copy_evidence_id_evidence"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("evidence_id", name=op.f("pk_evidence_copy")),
    )
    op.create_index(op.f("ix_evidence_copy_kept_at"), "evidence_copy", ["kept_at"], unique=False)
    op.create_index(op.f("ix_evidence_copy_next_look_at"), "evidence_copy", ["next_look_at"], unique=False)

    for searched in SEARCHED:
        create_index(op.get_bind(), searched)


def downgrade() -> None:
    for searched in SEARCHED:
        drop_index(op.get_bind(), searched)
    drop_words_function(op.get_bind())
    for name in reversed(TABLES):
        op.drop_table(name)
